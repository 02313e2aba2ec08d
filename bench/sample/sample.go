// Package sample makes the benchmark's traffic: thirteen months of one tenant's
// events, as many of each kind, skewed as traffic is. Few subjects have most of
// it, days and hours differ, people come back. It is a pure function of its size
// and its end, and makes events while they are written, a day at a time. It must
// not know how events are counted.
package sample

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// TimeZone is the tenant's.
const TimeZone = "Europe/Paris"

// days is how long the traffic reaches back: thirteen months.
const days = 396

// How many subjects there are, whatever the number of events.
const (
	pageCount     = 1000
	partnerCount  = 400
	campaignCount = 400
)

// Sample is the nouns, and what makes the events about them.
type Sample struct {
	Pages     []Page
	Partners  []Partner
	Campaigns []Campaign
	perKind   int
	start     time.Time
	zone      *time.Location
}

// Page is an event page with the activation that is asked about: a window on it.
type Page struct {
	Key, Name, Tier string
	StartAt, EndAt  time.Time
	fame            float64
	day             int // of the event
}

// Compare orders pages by their traffic.
func (p Page) Compare(o Page) int { return cmp.Compare(p.fame, o.fame) }

// Partner is a partner with its users.
type Partner struct {
	UUID, Name, Type string
	fame             float64
	users, firstUser int
}

// Campaign is a live show.
type Campaign struct {
	Key, Title         string
	StartedAt, EndedAt time.Time
	fame               float64
	day                int
}

// New makes the nouns of a sample with so many events of each kind, of which the
// last lie before end, a day's start in UTC.
func New(perKind int, end time.Time) *Sample {
	zone, err := time.LoadLocation(TimeZone)
	if err != nil {
		panic("sample: " + err.Error())
	}
	s := &Sample{perKind: perKind, start: end.AddDate(0, 0, -days), zone: zone}
	d := newDice(1)
	for i, fame := range d.zipf(pageCount, .8) {
		s.Pages = append(s.Pages, s.page(d, i, fame))
	}
	firstUser := 1
	for i, fame := range d.zipf(partnerCount, .9) {
		p := Partner{
			UUID: fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1), Name: fmt.Sprintf("Partner %03d", i+1),
			Type: []string{"REFERRAL", "RESELLER", "DISTRIBUTOR"}[i%3], fame: fame, firstUser: firstUser,
		}
		p.users = 3 + int(fame*math.Pow(float64(perKind), .75)/4)
		firstUser += p.users
		s.Partners = append(s.Partners, p)
	}
	for i, fame := range d.zipf(campaignCount, .6) {
		s.Campaigns = append(s.Campaigns, s.campaign(d, i, fame))
	}
	return s
}

// Start is the first day of the traffic.
func (s *Sample) Start() time.Time { return s.start }

// End is the first instant after the traffic.
func (s *Sample) End() time.Time { return s.at(days) }

// Total is how many events there are, of all kinds.
func (s *Sample) Total() int { return 3 * s.perKind }

func (s *Sample) at(day int) time.Time { return s.start.AddDate(0, 0, day) }

// page's window is some weeks before the event to the end of its night. Half of
// them begin and end at midnight, half at any second.
func (s *Sample) page(d dice, i int, fame float64) Page {
	p := Page{
		Key: fmt.Sprintf("event-%04d", i+1), Name: fmt.Sprintf("Event %04d", i+1), Tier: []string{"basic", "premium"}[i%2],
		fame: fame, day: 14 + d.IntN(days-14),
	}
	y, m, day := s.at(p.day).Date()
	p.StartAt = time.Date(y, m, day-[]int{14, 30, 45, 60}[d.IntN(4)], 0, 0, 0, 0, s.zone).UTC()
	p.EndAt = time.Date(y, m, day+1, 0, 0, 0, 0, s.zone).UTC()
	if i%2 == 1 {
		p.StartAt = p.StartAt.Add(time.Duration(d.IntN(12*3600)) * time.Second)
		p.EndAt = p.EndAt.Add(-time.Duration(d.IntN(6*3600)) * time.Second)
	}
	return p
}

// campaign is an evening's show of up to two hours.
func (s *Sample) campaign(d dice, i int, fame float64) Campaign {
	c := Campaign{Key: fmt.Sprintf("show-%03d", i+1), Title: fmt.Sprintf("Show %03d", i+1), fame: fame, day: d.IntN(days)}
	c.StartedAt = s.at(c.day).Add(time.Duration(17*3600+d.IntN(3*3600)) * time.Second)
	c.EndedAt = c.StartedAt.Add(time.Duration(20+d.IntN(100)) * time.Minute)
	return c
}

// WriteEvents writes all events as NDJSON, day after day, and says how many it
// has written.
func (s *Sample) WriteEvents(to io.Writer, wrote func(n int)) error {
	out := bufio.NewWriterSize(to, 1<<20)
	makers := s.makers()
	b := &batch{}
	for day := range days {
		for _, m := range makers {
			m.day(day, b)
		}
		wrote(len(b.lines))
		if err := b.writeTo(out); err != nil {
			return err
		}
	}
	return out.Flush()
}

// maker makes the events of one kind.
type maker interface{ day(day int, out *batch) }

func (s *Sample) makers() []maker {
	return []maker{newVisits(s), newPortals(s), newAudiences(s)}
}

// batch is the lines of a day.
type batch struct {
	name  string // begins every id
	text  []byte
	lines []line
	made  int // of the sample
}

type line struct {
	at       int64 // Unix milliseconds
	from, to int
}

const timeForm = "2006-01-02T15:04:05.000Z"

// add appends an event whose id is told apart by a letter for its kind.
func (b *batch) add(kind byte, at int64, action, about string) {
	from := len(b.text)
	b.made++
	b.text = fmt.Appendf(b.text, `{"id":"%s%c%d","at":"`, b.name, kind, b.made)
	b.text = time.UnixMilli(at).UTC().AppendFormat(b.text, timeForm)
	b.text = append(b.text, `","action":"`...)
	b.text = append(b.text, action...)
	b.text = append(b.text, `",`...)
	b.text = append(b.text, about...)
	b.text = append(b.text, "}\n"...)
	b.lines = append(b.lines, line{at, from, len(b.text)})
}

// writeTo writes the lines in the order of their instants and empties the batch.
func (b *batch) writeTo(out io.Writer) error {
	slices.SortStableFunc(b.lines, func(x, y line) int { return int(x.at - y.at) })
	for _, l := range b.lines {
		if _, err := out.Write(b.text[l.from:l.to]); err != nil {
			return err
		}
	}
	b.text, b.lines = b.text[:0], b.lines[:0]
	return nil
}

func newDice(stream uint64) dice { return dice{rand.New(rand.NewPCG(5, stream))} }
