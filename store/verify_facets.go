package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"footfall/analytics"
)

// facetKey names the part of a cell that one combination of dimensions has.
type facetKey struct {
	cellKey
	dims analytics.Dimensions
}

func (k facetKey) what() string { return k.cellKey.what() + " by dimensions" }

func (k facetKey) where() string { return fmt.Sprintf("%s %+q", k.when(), k.dims) }

// facets compares what cells hold by dimensions with what the events say.
func (v *verification) facets(ctx context.Context, stored *storedCells, sessions []actorSession) error {
	had := stored.facets()
	computed, err := v.computedFacets(ctx, stored, sessions)
	if err != nil {
		return err
	}
	for k, c := range computed {
		s := cellOf(had[k])
		delete(had, k)
		if !s.equal(*c) && v.tells(k.action, k.bucket.Start(k.level)) {
			if err := v.differ(k.what(), k.where(), s.String(), c.String()); err != nil {
				return err
			}
		}
	}
	for k, cell := range had {
		if cell.Empty() || !v.tells(k.action, k.bucket.Start(k.level)) {
			continue
		}
		if err := v.differ(k.what(), k.where(), cellOf(cell).String(), nothing); err != nil {
			return err
		}
	}
	return nil
}

// facets are the stored cells by combination, at every level.
func (s *storedCells) facets() map[facetKey]*analytics.Cell {
	out := map[facetKey]*analytics.Cell{}
	for k, row := range s.rows {
		row.EachPart(func(d analytics.Dimensions, content *analytics.Block) {
			out[facetKey{cellKey{k.Level, k.Action, k.Bucket}, d}] = &content.Cell
			for i, c := range content.Quarters {
				out[facetKey{cellKey{analytics.LevelQuarter, k.Action, k.Bucket*analytics.QuartersPerDay + analytics.Bucket(i)}, d}] = c
			}
		})
	}
	return out
}

// computedFacets counts events by combination, as far as the stored row tells
// those apart.
func (v *verification) computedFacets(ctx context.Context, stored *storedCells, sessions []actorSession) (map[facetKey]*computedCell, error) {
	started, ended, actors := make([]time.Time, len(sessions)), make([]time.Time, len(sessions)), make([]int64, len(sessions))
	for i, s := range sessions {
		started[i], ended[i] = s.Start(), s.Start().Add(time.Duration(s.Micros())*time.Microsecond)
		actors[i] = s.actor
	}
	var logins []time.Time
	var loginIDs []string
	for _, l := range v.logins[v.subject.id] {
		logins, loginIDs = append(logins, l.at), append(loginIDs, l.event)
	}
	more := args{"started": started, "ended": ended, "actors": actors, "logins": logins, "login_ids": loginIDs, "since": v.since}
	out := map[facetKey]*computedCell{}
	var k facetKey
	var bucket time.Time
	var c computedCell
	targets := []any{&k.level, &k.action, &bucket, &c.events, &c.starts, &c.micros, &c.sessions, &c.visitors}
	err := v.each(ctx, "verify_facets", more, append(targets, dimensionsInto(&k.dims)...), func() error {
		at := k
		at.bucket = analytics.BucketOf(k.level, bucket)
		if row := stored.rows[v.rowOf(at.cellKey, bucket)]; row != nil {
			at.dims = row.Project(k.dims)
		}
		if out[at] == nil {
			out[at] = &computedCell{}
		}
		out[at].add(c)
		return nil
	})
	for _, c := range out { // at once: very many may be told as one
		c.sessions, c.visitors = distinct(c.sessions), distinct(c.visitors)
	}
	return out, err
}

// rowOf is the key of the row that holds a cell.
func (v *verification) rowOf(k cellKey, at time.Time) analytics.Key {
	level := max(k.level, analytics.LevelDay)
	return analytics.Key{Subject: v.subject.id, Action: k.action, Level: level, Bucket: analytics.BucketOf(level, at)}
}

func (c *computedCell) add(o computedCell) {
	c.events, c.starts, c.micros = c.events+o.events, c.starts+o.starts, c.micros+o.micros
	c.sessions, c.visitors = append(c.sessions, o.sessions...), append(c.visitors, o.visitors...)
}

func distinct(all []int64) []int64 {
	slices.Sort(all)
	return slices.Compact(all)
}

// viewing is what one viewer watched on one day under one combination.
type viewing struct {
	day    analytics.Bucket
	viewer uint32
	dims   analytics.Dimensions
}

// watched compares who watched when by dimensions with what the events say.
func (v *verification) watched(ctx context.Context, stored *storedCells) error {
	had := map[viewing]analytics.Intervals{}
	rows := map[analytics.Bucket]*analytics.Block{}
	for k, row := range stored.rows {
		if k.Action != analytics.Watch || k.Level != analytics.LevelDay {
			continue
		}
		rows[k.Bucket] = row
		row.EachWatched(func(d analytics.Dimensions, viewer uint32, spans analytics.Intervals) {
			had[viewing{k.Bucket, viewer, d}] = spans
		})
	}
	computed, err := v.computedWatched(ctx, rows)
	if err != nil {
		return err
	}
	for k, spans := range computed {
		s := had[k]
		delete(had, k)
		if !slices.Equal(s, spans) && v.tells(analytics.WatchLogin, k.day.Start(analytics.LevelDay)) {
			if err := v.differ("watched by dimensions", k.String(), multirange(s), multirange(spans)); err != nil {
				return err
			}
		}
	}
	for k, spans := range had {
		if !v.tells(analytics.WatchLogin, k.day.Start(analytics.LevelDay)) {
			continue
		}
		if err := v.differ("watched by dimensions", k.String(), multirange(spans), nothing); err != nil {
			return err
		}
	}
	return nil
}

func (k viewing) String() string {
	return fmt.Sprintf("%s visitor %d %+q", k.day.Start(analytics.LevelDay).Format(time.DateOnly), k.viewer, k.dims)
}

func (v *verification) computedWatched(ctx context.Context, rows map[analytics.Bucket]*analytics.Block) (map[viewing]analytics.Intervals, error) {
	out := map[viewing]analytics.Intervals{}
	var visitor int64
	var watched spans
	var dims analytics.Dimensions
	err := v.each(ctx, "verify_watched", args{"since": v.since}, append([]any{&visitor, &watched}, dimensionsInto(&dims)...), func() error {
		for _, w := range intervals(watched) {
			w.EachDay(func(day analytics.Bucket, part analytics.Watching) {
				k := viewing{day, uint32(visitor), dims}
				if row := rows[day]; row != nil {
					k.dims = row.ToldWatched(dims)
				}
				out[k] = append(out[k], part)
			})
		}
		return nil
	})
	for k, parts := range out { // together: a viewer may have very many
		out[k] = parts.Union()
	}
	return out, err
}
