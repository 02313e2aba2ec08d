package store

import (
	"maps"
	"slices"
	"time"

	"footfall/analytics"
)

// cellFetches are runs of stored buckets, each of one subject, of a run of the
// batch's subjects or of all partners.
type cellFetches struct {
	n, subjects                         []int64
	firsts, lasts                       []int32
	actions, levels                     []int16
	froms, tos                          []time.Time
	sessions, visitors, quarters, steps []bool
}

func (c *cellFetches) add(n int64, f analytics.Fetch) {
	c.n = append(c.n, n)
	c.actions, c.levels = append(c.actions, int16(f.Action)), append(c.levels, int16(f.Level))
	c.froms, c.tos = append(c.froms, f.From.Start(f.Level)), append(c.tos, f.To.Start(f.Level))
	c.sessions, c.visitors = append(c.sessions, f.Sessions), append(c.visitors, f.Visitors)
	c.quarters, c.steps = append(c.quarters, f.Quarters), append(c.steps, f.Steps)
}

// raggedFetches are ends of ranges that fall inside a quarter-hour, each of a run of
// the batch's subjects or of one.
type raggedFetches struct {
	n, subjects        []int64
	firsts, lasts      []int32
	starts, ends       []time.Time
	reaches            []time.Time // the earliest event that may count there
	sessions, visitors []bool
}

func (r *raggedFetches) add(n int64, q analytics.Query, end analytics.Range) {
	uniques := q.Want&analytics.WantUniques != 0
	r.n = append(r.n, n)
	r.starts, r.ends = append(r.starts, end.Start), append(r.ends, end.End)
	reach := end.Start
	if uniques && q.Kind == analytics.KindCampaign {
		reach = reach.Add(-analytics.MaxWatchSeconds * time.Second)
	}
	r.reaches = append(r.reaches, reach)
	r.sessions = append(r.sessions, uniques && q.Kind == analytics.KindEvent)
	r.visitors = append(r.visitors, uniques && q.Kind != analytics.KindEvent)
}

// bind adds the ragged ends to a statement's arguments, but for whose they are.
func (r *raggedFetches) bind(a args) {
	early, late := r.stretches()
	maps.Copy(a, args{
		"ragged_n": r.n, "ragged_starts": r.starts, "ragged_ends": r.ends,
		"ragged_sessions": r.sessions, "ragged_visitors": r.visitors,
		"early_from": early.Start, "early_to": early.End, "late_from": late.Start, "late_to": late.End,
	})
}

// stretches are two parts of time that hold all events that may count, one on each
// side of the widest gap: most ends are the two of one range, months apart.
func (r *raggedFetches) stretches() (early, late analytics.Range) {
	all := make([]analytics.Range, len(r.n))
	for i := range all {
		all[i] = analytics.Range{Start: r.reaches[i], End: r.ends[i]}
	}
	slices.SortFunc(all, func(a, b analytics.Range) int { return a.Start.Compare(b.Start) })
	early, late, hull := all[0], all[0], all[0]
	var widest time.Duration
	for _, next := range all[1:] {
		if gap := next.Start.Sub(hull.End); gap > widest {
			widest, early, late = gap, hull, next
		}
		if next.End.After(hull.End) {
			hull.End = next.End
		}
	}
	late.End = hull.End
	return early, late
}

// stored is what a column of bytes holds, copied into memory that is not cleared
// before, as pgx would: a cold answer is made of megabytes of sets.
type stored []byte

// ScanBytes implements pgtype.BytesScanner.
func (s *stored) ScanBytes(src []byte) error {
	*s = slices.Clone(src)
	return nil
}
