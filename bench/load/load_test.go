package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// get is the request of the tests.
var get = Request{Method: http.MethodGet, Target: "/a?b=c", Header: http.Header{"Accept": {"application/json"}}}

func prebuiltAnswer(body string) Answer {
	return Answer{
		Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {fmt.Sprint(len(body))}, "X-A": {"1", "2"}},
		Body:   []byte(body),
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestWrongAnswersEndThePass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, n int64)
		says   string
	}{
		"other bytes": {func(w http.ResponseWriter, n int64) { _, _ = fmt.Fprintf(w, `{"n":%d}`, 1+n/50) }, "another answer"},
		"an error": {func(w http.ResponseWriter, n int64) {
			if n > 50 {
				w.WriteHeader(http.StatusTooManyRequests)
			}
			_, _ = w.Write([]byte(`{"n":1}`))
		}, "status 429"},
		"closing": {func(w http.ResponseWriter, _ int64) { w.Header().Set("Connection", "close") }, "closes the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w, n.Add(1)) }))
			_, err := Loop{address, 2, Drawn([]Request{get}, []Answer{prebuiltAnswer(`{"n":1}`)})}.Run(t.Context(), 5*time.Second)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestOnceSendsEachRequestOnce(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, twice := seen.LoadOrStore(r.URL.Path, true); twice {
			w.WriteHeader(http.StatusConflict)
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	var requests []Request
	var answers []Answer
	for i := range 50 {
		requests, answers = append(requests, Request{Method: http.MethodGet, Target: fmt.Sprintf("/%d", i)}), append(answers, prebuiltAnswer(`{}`))
	}
	p, err := Loop{address, 3, Once(requests, answers, 3)}.Run(t.Context(), time.Minute)
	if err != nil || p.Requests != 50 {
		t.Errorf("%d requests, %v", p.Requests, err)
	}
}

func TestChunkedAnswers(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("0123456789", 10_000)
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for part := range slices.Chunk([]byte(body), 30_000) {
			_, _ = w.Write(part)
			_ = http.NewResponseController(w).Flush()
		}
	}))
	p, err := Loop{address, 1, Once([]Request{get, get}, []Answer{{Body: []byte(body)}, {Body: []byte(body)}}, 1)}.Run(t.Context(), time.Minute)
	if err != nil || p.Requests != 2 {
		t.Errorf("%+v %v", p, err)
	}
}

func TestCapture(t *testing.T) {
	t.Parallel()
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = w.Write([]byte(r.URL.Path))
	}))
	var requests []Request
	for i := range 20 {
		requests = append(requests, Request{Method: http.MethodGet, Target: fmt.Sprintf("/%d", i)})
	}
	answers, err := Capture(t.Context(), address, requests)
	if err != nil || string(answers[7].Body) != "/7" || string(answers[19].Body) != "/19" {
		t.Errorf("%v %v", answers, err)
	}
	if _, err = Capture(t.Context(), address, append(requests, Request{Method: http.MethodGet, Target: "/bad"})); err == nil {
		t.Error("a failure is captured as an answer")
	}
}
