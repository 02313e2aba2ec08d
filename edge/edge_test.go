package edge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/edge"
)

// bundle is a cache under a clock that stands, before a handler that counts.
type bundle struct {
	*edge.Cache
	t     *testing.T
	now   time.Time
	calls int
	next  func(w http.ResponseWriter, r *http.Request)
}

func setup(t *testing.T) *bundle {
	t.Parallel()
	b := &bundle{t: t, now: time.Now()}
	b.Cache = edge.New(time.Hour, func() time.Time { return b.now })
	b.next = func(w http.ResponseWriter, r *http.Request) {
		edge.MarkStorable(r.Context(), true)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprint(w, "answer ", b.calls)
	}
	return b
}

var reader = edge.Key{Tenant: 1, Principal: "key:1", Request: [32]byte{1}}

// get asks, with headers that are set before; cacheControl may be empty.
func (b *bundle) get(key edge.Key, cacheControl string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "/", nil)
	if cacheControl != "" {
		r.Header.Set("Cache-Control", cacheControl)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Asked", fmt.Sprint(b.calls))
	b.Serve(w, r.WithContext(edge.WithCacheControl(r)), key, func(w http.ResponseWriter, r *http.Request) {
		b.calls++
		b.next(w, r)
	})
	return w
}

// expect asks and compares the body, such as "answer 2" of the second call.
func (b *bundle) expect(what string, key edge.Key, cacheControl, want string) {
	b.t.Helper()
	if got := b.get(key, cacheControl).Body.String(); got != want {
		b.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestHits(t *testing.T) {
	b := setup(t)
	b.expect("first", reader, "", "answer 1")
	for range 3 {
		w := b.get(reader, "")
		if w.Body.String() != "answer 1" || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/plain" {
			t.Errorf("a hit is %d %v %s", w.Code, w.Header(), w.Body)
		}
		if got := w.Header().Get("Asked"); got != "1" {
			t.Errorf("a hit's own header became %q", got)
		}
	}
	if n := b.Hits(); n != 3 {
		t.Errorf("%d hits", n)
	}
}

func TestKeysDoNotMeet(t *testing.T) {
	b := setup(t)
	b.expect("reader", reader, "", "answer 1")
	for i, key := range []edge.Key{
		{Tenant: 2, Principal: "key:1", Request: [32]byte{1}},
		{Tenant: 1, Principal: "key:2", Request: [32]byte{1}},
		{Tenant: 1, Principal: "key:1", Request: [32]byte{2}},
		{Tenant: 1, Principal: "link:key:1", Request: [32]byte{1}},
	} {
		b.expect("another", key, "", fmt.Sprint("answer ", i+2))
	}
	b.expect("reader", reader, "", "answer 1")
}

func TestExpiry(t *testing.T) {
	b := setup(t)
	b.next = func(w http.ResponseWriter, r *http.Request) {
		b.now = b.now.Add(time.Minute) // it takes its time, which counts
		edge.MarkStorable(r.Context(), true)
		_, _ = fmt.Fprint(w, "answer ", b.calls)
	}
	b.expect("first", reader, "", "answer 1")
	b.now = b.now.Add(59*time.Minute - 1)
	b.expect("an hour less a moment after it was asked", reader, "", "answer 1")
	b.now = b.now.Add(1)
	b.expect("an hour after it was asked", reader, "", "answer 2")
}

func TestForget(t *testing.T) {
	b := setup(t)
	other := edge.Key{Tenant: 2}
	b.expect("reader", reader, "", "answer 1")
	b.expect("other", other, "", "answer 2")
	b.Forget(1)
	b.expect("forgotten", reader, "", "answer 3")
	b.expect("another tenant", other, "", "answer 2")
	b.Forget(0) // everything
	b.expect("forgotten with all", reader, "", "answer 4")
	b.expect("forgotten with all", other, "", "answer 5")
}

// An answer that was being made when its tenant changed is not kept.
func TestForgetMeanwhile(t *testing.T) {
	for _, tenant := range []int64{1, 0} {
		t.Run(fmt.Sprint(tenant), func(t *testing.T) {
			b := setup(t)
			usual := b.next
			b.next = func(w http.ResponseWriter, r *http.Request) {
				if b.calls == 1 {
					b.Forget(tenant)
				}
				usual(w, r)
			}
			b.expect("overtaken", reader, "", "answer 1")
			b.expect("next", reader, "", "answer 2")
			b.expect("kept", reader, "", "answer 2")
		})
	}
}

func TestNoCache(t *testing.T) {
	b := setup(t)
	b.expect("kept", reader, "", "answer 1")
	for i, header := range []string{"no-cache", "No-Store", "max-age=0", "private , no-cache", "max-age=60,no-cache"} {
		b.expect(header, reader, header, fmt.Sprint("answer ", i+2))
	}
	b.expect("what was kept stays", reader, "", "answer 1")
	b.expect("others are not heeded", reader, "max-age=60, private", "answer 1")
}

func TestNotKept(t *testing.T) {
	for name, next := range map[string]func(w http.ResponseWriter, r *http.Request){
		"not judged":   func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "x") },
		"judged badly": func(_ http.ResponseWriter, r *http.Request) { edge.MarkStorable(r.Context(), false) },
		"once good, once bad": func(_ http.ResponseWriter, r *http.Request) {
			edge.MarkStorable(r.Context(), false)
			edge.MarkStorable(r.Context(), true)
		},
		"an error status": func(w http.ResponseWriter, r *http.Request) {
			edge.MarkStorable(r.Context(), true)
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"too long": func(w http.ResponseWriter, r *http.Request) {
			edge.MarkStorable(r.Context(), true)
			_, _ = fmt.Fprint(w, strings.Repeat("x", 1<<19), strings.Repeat("x", 1<<19), "x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.next = next
			for range 3 {
				b.get(reader, "")
			}
			if b.calls != 3 || b.Hits() != 0 {
				t.Errorf("%d calls, %d hits", b.calls, b.Hits())
			}
		})
	}
	t.Run("the longest", func(t *testing.T) {
		b := setup(t)
		b.next = func(w http.ResponseWriter, r *http.Request) {
			edge.MarkStorable(r.Context(), true)
			_, _ = fmt.Fprint(w, strings.Repeat("x", 1<<19), strings.Repeat("x", 1<<19))
		}
		for range 3 {
			if n := b.get(reader, "").Body.Len(); n != 1<<20 {
				t.Errorf("%d bytes", n)
			}
		}
		if b.calls != 1 {
			t.Errorf("%d calls", b.calls)
		}
	})
}

