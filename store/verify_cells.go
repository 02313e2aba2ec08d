package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"footfall/analytics"
)

// cellKey names a cell of the subject in hand.
type cellKey struct {
	level  analytics.Level
	action analytics.Action
	bucket analytics.Bucket
}

// what names the cell's kind in a Difference.
func (k cellKey) what() string {
	return k.action.String() + " " + [...]string{"quarter-hour", "day", "month"}[k.level]
}

func (k cellKey) when() string { return instant(k.bucket.Start(k.level)) }

// storedCells are all cells of a subject, merged, its audience's steps by
// instant, and its rows.
type storedCells struct {
	cells map[cellKey]*analytics.Cell
	steps map[int64]int64
	rows  map[analytics.Key]*analytics.Block
}

// storedCells reads the subject's cells whole. A row that cannot be read is a
// difference.
func (v *verification) storedCells(ctx context.Context) (*storedCells, error) {
	s := &storedCells{map[cellKey]*analytics.Cell{}, map[int64]int64{}, map[analytics.Key]*analytics.Block{}}
	rows, err := v.tx.Query(ctx, sql("stored_cells"), args{"tenant_id": v.tenant, "subject_id": v.subject.id})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanCell(rows)
		if err != nil {
			return nil, err
		}
		block, err := row.Unpack()
		if err != nil {
			k := cellKey{row.Level, row.Action, row.Bucket}
			if err := v.differ(k.what(), k.when(), err.Error(), "a row"); err != nil {
				return nil, err
			}
			continue
		}
		s.add(row.Key, block)
	}
	return s, rows.Err()
}

func (s *storedCells) add(k analytics.Key, b *analytics.Block) {
	s.cell(cellKey{k.Level, k.Action, k.Bucket}).Merge(&b.Cell)
	for i, c := range b.Quarters {
		s.cell(cellKey{analytics.LevelQuarter, k.Action, k.Bucket*analytics.QuartersPerDay + analytics.Bucket(i)}).Merge(c)
	}
	for _, step := range b.Steps {
		s.steps[step.At] += step.Delta
	}
	if known := s.rows[k]; known != nil {
		known.Merge(b)
	} else {
		s.rows[k] = b
	}
}

func (s *storedCells) cell(k cellKey) *analytics.Cell {
	c := s.cells[k]
	if c == nil {
		c = &analytics.Cell{}
		s.cells[k] = c
	}
	return c
}

// computedCell is a cell as SQL counts it; its sets are sorted.
type computedCell struct {
	events, starts, micros int64
	sessions, visitors     []int64
}

// cells compares every cell at every level with what the events say.
func (v *verification) cells(ctx context.Context, stored *storedCells, sessions []actorSession) error {
	started, ended := make([]time.Time, len(sessions)), make([]time.Time, len(sessions))
	for i, s := range sessions {
		started[i], ended[i] = s.Start(), s.Start().Add(time.Duration(s.Micros())*time.Microsecond)
	}
	var k cellKey
	var bucket time.Time
	var c computedCell
	targets := []any{&k.level, &k.action, &bucket, &c.events, &c.starts, &c.micros, &c.sessions, &c.visitors}
	logins := make([]time.Time, len(v.logins[v.subject.id]))
	for i, l := range v.logins[v.subject.id] {
		logins[i] = l.at
	}
	more := args{"started": started, "ended": ended, "logins": logins, "since": v.since}
	err := v.each(ctx, "verify_cells", more, targets, func() error {
		k.bucket = analytics.BucketOf(k.level, bucket)
		had := cellOf(stored.cells[k])
		delete(stored.cells, k)
		return v.compare(k, had, c)
	})
	if err != nil {
		return err
	}
	for k, cell := range stored.cells {
		if err := v.compare(k, cellOf(cell), computedCell{}); err != nil {
			return err
		}
	}
	return nil
}

// tells reports whether the events that are kept say all of a bucket. A watch from
// before the horizon may reach a day beyond it.
func (v *verification) tells(a analytics.Action, bucket time.Time) bool {
	since := v.since
	if a == analytics.WatchLogin && since.After(analytics.MinInstant) {
		since = since.Add(analytics.MaxWatchSeconds * time.Second)
	}
	return !bucket.Before(since)
}

func (v *verification) compare(k cellKey, stored, computed computedCell) error {
	if stored.equal(computed) || !v.tells(k.action, k.bucket.Start(k.level)) {
		return nil
	}
	return v.differ(k.what(), k.when(), stored.String(), computed.String())
}

func cellOf(c *analytics.Cell) computedCell {
	if c == nil {
		return computedCell{}
	}
	return computedCell{c.Events, c.Starts, c.Micros, wide(c.Sessions.Members()), wide(c.Visitors.Members())}
}

func wide(ids []uint32) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

func (c computedCell) equal(o computedCell) bool {
	return c.events == o.events && c.starts == o.starts && c.micros == o.micros &&
		slices.Equal(c.sessions, o.sessions) && slices.Equal(c.visitors, o.visitors)
}

func (c computedCell) String() string {
	return fmt.Sprintf("%d events, %d starts, %d µs, sessions %s, visitors %s", c.events, c.starts, c.micros, few(c.sessions), few(c.visitors))
}

// few is a list of numbers, the first ones if there are many.
func few(ids []int64) string {
	if len(ids) > 20 {
		return fmt.Sprintf("%d… (%d)", ids[:20], len(ids))
	}
	return fmt.Sprint(ids)
}

// steps compares a campaign's audience: every change of it, its peak, and the
// first instant of that.
func (v *verification) steps(ctx context.Context, stored *storedCells) error {
	steps := make(analytics.Steps, 0, len(stored.steps))
	for at, delta := range stored.steps {
		steps = append(steps, analytics.Step{At: at, Delta: delta})
	}
	slices.SortFunc(steps, func(a, b analytics.Step) int { return cmp.Compare(a.At, b.At) })
	var at time.Time
	var delta, watching, peak, peakAt int64
	err := v.each(ctx, "verify_steps", args{"since": v.since}, []any{&at, &delta, &watching}, func() error {
		if watching > peak {
			peak, peakAt = watching, at.UnixMicro()
		}
		had := stored.steps[at.UnixMicro()]
		delete(stored.steps, at.UnixMicro())
		if had != delta {
			return v.differ("audience change", instant(at), fmt.Sprint(had), fmt.Sprint(delta))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for at, delta := range stored.steps {
		if delta == 0 {
			continue
		}
		if err := v.differ("audience change", instant(time.UnixMicro(at)), fmt.Sprint(delta), "0"); err != nil {
			return err
		}
	}
	had, hadAt := steps.Peak(analytics.Always)
	if had != peak || had > 0 && hadAt.UnixMicro() != peakAt {
		return v.differ("peak", "", fmt.Sprintf("%d at %s", had, instant(hadAt)), fmt.Sprintf("%d at %s", peak, instant(time.UnixMicro(peakAt))))
	}
	return nil
}
