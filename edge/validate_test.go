package edge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/edge"
)

// offered answers with what a client may keep, as old as it says.
func (b *bundle) offered(etag string, age time.Duration) {
	b.next = func(w http.ResponseWriter, r *http.Request) {
		edge.MarkStorable(r.Context(), true)
		h := w.Header()
		edge.SetValidator(h, etag)
		edge.Describe(h, analytics.Freshness{Age: age})
		h.Set("Content-Type", "text/plain")
		h.Set("Content-Length", "8")
		w.WriteHeader(http.StatusOK)
		_, _ = fmt.Fprint(w, "answer ", b.calls)
	}
}

// ask sends a request whose answer is no-store until it says otherwise.
func (b *bundle) ask(method, ifNoneMatch, cacheControl string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, "/", nil)
	if ifNoneMatch != "" {
		r.Header.Set("If-None-Match", ifNoneMatch)
	}
	r.Header.Set("Cache-Control", cacheControl)
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "private, no-store")
	b.Serve(w, r.WithContext(edge.WithCacheControl(r)), reader, func(w http.ResponseWriter, r *http.Request) {
		b.calls++
		b.next(w, r)
	})
	return w
}

// From memory or not, who has the answer gets no body, and the headers that
// belong to it.
func TestNotModified(t *testing.T) {
	for name, prepare := range map[string]func(b *bundle){
		"kept": func(b *bundle) { b.ask(http.MethodGet, "", "") },
		"off":  func(b *bundle) { b.Cache = nil },
		"new":  func(*bundle) {},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.offered(`W/"e"`, 0)
			prepare(b)
			for _, has := range []string{`"e"`, `W/"e"`, `"a", W/"e","b"`, "*", " * "} {
				w := b.ask(http.MethodGet, has, "")
				h := w.Header()
				if w.Code != http.StatusNotModified || w.Body.Len() > 0 || h.Get("ETag") != `W/"e"` || h.Get("Cache-Control") != "private, no-cache" ||
					h.Get("Age") != "0" || h.Get("Content-Type") != "" || h.Get("Content-Length") != "" {
					t.Errorf("with %s: %d %v %s", has, w.Code, h, w.Body)
				}
			}
			if w := b.ask(http.MethodHead, `"e"`, ""); w.Code != http.StatusNotModified {
				t.Errorf("HEAD: %d", w.Code)
			}
			for _, has := range []string{"", `"f"`, "e", `W/e`, `"e`, `w/"e"`, `"*"`, `"ee"`} {
				w := b.ask(http.MethodGet, has, "")
				if h := w.Header(); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "answer ") || h.Get("Content-Type") != "text/plain" || h.Get("Content-Length") != "8" {
					t.Errorf("with %s: %d %v %s", has, w.Code, h, w.Body)
				}
			}
			if w := b.ask(http.MethodPost, "*", ""); w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("POST: %d %s", w.Code, w.Body)
			}
			if name != "off" && b.calls != 1 {
				t.Errorf("%d calls", b.calls)
			}
		})
	}
}