// While nobody would say what to forget, nothing is answered from memory, nor
// kept for later.
func TestWhile(t *testing.T) {
	b := setup(t)
	trusted := true
	b.EnabledWhile(func() bool { return trusted })
	b.expect("trusted", reader, "", "answer 1")
	b.expect("trusted", reader, "", "answer 1")
	trusted = false
	b.expect("distrusted", reader, "", "answer 2")
	other := edge.Key{Tenant: 1, Principal: "key:2"}
	b.expect("distrusted", other, "", "answer 3")
	trusted = true
	b.expect("another, trusted again", other, "", "answer 4")
	b.Cache = nil
	b.EnabledWhile(func() bool { return true })
	b.expect("off", reader, "", "answer 5")
}

// A hit carries the headers of the answer that was kept, save those that the
// request at hand has set: its limit is its own.
func TestHeaders(t *testing.T) {
	b := setup(t)
	limited := func(remaining string) http.Header {
		w := httptest.NewRecorder()
		w.Header().Set("RateLimit", remaining)
		w.Header()["Vary"] = []string{"Authorization"}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		b.Serve(w, r, reader, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Accept")
			w.Header().Set("Etag", "e")
			b.next(w, r)
		})
		return w.Header()
	}
	for _, remaining := range []string{"9", "8", "7"} {
		h := limited(remaining)
		if h.Get("RateLimit") != remaining || h.Get("Etag") != "e" || h.Get("Content-Type") != "text/plain" {
			t.Errorf("with %s left: %v", remaining, h)
		}
		h.Set("Etag", "changed by who was answered")
	}
}

// Turned off, every read is answered anew, and nothing is dereferenced.
func TestOff(t *testing.T) {
	b := setup(t)
	b.Cache = edge.New(0, time.Now)
	b.expect("first", reader, "", "answer 1")
	b.expect("second", reader, "", "answer 2")
	b.Forget(1)
	if b.Hits() != 0 {
		t.Errorf("%d hits", b.Hits())
	}
	edge.MarkStorable(context.Background(), true)
}

// Readers, writers and changes at once: no answer is older than the change that
// was over before its question.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	c := edge.New(time.Hour, time.Now)
	var committed, acknowledged atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 2000 {
				least := acknowledged.Load()
				var got int64
				w := httptest.NewRecorder()
				c.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), reader, func(w http.ResponseWriter, r *http.Request) {
					edge.MarkStorable(r.Context(), true)
					_, _ = fmt.Fprint(w, committed.Load())
				})
				if _, err := fmt.Sscan(w.Body.String(), &got); err != nil || got < least {
					t.Errorf("got %q after %d was acknowledged", w.Body, least)
				}
			}
		})
	}
	for n := range int64(2000) {
		committed.Store(n)
		c.Forget(1)
		acknowledged.Store(n)
	}
	all.Wait()
}
