package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
)

// A child is this test binary run again as a writer, to be killed.
const (
	childURL    = "FOOTFALL_TEST_CHILD"
	childTenant = "FOOTFALL_TEST_CHILD_TENANT"
	childFrom   = "FOOTFALL_TEST_CHILD_FROM"
	childBatch  = 40
	chaosEvents = 2000
)

// TestKills kills everything that takes part in ingest, at random points: what
// was acknowledged is stored, and once everything was sent again every number is
// right.
func TestKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: starts and kills servers")
	}
	server := storetest.PrivateServer(t)
	ok(t, migrateURL(t.Context(), server.DatabaseURL()))
	k := &killing{
		property: propertyOf(t, settle(t, open(t, server.DatabaseURL()), server.DatabaseURL(), "acme", 3), 7),
		server:   server, acked: map[int]bool{},
	}
	k.events = k.gen.events(chaosEvents)
	k.batches = overlapping(k.events)
	for range 8 {
		k.killWriter(t)
	}
	for range 6 {
		k.killBackends(t)
	}
	for range 3 {
		k.killServer(t)
	}
	k.other.Close()
	k.Store = open(t, server.DatabaseURL()) // the old one's connections are dead
	k.checkAcknowledged(t)
	for _, b := range k.batches {
		k.record(t, b...)
		k.neighbour.record(t, b[:len(b)/2]...)
	}
	k.neighbour.Store = k.Store
	k.check(t, "sent again")
	verifyClean(t, k.Store, k.tenant)
}

// overlapping cuts events into batches that share half with the next one.
func overlapping(events []analytics.Event) [][]analytics.Event {
	var out [][]analytics.Event
	for i := 0; i < len(events); i += childBatch / 2 {
		out = append(out, events[i:min(len(events), i+childBatch)])
	}
	return out
}

type killing struct {
	*property
	server  *localdb.Server
	batches [][]analytics.Event
	next    int          // the first batch that nobody sent
	acked   map[int]bool // batches
}

// ahead is where the next writer starts: a little before what is new.
func (k *killing) ahead() int { return max(k.next-1, 0) }

func (k *killing) acknowledge(batch int) {
	k.acked[batch] = true
	k.next = min(max(k.next, batch+1), len(k.batches)-6)
}

// killWriter starts a writer and kills it after some acknowledgements.
func (k *killing) killWriter(t *testing.T) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childURL+"="+k.url, childTenant+"="+strconv.FormatInt(k.tenant.ID, 10),
		childFrom+"="+strconv.Itoa(k.ahead()))
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	lines := bufio.NewScanner(out)
	for left := 1 + k.gen.Intn(6); left > 0 && lines.Scan(); left-- {
		k.acknowledge(ackOf(t, lines.Text()))
	}
	ok(t, child.Process.Kill())
	for lines.Scan() { // what it acknowledged before it died
		k.acknowledge(ackOf(t, lines.Text()))
	}
	_ = child.Wait() // killed
	k.checkAcknowledged(t)
}

func ackOf(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimPrefix(line, "ack "))
	ok(t, err)
	return n
}

// runChild records batches and says which are acknowledged, without end.
func runChild(url string) int {
	ctx := context.Background()
	s, err := Open(ctx, Options{URL: url})
	if err != nil {
		return 1
	}
	tenant, _ := strconv.ParseInt(os.Getenv(childTenant), 10, 64)
	from, _ := strconv.Atoi(os.Getenv(childFrom))
	batches := overlapping(childEvents(url))
	for i := from; ; i = (i + 1) % len(batches) {
		if _, _, err := s.Record(ctx, tenant, batches[i]); err != nil {
			return 1
		}
		fmt.Println("ack", i)
	}
}

// childEvents are the events of the parent's property.
func childEvents(url string) []analytics.Event {
	w := &world{url: url}
	w.name(3)
	p := &property{world: w, gen: newGenerator(w, 7)}
	p.imagine()
	return p.gen.events(chaosEvents)
}

// recordUntil sends batches until stop, through failures, which must say that a
// retry may help. It returns which were acknowledged.
func (k *killing) recordUntil(t *testing.T, stop <-chan struct{}, acks *atomic.Int64) []int {
	var acked []int
	for i := k.ahead(); ; i = (i + 1) % len(k.batches) {
		select {
		case <-stop:
			return acked
		default:
		}
		_, _, err := k.Record(t.Context(), k.tenant.ID, k.batches[i])
		var typed *analytics.Error
		switch {
		case err == nil:
			acked = append(acked, i)
			acks.Add(1)
		case !errors.As(err, &typed) || typed.Code != analytics.CodeUnavailable:
			t.Errorf("an untyped failure: %v", err)
			return acked
		}
	}
}

// during runs f while batches are being recorded, after at least a few.
func (k *killing) during(t *testing.T, f func()) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan []int)
	var acks atomic.Int64
	go func() { done <- k.recordUntil(t, stop, &acks) }()
	for least := int64(1 + k.gen.Intn(4)); acks.Load() < least && !t.Failed(); {
		_ = k.other.Ping(t.Context())
	}
	f()
	close(stop)
	for _, i := range <-done {
		k.acknowledge(i)
	}
}

func (k *killing) killBackends(t *testing.T) {
	t.Helper()
	k.during(t, func() {
		conn, err := pgx.Connect(t.Context(), k.url)
		ok(t, err)
		_, err = conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'footfall'")
		ok(t, errors.Join(err, conn.Close(t.Context())))
	})
	k.checkAcknowledged(t)
}

func (k *killing) killServer(t *testing.T) {
	t.Helper()
	k.during(t, func() { ok(t, k.server.Postgres().Kill()) })
	ok(t, k.server.Postgres().Start(t.Context()))
	k.checkAcknowledged(t)
}

// checkAcknowledged fails unless every event of an acknowledged batch is stored.
func (k *killing) checkAcknowledged(t *testing.T) {
	t.Helper()
	s := open(t, k.url)
	defer s.Close()
	rows, err := s.pool.Query(t.Context(), "SELECT id || ' ' || extract(epoch FROM at) * 1000000 FROM events WHERE tenant_id = $1", k.tenant.ID)
	ok(t, err)
	stored := map[string]bool{}
	for rows.Next() {
		var key string
		ok(t, rows.Scan(&key))
		stored[strings.TrimSuffix(key, ".000000")] = true
	}
	ok(t, rows.Err())
	for i := range k.acked {
		for _, e := range k.batches[i] {
			if !stored[fmt.Sprint(e.ID, " ", micros(&e))] {
				t.Fatalf("acknowledged but not stored: %s", e.ID)
			}
		}
	}
	t.Logf("%d of %d batches acknowledged, %d events stored", len(k.acked), len(k.batches), len(stored))
}