// An answer that came to be as a 304 is kept whole.
func TestNotModifiedIsKeptWhole(t *testing.T) {
	b := setup(t)
	b.offered(`"e"`, 0)
	b.ask(http.MethodGet, `"e"`, "")
	if w := b.ask(http.MethodGet, "", ""); w.Code != http.StatusOK || w.Body.String() != "answer 1" || w.Header().Get("Content-Type") != "text/plain" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// Without an ETag nothing is unchanged; an error never is.
func TestNothingToCompare(t *testing.T) {
	b := setup(t)
	if w := b.ask(http.MethodGet, "*", ""); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	b.Forget(0)
	b.next = func(w http.ResponseWriter, _ *http.Request) {
		edge.SetValidator(w.Header(), `"e"`)
		w.WriteHeader(http.StatusTeapot)
	}
	if w := b.ask(http.MethodGet, "*", ""); w.Code != http.StatusTeapot {
		t.Errorf("%d", w.Code)
	}
}

// An answer ages where it is kept, and is not given to who wants a younger one.
func TestAge(t *testing.T) {
	b := setup(t)
	b.offered(`"e"`, 2500*time.Millisecond)
	expect := func(cacheControl string, calls, age int) {
		t.Helper()
		w := b.ask(http.MethodGet, "", cacheControl)
		if b.calls != calls || w.Header().Get("Age") != strconv.Itoa(age) {
			t.Errorf("%q: Age %s after %d calls, want %d after %d", cacheControl, w.Header().Get("Age"), b.calls, age, calls)
		}
	}
	expect("", 1, 2)
	b.now = b.now.Add(5900 * time.Millisecond)
	expect("", 1, 7)
	expect("max-age=8", 1, 7)
	expect("max-age=7", 2, 2) // and is kept in its place
	expect("max-age=2", 2, 2)
	b.now = b.now.Add(time.Second)
	expect("max-age=2", 3, 2)
	expect("max-age=0", 4, 2)
	b.now = b.now.Add(time.Minute)
	expect("no-cache", 5, 2) // past what is kept
	expect("", 5, 62)
}

// An answer is kept for as long as all that is behind it allow.
func TestLimit(t *testing.T) {
	t.Parallel()
	for _, limits := range [][]time.Duration{{time.Minute}, {time.Minute, analytics.AnyAge}, {2 * time.Minute, time.Minute}, {0}, {time.Minute, -1}} {
		b := &bundle{t: t, now: time.Now()}
		b.Cache = edge.New(time.Hour, func() time.Time { return b.now })
		usual := func(w http.ResponseWriter, r *http.Request) {
			edge.MarkStorable(r.Context(), true)
			_, _ = fmt.Fprint(w, "answer")
		}
		b.next = func(w http.ResponseWriter, r *http.Request) {
			for _, most := range limits {
				edge.Limit(r.Context(), most)
			}
			usual(w, r)
		}
		b.ask(http.MethodGet, "", "")
		b.now = b.now.Add(time.Minute - 1)
		b.ask(http.MethodGet, "", "")
		if want := map[bool]int{true: 1, false: 2}[slices.Min(limits) > 0]; b.calls != want {
			t.Errorf("%v: %d calls in time, want %d", limits, b.calls, want)
		}
		calls := b.calls
		b.now = b.now.Add(time.Minute)
		if b.ask(http.MethodGet, "", ""); b.calls != calls+1 {
			t.Errorf("%v: kept for longer", limits)
		}
	}
	edge.Limit(t.Context(), 0)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		age     time.Duration
		stale   bool
		want    string
		warning string
	}{
		{0, false, "0", ""},
		{999 * time.Millisecond, false, "0", ""},
		{1999 * time.Millisecond, false, "1", ""},
		{time.Millisecond, true, "1", `110 - "Response is Stale"`},
		{90 * time.Second, true, "90", `110 - "Response is Stale"`},
	} {
		h := http.Header{}
		edge.Describe(h, analytics.Freshness{Age: c.age, Stale: c.stale})
		if h.Get("Age") != c.want || h.Get("Warning") != c.warning {
			t.Errorf("%v, stale %v: %v", c.age, c.stale, h)
		}
	}
}

func TestValidator(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, parts := range [][]string{{}, {""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "b", ""}, {"1 a"}, {"2", "xxxxxxxxxx"}, {"10xxxxxxxxxx"}} {
		var all [][]byte
		for _, p := range parts {
			all = append(all, []byte(p))
		}
		etag := edge.Validator(all...)
		if seen[etag] || etag != edge.Validator(all...) || len(etag) != 24 {
			t.Errorf("%q has %s", parts, etag)
		}
		seen[etag] = true
	}
}

func BenchmarkHit(b *testing.B) {
	c := edge.New(time.Hour, time.Now)
	next := func(w http.ResponseWriter, r *http.Request) {
		edge.MarkStorable(r.Context(), true)
		edge.SetValidator(w.Header(), `"e"`)
		edge.Describe(w.Header(), analytics.Freshness{})
		w.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprint(w, "answer")
	}
	for name, has := range map[string]string{"200": "", "304": `"e"`} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if has != "" {
				r.Header.Set("If-None-Match", has)
			}
			w := &nowhere{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				c.Serve(w, r, reader, next)
			}
		})
	}
}

type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header       { return n.header }
func (*nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (*nowhere) WriteHeader(int)             {}
