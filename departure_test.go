package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
)

// blocked is a gateway whose reads wait for a lock until open is called.
func (b *bundle) blocked() (open func()) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.conf.database)
	ok(b.t, err)
	b.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(b.t.Context(), "BEGIN; LOCK TABLE cells, activations IN ACCESS EXCLUSIVE MODE")
	ok(b.t, err)
	return func() {
		_, err := conn.Exec(b.t.Context(), "COMMIT")
		ok(b.t, err)
	}
}

// running is how many statements of the gateway wait for a lock, as Postgres tells.
func (b *bundle) running() (n int) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.conf.database)
	ok(b.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	ok(b.t, conn.QueryRow(b.t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'footfall' AND state = 'active' AND wait_event_type = 'Lock'`).Scan(&n))
	return n
}

// cancelled waits until no statement runs, and well before the time is over that
// any read has.
func (b *bundle) cancelled() {
	b.t.Helper()
	since := time.Now()
	await.Until(b.t, "the statement is gone", func() bool { return b.running() == 0 })
	if took := time.Since(since); took > 10*time.Second {
		b.t.Errorf("the statement ran on for %v", took)
	}
}

// A client that leaves, or says how long it waits, takes its statement with it,
// unless another waits for the same one.
func TestDepartureCancelsStatements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_x", "event", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	const query = `{ activation(activationId: "act_x") { eventName } }`
	ask := func(ctx context.Context) chan answer {
		done := make(chan answer, 1)
		go func() {
			a, _ := b.graphql(ctx, query, nil, nil)
			done <- a
		}()
		return done
	}
	open := b.blocked()

	ctx, leave := context.WithCancel(t.Context())
	done := ask(ctx)
	await.Until(t, "the statement runs", func() bool { return b.running() == 1 })
	leave()
	<-done
	b.cancelled()

	a := b.post(query, nil, http.Header{"Prefer": {"respond-async, wait=1"}})
	equal(t, "status of one that waits a second", a.status, http.StatusServiceUnavailable)
	b.cancelled()
	a = b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}),
		http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Prefer": {"wait=1"}})
	if !strings.Contains(a.body, `"code":"UNAVAILABLE"`) || !strings.Contains(a.body, "event: complete") {
		t.Errorf("events for one that waits a second: %s", a.body)
	}
	b.cancelled()

	ctx, leave = context.WithCancel(t.Context())
	first, second := ask(ctx), ask(t.Context())
	await.Until(t, "a statement runs", func() bool { return b.running() == 1 })
	await.Until(t, "both wait", func() bool { return b.requests() == 2 })
	leave()
	<-first
	await.Until(t, "the first has left", func() bool { return b.requests() == 1 })
	// Who joined the first only after it left runs a statement of its own.
	await.Until(t, "a statement runs on", func() bool { return b.running() == 1 })
	open()
	if a := <-second; a.status != http.StatusOK || at(a.data, "activation.eventName") != "Name of event" {
		t.Errorf("the other one got %d %s", a.status, a.body)
	}
}

// A client that reads parts takes with it what was put off.
func TestDepartureCancelsDeferred(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deferWorld()
	open := b.blocked()
	defer open()
	for _, query := range []string{
		fmt.Sprintf(`{ partner(uuid: %q) { name ... @defer { engagement(%s) { totalPageViews } } } }`, uuidOf(1), marchOf),
		// What comes first of one in parts is read under the same context.
		fmt.Sprintf(`{ partnerLeaderboard(%s) { nodes { name ... @defer { engagement(%[1]s) { totalPageViews } } } } }`, marchOf),
		`{ activations { nodes { eventName ... @defer { metrics { clickCount } } } } }`,
	} {
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = b.graphql(ctx, query, nil, asParts)
		}()
		await.Until(t, query+" reads", func() bool { return b.running() == 1 })
		leave()
		<-done
		b.cancelled()
	}
}

// requests is how many are being answered, but for the one that asks.
func (b *bundle) requests() int {
	b.t.Helper()
	for line := range strings.Lines(b.do(http.MethodGet, "/metrics", "", nil).body) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "footfall_http_requests_in_flight "); ok {
			count, err := strconv.Atoi(n)
			if err != nil {
				b.t.Fatal(err)
			}
			return count - 1
		}
	}
	return -1
}
