package sample

import "time"

// Live makes events of the moment, to measure ingest with: as many of each kind,
// about the same subjects and by the same people as the sample's.
type Live struct {
	*Sample
	dice
	batch                  batch
	people, viewers        crowd
	pages, partners, shows odds
}

// Live begins events whose ids begin with the name. Another stream makes others.
func (s *Sample) Live(name string, stream uint64) *Live {
	return &Live{
		Sample: s, dice: newDice(1000 + stream), batch: batch{name: name},
		people: crowd{people: 1 + s.perKind/4, returning: .8}, viewers: crowd{people: 1 + s.perKind/8, returning: .8},
		pages:    oddsOf(len(s.Pages), func(i int) float64 { return s.Pages[i].fame }),
		partners: oddsOf(len(s.Partners), func(i int) float64 { return s.Partners[i].fame }),
		shows:    oddsOf(len(s.Campaigns), func(i int) float64 { return s.Campaigns[i].fame }),
	}
}

// Batch is the next n events as NDJSON, a third of each kind, of the hour before
// now. It is good until the next one.
func (l *Live) Batch(n int, now time.Time) []byte {
	l.batch.text, l.batch.lines = l.batch.text[:0], l.batch.lines[:0]
	third := n / 3
	v := &visits{dice: l.dice, Sample: l.Sample, crowd: l.people}
	for v.made < third {
		v.visit(l.lately(now), &l.Pages[l.draw(l.pages)], third, &l.batch)
	}
	p := &portals{dice: l.dice, Sample: l.Sample}
	for p.made < third {
		p.visit(l.lately(now), &l.Partners[l.draw(l.partners)], third, &l.batch)
	}
	a := &audiences{dice: l.dice, Sample: l.Sample, crowd: l.viewers}
	for left := n - 2*third; left > 0; {
		show := l.Campaigns[l.draw(l.shows)]
		show.StartedAt = now.Add(-time.Hour)
		show.EndedAt = now.Add(-time.Minute)
		left -= a.watch(&show, left, &l.batch)
	}
	l.people, l.viewers = v.crowd, a.crowd
	return l.batch.text
}

// lately is an instant of the hour before now, in Unix milliseconds.
func (l *Live) lately(now time.Time) int64 { return now.UnixMilli() - 1 - l.Int64N(3_600_000) }
