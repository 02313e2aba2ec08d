package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/await"
)

func TestOneCompactorAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	conn, err := w.pool.Acquire(t.Context())
	ok(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", compactorLock)
	ok(t, err)
	other := open(t, w.url)
	done, err := other.Compact(t.Context(), nil)
	ok(t, err)
	equal(t, "busy", done, Compacted{Busy: true})
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", compactorLock)
	ok(t, err)
	for range 2 { // the lock is given back
		done, err = other.Compact(t.Context(), nil)
		ok(t, err)
		equal(t, "nothing to do", done, Compacted{})
	}
}

// The compactor does not wait for a connection that readers and writers hold.
func TestCompactBesideABusyPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for i := range 2 {
		w.record(t, analytics.Event{ID: fmt.Sprint(i), Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z")})
	}
	w.takePool(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done, err := w.Compact(ctx, nil)
	ok(t, err)
	if done.After == 0 || done.After >= done.Before {
		t.Errorf("compacted %+v", done)
	}
}

// Nobody queues behind a rewrite that waits for a long reader.
func TestRewriteGivesWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.record(t, analytics.Event{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z")})
	dump := connect(t, w.url)
	exec := func(statement string) {
		_, err := dump.Exec(t.Context(), statement)
		ok(t, err)
	}
	exec("BEGIN")
	exec("SELECT FROM cells")
	done := make(chan error, 1)
	go func() { done <- w.RewriteCells(t.Context()) }()
	watch := connect(t, w.url)
	await.Until(t, "the rewrite waits for the lock", func() (waits bool) {
		ok(t, watch.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'cells'::regclass AND NOT granted)").Scan(&waits))
		return waits
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var n int
	ok(t, watch.QueryRow(ctx, "SELECT count(*) FROM cells").Scan(&n))
	select {
	case err := <-done:
		t.Fatalf("it was not in the way: %v", err)
	default:
	}
	exec("COMMIT")
	ok(t, await.Value(t, "the rewrite ends", done))
}

// TestCompactManyRows merges buckets of more rows than fit a transaction.
func TestCompactManyRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	click := analytics.Event{Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z")}
	click.ID = "1"
	w.record(t, click)
	click.ID = "2"
	w.record(t, click)
	_, err := w.pool.Exec(t.Context(), `INSERT INTO cells (tenant_id, subject_id, bucket, action, level, events, starts, micros, sessions, quarters)
		SELECT tenant_id, subject_id, bucket, action, level, events, starts, micros, sessions, quarters FROM cells, generate_series(1, 4000)`)
	ok(t, err)
	var steps [][2]int
	done, err := w.Compact(t.Context(), func(d, n int) { steps = append(steps, [2]int{d, n}) })
	ok(t, err)
	equal(t, "last", steps[len(steps)-1], [2]int{2, 2})
	equal(t, "left", done.Before-done.After, 2*8002-2)
	clicks := func() analytics.Total {
		return w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click]
	}
	equal(t, "clicks", clicks(), analytics.Total{Events: 8002, Sessions: 1})

	size := func() (bytes int64) {
		ok(t, w.pool.QueryRow(t.Context(), "SELECT pg_total_relation_size('cells')").Scan(&bytes))
		return bytes
	}
	before := size()
	ok(t, w.RewriteCells(t.Context()))
	if after := size(); after > before/10 {
		t.Errorf("rewritten, two cells take %d bytes, before %d", after, before)
	}
	var unseen int
	ok(t, w.pool.QueryRow(t.Context(), "SELECT relpages - relallvisible FROM pg_class WHERE oid = 'cells'::regclass").Scan(&unseen))
	equal(t, "pages that sums out of the index must look at", unseen, 0)
	equal(t, "clicks from rewritten cells", clicks(), analytics.Total{Events: 8002, Sessions: 1})
}

// TestCompactGoesOn: what is wrong with one tenant's cells does not keep others from it.
func TestCompactGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, tenant := range []*world{w, settle(t, w.Store, w.url, "other", 1)} {
		for i := range 2 {
			tenant.record(t, analytics.Event{
				ID: fmt.Sprint(i), Action: analytics.Click, Kind: analytics.KindEvent, Key: "e", Session: "s", At: at("2026-03-02T12:00:00Z"),
			})
		}
	}
	_, err := w.pool.Exec(t.Context(), `UPDATE cells SET sessions = '\xff00ff' WHERE tenant_id = $1`, w.tenant.ID)
	ok(t, err)
	done, err := w.Compact(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("tenant %d", w.tenant.ID)) {
		t.Errorf("of the damaged cells: %v", err)
	}
	if done.After >= done.Before {
		t.Errorf("nothing was merged of the other tenant's: %+v", done)
	}
}

// TestCompactorAndWritersDoNotWait holds a compaction's transaction and a
// writer's open at once: each can work on buckets of the other.
func TestCompactorAndWritersDoNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	click := analytics.Event{Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z")}
	for i := range 3 {
		click.ID = fmt.Sprint(i)
		w.record(t, click)
	}
	tx, err := w.pool.Begin(t.Context())
	ok(t, err)
	_, err = tx.Exec(t.Context(), "DELETE FROM cells WHERE tenant_id = $1", w.tenant.ID) // as a compactor
	ok(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	click.ID = "written meanwhile"
	_, _, err = w.Record(ctx, w.tenant.ID, []analytics.Event{click})
	ok(t, err)
	ok(t, tx.Rollback(t.Context()))

	tx, err = w.pool.Begin(t.Context())
	ok(t, err)
	_, err = tx.Exec(t.Context(), sql("lock_tenant"), args{"tenant_id": w.tenant.ID}) // as a writer
	ok(t, err)
	done, err := w.Compact(ctx, nil)
	ok(t, err)
	equal(t, "compacted", done, Compacted{Buckets: 2, Before: 8, After: 2})
	ok(t, tx.Rollback(t.Context()))
}

func TestRunCompactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	click := analytics.Event{Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], At: at("2026-03-02T12:00:00Z")}
	for i := range 3 {
		click.ID = fmt.Sprint(i)
		w.record(t, click)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		w.RunCompactor(ctx, time.Millisecond, 1, slog.New(slog.DiscardHandler))
		close(stopped)
	}()
	await.Until(t, "no cell is loose", func() bool {
		var n int
		ok(t, w.pool.QueryRow(t.Context(), sql("count_loose_cells"), args{"tenant_id": w.tenant.ID}).Scan(&n))
		return n == 0
	})
	cancel()
	<-stopped
	total := w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll)
	equal(t, "clicks", total.Of[analytics.Click], analytics.Total{Events: 3})
}

// What bounds a merge counts all of a row that grows with its events.
func TestCompactWeighsEveryColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for i := range 50 {
		w.record(t, analytics.Event{
			ID: fmt.Sprint(i), Action: analytics.Watch, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: fmt.Sprint("v", i), Seconds: 60,
			Dimensions: analytics.Dimensions{Device: "phone"}, At: at("2026-03-02T12:00:00Z").Add(time.Duration(i) * time.Second),
		}, analytics.Event{ID: fmt.Sprint("c", i), Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: fmt.Sprint("s", i), At: at("2026-03-02T12:00:00Z")})
	}
	_, err := w.Compact(t.Context(), nil)
	ok(t, err)
	var columns string
	ok(t, w.pool.QueryRow(t.Context(), `SELECT string_agg(format('coalesce(octet_length(%I), 0)', column_name), ' + ')
		FROM information_schema.columns WHERE table_name = 'cells' AND data_type = 'bytea'`).Scan(&columns))
	rows, err := w.pool.Query(t.Context(), "SELECT subject_id, action, level, bucket, seq, ("+columns+")::bigint FROM cells ORDER BY seq")
	ok(t, err)
	type weighed struct {
		Subject       int64
		Action, Level int16
		Bucket        time.Time
		Seq, Bytes    int64
	}
	cells, err := pgx.CollectRows(rows, pgx.RowToStructByPos[weighed])
	ok(t, err)
	var buckets []looseBucket
	var want []string
	for _, c := range cells {
		level := analytics.Level(c.Level)
		buckets = append(buckets, looseBucket{analytics.Key{Subject: c.Subject, Action: analytics.Action(c.Action), Level: level, Bucket: analytics.BucketOf(level, c.Bucket)}, []int64{c.Seq}})
		want = append(want, fmt.Sprint(c.Seq, c.Bytes))
	}
	rows, err = w.pool.Query(t.Context(), sql("cell_sizes"), rowArgs(w.tenant.ID, buckets))
	ok(t, err)
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var seq, bytes int64
		err := row.Scan(&seq, &bytes)
		return fmt.Sprint(seq, bytes), err
	})
	ok(t, err)
	equal(t, "bytes of rows", strings.Join(got, ", "), strings.Join(want, ", "))
}

// Rows that hold much are merged few at a time, until each bucket has one.
func TestCompactHeavyRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	wide := func(dimension string, n int) string { return dimension + fmt.Sprintf("%0480d", n) }
	n := 0
	for range 22 {
		events := make([]analytics.Event, 700)
		for i := range events {
			n++
			events[i] = analytics.Event{
				ID: fmt.Sprint(n), Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z"),
				Dimensions: analytics.Dimensions{Source: wide("s", n), Medium: wide("m", n), Referrer: wide("r", n), Path: wide("p", n), Device: wide("d", n)},
			}
		}
		w.record(t, events...)
	}
	merges := 0
	_, err := w.Compact(t.Context(), func(done, _ int) {
		if done > 0 {
			merges++
		}
	})
	ok(t, err)
	if merges < 3 {
		t.Errorf("%d merges of a bucket with 37 MB", merges)
	}
	var loose int
	ok(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM (SELECT FROM cells GROUP BY tenant_id, subject_id, action, level, bucket HAVING count(*) > 1) b").Scan(&loose))
	equal(t, "buckets of several rows", loose, 0)
	equal(t, "clicks", w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click], analytics.Total{Events: int64(n), Sessions: 1})
}
