package graph

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
)

// Bodies that take all the memory there is for them are turned away, and what they
// took is free again when they are done with.
func TestBodiesAreHeldTogether(t *testing.T) {
	b := setup(t)
	bodies := newBodies(300<<10, 250<<10)
	b.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, held, ok := bodies.admit(r.Context(), w, r, b, mediaJSON)
		defer held.release()
		if ok {
			write(w, mediaJSON, http.StatusOK, &graphql.Response{Data: []byte("{}")})
		}
	})
	long := strings.Repeat(" ", 200<<10)
	if w := b.do(http.MethodPost, "/graphql", long); w.Code != http.StatusOK {
		t.Fatalf("alone: %d %s", w.Code, w.Body)
	}
	slow, finish := io.Pipe()
	took := make(chan int)
	go func() {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/graphql", slow)
		r.ContentLength = -1
		r.Header = http.Header{"Content-Type": {mediaJSON}, "Authorization": {"key:1"}}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		took <- w.Code
	}()
	if _, err := io.WriteString(finish, long); err != nil {
		t.Fatal(err)
	}
	for bodies.Taken() < int64(len(long)) {
		runtime.Gosched()
	}
	for key, want := range map[string]int{"key:1": http.StatusTooManyRequests, "key:2": http.StatusServiceUnavailable} {
		w := b.do(http.MethodPost, "/graphql", long, "Authorization", key)
		if w.Code != want || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s beside the first: %d %v %s", key, w.Code, w.Header(), w.Body)
		}
	}
	_ = finish.Close()
	if code := <-took; code != http.StatusOK {
		t.Errorf("the first: %d", code)
	}
	if n := bodies.Taken(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// everything is a query whose answer is long.
const everything = `{ a: __schema { ...all } b: __schema { ...all } c: __schema { ...all } d: __schema { ...all } } fragment all on __Schema { types { name description fields { name description args { name description } } } }`

// slowReader is a client that reads nothing until it does.
type slowReader struct {
	*httptest.ResponseRecorder
	reads chan struct{}
}

func (s slowReader) Write(b []byte) (int, error) {
	<-s.reads
	return s.ResponseRecorder.Write(b)
}

// Answers that nobody reads take memory, of which a principal has its share.
func TestAnswersAreHeldTogether(t *testing.T) {
	b := setup(t)
	body := `{"query":"` + everything + `"}`
	n := int64(b.do(http.MethodPost, "/graphql", body).Body.Len())
	for name, accept := range map[string]string{"whole": mediaJSON, "events": mediaEvents, "parts": mediaParts} {
		t.Run(name, func(t *testing.T) {
			bodies := newBodies(n*7/4, n*3/2)
			server, err := New(Options{Source: source{b: b}, Auth: b, Log: slog.New(slog.DiscardHandler), Now: time.Now, Timeout: 5 * time.Second, bodies: bodies})
			ok(t, err)
			ask := func(w http.ResponseWriter, key string) {
				body := strings.NewReader(strings.Replace(body, "{ a:", "{ ... @defer { __typename } a:", 1))
				r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/graphql", body)
				r.Header = http.Header{"Content-Type": {mediaJSON}, "Authorization": {key}, "Accept": {accept}}
				server.ServeHTTP(w, r)
			}
			slow, over := slowReader{httptest.NewRecorder(), make(chan struct{})}, make(chan struct{})
			go func() {
				defer close(over)
				ask(slow, "key:1")
			}()
			for bodies.Taken() == 0 {
				runtime.Gosched()
			}
			for key, want := range map[string]analytics.Code{"key:1": analytics.CodeRateLimited, "key:2": analytics.CodeUnavailable} {
				w := httptest.NewRecorder()
				if ask(w, key); !strings.Contains(w.Body.String(), string(want)) || int64(w.Body.Len()) > n/2 {
					t.Errorf("%s beside the first: %d %.200s", key, w.Code, w.Body)
				}
			}
			close(slow.reads)
			<-over
			if said := slow.Body.String(); slow.Code != http.StatusOK || !strings.Contains(said, "ActivationMetrics") {
				t.Errorf("the first: %d %.200s", slow.Code, said)
			}
			if n := bodies.Taken(); n != 0 {
				t.Errorf("%d bytes are still held", n)
			}
		})
	}
}

// A panic before an operation begins ends the operation, not the process.
func TestPanicOnASocket(t *testing.T) {
	t.Parallel()
	s := &station{t: t, Streams: NewStreams(), values: make(chan *analytics.CampaignLive), left: make(chan struct{}, 10)}
	var log strings.Builder
	handler, err := New(Options{
		Live: s, Streams: s.Streams, Auth: s, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Timeout: time.Second,
		Documents: Documents{Count: func(string, int) { panic("what was sent") }},
	})
	ok(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url = server.URL + "/graphql"
	c := s.ready()
	for _, id := range []string{"a", "b"} {
		c.send(subscribe(id, showLive))
		c.want(`{"id":"` + id + `","type":"error","payload":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
	}
	_ = c.conn.CloseNow()
	server.Close()
	if said := log.String(); !strings.Contains(said, "panic: a string") || strings.Contains(said, "what was sent") {
		t.Errorf("the log says %s", said)
	}
}
