package main

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

	"footfall/admit"
	"footfall/internal/await"
	"footfall/store"
	"footfall/web"
)

// Ten thousand who ask the same at once, of which nothing is known yet, cost little
// more than one does: a statement for the activation and one for its measures.
func TestStampedeIsFewStatements(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge, func(c *settings) { c.serving.Timeout = time.Minute }) // a busy machine's last in line have theirs
	many := int64(10_000)
	if underRace { // which needs ten times as long for each
		many /= 10
	}
	// Two where the machine keeps up. One that does not hears late that nothing has
	// changed, and so asks again: the best of three counts.
	most := many / 100
	n := b.stampede("x", many)
	for try := 1; try < 3 && n.Passed > most; try++ {
		n = b.stampede(fmt.Sprint("x", try), many)
	}
	if n.Passed < 2 || n.Passed > most || n.Shed > 0 {
		t.Errorf("%+v, want %d statements at most", n, most)
	}
}

// stampede has so many ask a gateway for an activation, of which neither it nor Redis
// knows anything yet, and says what they cost.
func (b *bundle) stampede(name string, many int64) admit.Stats {
	t := b.t
	t.Helper()
	b.activate("act_"+name, name, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	b.record(click("click on "+name, "click", name, "a", "2026-03-05T10:00:00Z"))
	cold, err := openGateway(t.Context(), store.Options{URL: b.conf.database}, redisServer{URL: b.conf.redis}, b.conf.serving, b.conf.log)
	ok(t, err)
	t.Cleanup(cold.close)
	handler, err := cold.handler(web.Config{})
	ok(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { cold.cache.Run(ctx) })
	defer running.Wait()
	defer stop()
	await.Until(t, "it hears of changes", cold.cache.Informed)

	ask := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(query))
		r.Header.Set("Authorization", "Bearer "+b.key)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	equal(t, "status of who knows the key", ask(`{"query":"{ __typename }"}`).Code, http.StatusOK)
	body := fmt.Sprintf(`{"query":"{ activation(activationId: \"act_%s\") { metrics { clickCount uniqueSessionCount } } }"}`, name)
	var right atomic.Int64
	var wrong atomic.Pointer[httptest.ResponseRecorder] // one of those
	var asking sync.WaitGroup
	start := make(chan struct{})
	for range many {
		asking.Go(func() {
			<-start
			w := ask(body)
			if w.Code == http.StatusOK && strings.HasPrefix(w.Body.String(), `{"data":{"activation":{"metrics":{"clickCount":1,"uniqueSessionCount":1}}}`) {
				right.Add(1)
			} else {
				wrong.Store(w)
			}
		})
	}
	close(start)
	asking.Wait()
	if n := right.Load(); n != many {
		w := wrong.Load()
		t.Errorf("%d of %d answers are right, and one is %d %v %s", n, many, w.Code, w.Header(), w.Body)
	}
	return cold.reads.Stats()
}
