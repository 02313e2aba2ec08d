package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// get and post are requests of the tests.
var (
	get  = request{Method: http.MethodGet, Target: "/a?b=c", Header: http.Header{"Accept": {"application/json"}}}
	post = request{Method: http.MethodPost, Target: "/graphql", Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"query":"{a}"}`}
)

func prebuiltAnswer(body string) answer {
	return answer{
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

func TestCeilingReturnsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	long := prebuiltAnswer(`{"long":"` + strings.Repeat("x", 100_000) + `"}`)
	short := prebuiltAnswer(`{"n":1}`)
	address := serve(t, ceiling{get.Target: &long, post.Body: &short})
	for _, c := range []struct {
		request request
		want    answer
	}{{get, long}, {post, short}} {
		got, err := send(t.Context(), address, c.request)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Body, c.want.Body) || len(got.Header["X-A"]) != 2 {
			t.Errorf("%s: %v %.40s", c.request.Method, got.Header, got.Body)
		}
		p, err := load{address, 3, drawn([]request{c.request}, []answer{c.want})}.run(t.Context(), 30*time.Millisecond)
		if err != nil || p.requests < 3 || p.rate <= 0 || p.p50 <= 0 || p.p99 < p.p50 {
			t.Errorf("%s: %+v %v", c.request.Method, p, err)
		}
	}
	if _, err := send(t.Context(), address, post.fresh()); err != nil {
		t.Errorf("the ceiling minds a header: %v", err)
	}
}

func TestCeilingProcess(t *testing.T) {
	t.Parallel()
	p, err := startCeiling(t.Context(), []request{get}, []answer{prebuiltAnswer(`{"n":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if got, err := send(t.Context(), p.address, get); err != nil || string(got.Body) != `{"n":1}` {
		t.Errorf("%s %v", got.Body, err)
	}
}

// TestMain lets the test binary be its own ceiling.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == ceilingCommand {
		main()
	}
	os.Exit(m.Run())
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
		"no length": {func(w http.ResponseWriter, _ int64) { _ = http.NewResponseController(w).Flush() }, "Content-Length"},
		"closing":   {func(w http.ResponseWriter, _ int64) { w.Header().Set("Connection", "close") }, "closes the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w, n.Add(1)) }))
			_, err := load{address, 2, drawn([]request{get}, []answer{prebuiltAnswer(`{"n":1}`)})}.run(t.Context(), 5*time.Second)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestFeedMakesDistinctEvents(t *testing.T) {
	t.Parallel()
	n := &nouns{events: []string{"e1", "e2"}, partners: []string{"p"}, campaigns: []string{"c"}}
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	f := newFeed(n, "a-", start)
	ids, kinds := map[string]bool{}, map[string]int{}
	for range 2 {
		lines := strings.Split(strings.TrimSpace(string(f.batch())), "\n")
		if len(lines) != batchEvents {
			t.Fatalf("%d events", len(lines))
		}
		for _, line := range lines {
			var e struct {
				ID, Action, Event, Partner, Campaign string
				At                                   time.Time
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if ids[e.ID] || e.At.After(start) || e.At.Before(start.Add(-lookback)) {
				t.Fatalf("%s", line)
			}
			ids[e.ID] = true
			kinds[e.Action]++
		}
	}
	if kinds["page_view"] != kinds["watch"]+1 && kinds["page_view"] != kinds["watch"] || kinds["click"] == 0 || kinds["calendar_sync"] == 0 {
		t.Errorf("actions: %v", kinds)
	}
}
