package rest_test

import (
	"net/http"
	"testing"
	"time"
)

// with is the reader's headers and one more.
func with(name, value string) http.Header {
	h := bearer("ff_reader")
	h[name] = []string{value}
	return h
}

// Who has an answer is spared its body, whether it comes from the edge or is
// made anew.
func TestNotModified(t *testing.T) {
	t.Parallel()
	for _, ttl := range []time.Duration{0, time.Second} {
		for _, target := range []string{partners, marchCampaigns} {
			w := newWorld(t, func(w *world) { w.edgeTTL = ttl })
			first := w.do(http.MethodGet, target, bearer("ff_reader"))
			etag, calls := first.Header().Get("ETag"), w.calls
			for _, has := range []string{etag, "W/" + etag, `"a", ` + etag + ` , "b"`, "*"} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					rec := w.do(method, target, with("If-None-Match", has))
					h := rec.Header()
					if rec.Code != http.StatusNotModified || rec.Body.Len() > 0 || h.Get("ETag") != etag || h.Get("Cache-Control") != "private, no-cache" ||
						h.Get("Vary") != "Authorization" || h.Get("Age") != "0" || h.Get("Content-Length") != "" {
						t.Errorf("%s %s with %s: %d %v %s", method, target, has, rec.Code, h, rec.Body)
					}
				}
			}
			for _, other := range []string{`"a"`, etag[:len(etag)-2] + `"`, "", "W/", `"*"`} {
				rec := w.do(http.MethodGet, target, with("If-None-Match", other))
				if rec.Code != http.StatusOK || rec.Body.String() != first.Body.String() || rec.Header().Get("ETag") != etag {
					t.Errorf("%s with %s: %d %v", target, other, rec.Code, rec.Header())
				}
			}
			if ttl > 0 && w.calls != calls {
				t.Errorf("%s: %d calls, want %d", target, w.calls, calls)
			}
		}
	}
}

// Another answer has another ETag.
func TestChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	etag := w.do(http.MethodGet, partners, bearer("ff_reader")).Header().Get("ETag")
	w.partners[0].Name += "!"
	rec := w.do(http.MethodGet, partners, with("If-None-Match", etag))
	if rec.Code != http.StatusOK || rec.Header().Get("ETag") == etag || rec.Body.Len() == 0 {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}

// The report of an activation is nothing to keep, and neither is any error.
func TestNotToBeKept(t *testing.T) {
	t.Parallel()
	for contract, list := range examples {
		for _, e := range list {
			w := newWorld(t, e.world)
			header := e.header.Clone()
			if header == nil {
				header = http.Header{}
			}
			header.Set("If-None-Match", "*")
			rec := w.do(e.methodOrGet(), e.target, header)
			if rec.Code == http.StatusNotModified && contract != "partner-stats" {
				continue
			}
			if h := rec.Header(); rec.Code == http.StatusOK && contract != "partner-stats" && !e.twice || h.Get("ETag") != "" || h.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s/%s: %d %v", contract, e.name, rec.Code, h)
			}
		}
	}
}
