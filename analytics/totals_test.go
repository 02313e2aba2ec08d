package analytics_test

import (
	"maps"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// The fourteen months in which things happen.
var (
	opening = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	closing = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

var subjects = map[int64]analytics.Kind{
	1: analytics.KindEvent, 2: analytics.KindEvent, 11: analytics.KindPartner, 12: analytics.KindPartner,
	21: analytics.KindCampaign, 22: analytics.KindCampaign,
}

// genEvents draws events that crowd around a few hubs, so that sessions,
// viewers and quarter-hours meet, on and beside every border there is.
var genEvents = rapid.Custom(func(t *rapid.T) []raw {
	hubs := rapid.SliceOfN(genInstant(opening, closing), 1, 4).Draw(t, "hubs")
	at := rapid.Custom(func(t *rapid.T) int64 {
		hub := rapid.SampledFrom(hubs).Draw(t, "hub").UnixMicro()
		switch rapid.IntRange(0, 4).Draw(t, "near") {
		case 0:
			return genInstant(opening, closing).Draw(t, "anywhere").UnixMicro()
		case 1:
			return hub
		case 2:
			return hub + rapid.Int64Range(-6*hour, 6*hour).Draw(t, "by")
		default:
			return hub + rapid.Int64Range(-10, 10).Draw(t, "halves")*30*minute + rapid.Int64Range(-1, 1).Draw(t, "beside")
		}
	})
	event := rapid.Custom(func(t *rapid.T) raw {
		e := raw{
			subject: rapid.SampledFrom([]int64{1, 1, 2, 11, 11, 12, 21, 21, 22}).Draw(t, "subject"), at: at.Draw(t, "at"),
			session: rapid.Uint32Range(0, 5).Draw(t, "session"), visitor: rapid.Uint32Range(0, 4).Draw(t, "visitor"),
		}
		switch subjects[e.subject] {
		case analytics.KindEvent:
			e.action = rapid.SampledFrom([]analytics.Action{analytics.Click, analytics.OutboundClick, analytics.CalendarSync}).Draw(t, "action")
		case analytics.KindPartner:
			e.action, e.visitor = analytics.PageView, max(1, e.visitor)
		case analytics.KindCampaign:
			e.action = rapid.SampledFrom([]analytics.Action{analytics.Watch, analytics.Watch, analytics.Watch, analytics.Like,
				analytics.Chat, analytics.ProductClick, analytics.BannerClick}).Draw(t, "action")
			e.visitor = max(1, e.visitor)
		}
		if e.action == analytics.Watch {
			e.seconds = rapid.OneOf(rapid.Int64Range(1, 1800), rapid.SampledFrom([]int64{30, 900, 86_400})).Draw(t, "seconds")
			e.loggedIn = rapid.Bool().Draw(t, "logged in")
		}
		return e
	})
	least := rapid.SampledFrom([]int{0, 20, 40}).Draw(t, "at least")
	return rapid.SliceOfN(event, least, 60).Draw(t, "events")
})

// drawRanges draws the ranges of a query as clients make them: a period, dates,
// instants with ragged ends, or the slots of a time series. Often their ends
// are beside an event.
func drawRanges(t *rapid.T, events []raw) []analytics.Range {
	z, err := analytics.ParseTimeZone(rapid.SampledFrom(zones).Draw(t, "zone"))
	ok(t, err)
	r := genRange(opening.AddDate(0, -1, 0), closing.AddDate(0, 1, 0)).Draw(t, "range")
	if len(events) > 0 && rapid.IntRange(0, 3).Draw(t, "free") > 0 {
		beside := rapid.Int64Range(-1, 1)
		a := rapid.SampledFrom(events).Draw(t, "first event").at + beside.Draw(t, "beside")
		b := rapid.SampledFrom(events).Draw(t, "last event").at + beside.Draw(t, "beside")
		r = analytics.Range{Start: time.UnixMicro(min(a, b)).UTC(), End: time.UnixMicro(max(a, b)).UTC()}
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		p := rapid.SampledFrom(analytics.Periods).Draw(t, "period")
		w := p.Resolve(z, r.Start)
		return []analytics.Range{w.Range, w.Before(analytics.PreviousPeriod, opening).Range}[rapid.IntRange(0, 1).Draw(t, "before"):][:1]
	case 1:
		in := analytics.RangeInput{Dates: &analytics.DateRangeInput{
			StartDate: analytics.DateOf(r.Start, z.Location()), EndDate: analytics.DateOf(r.End, z.Location()),
		}}
		w, err := in.Resolve(z, closing)
		ok(t, err)
		return []analytics.Range{w.Range}
	case 2:
		return []analytics.Range{r}
	}
	intervals := []analytics.Interval{analytics.IntervalMonth}
	length := r.End.Sub(r.Start)
	if length < 60*24*time.Hour {
		intervals = append(intervals, analytics.IntervalDay, analytics.IntervalWeek)
	}
	if length < 40*time.Hour {
		intervals = append(intervals, analytics.IntervalHour, analytics.IntervalQuarterHour)
	}
	slots, err := analytics.Calendar{Interval: rapid.SampledFrom(intervals).Draw(t, "interval"), Zone: z}.Slots(r)
	ok(t, err)
	var ranges []analytics.Range
	for _, s := range slots {
		ranges = append(ranges, s.Range)
	}
	return ranges
}

// The heart: whatever the events, the batches, the order of rows and how far
// they are merged, the range and the zone, merged cells equal a naive count.
// Before the first event there can be nothing is counted from: in 1905 Paris was nine
// minutes and 21 seconds ahead.
func TestNothingIsCountedBeforeEvents(t *testing.T) {
	t.Parallel()
	q := analytics.Query{Kind: analytics.KindPartner, Ranges: []analytics.Range{{Start: time.Date(1904, 12, 31, 23, 50, 39, 0, time.UTC), End: time.Date(2026, 3, 1, 0, 0, 1, 0, time.UTC)}}}
	same(t, "ends", analytics.NewPlan(q).Ragged, []analytics.Range{{Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), End: q.Ranges[0].End}})
}

func TestTotalsEqualANaiveCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := genEvents.Draw(t, "events")
		random := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		g := ingestAll(t, events, random)
		for range 6 {
			checkAnswers(t, g, drawRanges(t, events), random)
		}
		checkAnswers(t, g, []analytics.Range{analytics.Always}, random)
	})
}

func checkAnswers(t fataler, g *gateway, ranges []analytics.Range, random *rand.Rand) {
	t.Helper()
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		kind := subjects[subject]
		wants := []analytics.Want{0, analytics.WantUniques}
		if kind == analytics.KindCampaign {
			wants = append(wants, analytics.WantPeak, analytics.WantUniques|analytics.WantPeak)
		}
		want := wants[random.Intn(len(wants))]
		q := analytics.Query{Subject: subject, Kind: kind, Ranges: ranges, Want: want}
		got := g.answer(t, q, random)
		if len(got) != len(ranges) {
			t.Fatalf("%d totals for %d ranges", len(got), len(ranges))
		}
		for i, r := range ranges {
			if naive := naiveTotals(g.events, subject, kind, spanOf(r), want); got[i] != naive {
				t.Fatalf("%v %d over %v to %v (range %d of %d), want flags %d:\n got %+v\nwant %+v",
					kind, subject, r.Start, r.End, i+1, len(ranges), want, got[i], naive)
			}
		}
	}
}

// The same for many events, whose sets outgrow lists.
func TestTotalsOfManyEvents(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	events := make([]raw, 6000)
	for i := range events {
		events[i] = raw{
			subject: 1, action: []analytics.Action{analytics.Click, analytics.Click, analytics.OutboundClick}[random.Intn(3)],
			at: opening.UnixMicro() + random.Int63n(60*day), session: uint32(random.Intn(3000)), visitor: uint32(random.Intn(700)),
		}
		if i%3 == 0 {
			events[i].subject, events[i].action, events[i].visitor = 11, analytics.PageView, uint32(random.Intn(600))+1
		}
	}
	g := newGateway()
	for len(events) > 0 {
		n := min(len(events), 1+random.Intn(1500))
		g.ingest(events[:n])
		events = events[n:]
	}
	g.compact(t, random)
	for range 15 {
		start := opening.Add(time.Duration(random.Int63n(50*day)) * time.Microsecond)
		r := analytics.Range{Start: start, End: start.Add(time.Duration(random.Int63n(40*day)) * time.Microsecond)}
		checkAnswers(t, g, []analytics.Range{r}, random)
	}
	days, err := analytics.Calendar{Interval: analytics.IntervalWeek, Zone: zone(t, "America/St_Johns")}.Slots(analytics.Range{Start: opening, End: opening.AddDate(0, 2, 0)})
	ok(t, err)
	var ranges []analytics.Range
	for _, s := range days {
		ranges = append(ranges, s.Range)
	}
	checkAnswers(t, g, ranges, random)
}

// The plan reads little: for one range at most five runs of rows an action, and
// rows of whole days and months alone where its ends are aligned.
func TestPlanReadsLittle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := genRange(opening, closing).Draw(t, "range")
		p := analytics.NewPlan(analytics.Query{Subject: 1, Kind: analytics.KindPartner, Ranges: []analytics.Range{r}, Want: analytics.WantUniques})
		if len(p.Fetches) > 5 || len(p.Ragged) > 2 {
			t.Fatalf("%v takes %d fetches and %d counts", r, len(p.Fetches), len(p.Ragged))
		}
		for _, f := range p.Fetches {
			if f.From >= f.To || f.Level == analytics.LevelQuarter || !f.Visitors || f.Sessions || f.Steps {
				t.Fatalf("%v: fetch %+v", r, f)
			}
		}
	})
	year := analytics.CurrentYear.Resolve(analytics.TimeZone{}, opening)
	same(t, "a year", analytics.NewPlan(analytics.Query{Kind: analytics.KindPartner, Ranges: []analytics.Range{year.Range}}).Fetches, []analytics.Fetch{{
		Span:   analytics.Span{Level: analytics.LevelMonth, From: analytics.BucketOf(analytics.LevelMonth, opening), To: analytics.BucketOf(analytics.LevelMonth, opening) + 12},
		Action: analytics.PageView,
	}})
}

// A time series reads the rows of its whole range, once.
func TestPlanOfATimeSeries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		interval analytics.Interval
		zone     string
		level    analytics.Level
		rows     analytics.Bucket
	}{
		"days":                        {analytics.IntervalDay, "UTC", analytics.LevelDay, 90},
		"hours":                       {analytics.IntervalHour, "UTC", analytics.LevelDay, 90},
		"quarter-hours off UTC":       {analytics.IntervalQuarterHour, "Asia/Kathmandu", analytics.LevelDay, 90},
		"months that are the store's": {analytics.IntervalMonth, "UTC", analytics.LevelMonth, 3},
	} {
		slots, err := analytics.Calendar{Interval: c.interval, Zone: zone(t, c.zone)}.Slots(analytics.Range{Start: opening, End: opening.AddDate(0, 3, 0)})
		ok(t, err)
		q := analytics.Query{Subject: 1, Kind: analytics.KindPartner}
		for _, s := range slots {
			q.Ranges = append(q.Ranges, s.Range)
		}
		p := analytics.NewPlan(q)
		from := analytics.BucketOf(c.level, opening)
		same(t, name, p.Fetches, []analytics.Fetch{{
			Span: analytics.Span{Level: c.level, From: from, To: from + c.rows}, Action: analytics.PageView, Quarters: c.interval != analytics.IntervalDay && c.level == analytics.LevelDay,
		}})
		same(t, name+": ragged ends", len(p.Ragged), 0)
	}
}

// A damaged row is an error, never a smaller answer.
func TestPlanRefusesDamagedRows(t *testing.T) {
	t.Parallel()
	at := utc(t, "2026-02-10T10:00:00Z")
	later := at.Add(time.Hour)
	row := ledgerRows([]analytics.Fact{
		{Subject: 1, Action: analytics.Click, At: at, Events: 1, Session: 7},
		{Subject: 1, Action: analytics.Click, At: later, Events: 1, Session: 8},
	})[0]
	p := analytics.NewPlan(analytics.Query{Subject: 1, Kind: analytics.KindEvent, Ranges: []analytics.Range{{Start: at, End: later}}, Want: analytics.WantUniques})
	f := p.Fetches[0]
	ok(t, p.Row(f, &row))
	for name, damage := range map[string]func(r *analytics.Row){
		"quarters cut short":     func(r *analytics.Row) { r.Quarters = r.Quarters[:len(r.Quarters)-1] },
		"no such quarter":        func(r *analytics.Row) { r.Quarters = []byte{96, 0, 0, 0} },
		"quarters out of order":  func(r *analytics.Row) { r.Quarters = []byte{5, 0, 0, 0, 4, 0, 0, 0} },
		"quarter sets cut short": func(r *analytics.Row) { r.QuarterSets = r.QuarterSets[:3] },
		"quarter sets not read":  func(r *analytics.Row) { r.QuarterSets = nil },
		"quarter sets of one more": func(r *analytics.Row) {
			r.QuarterSets = append(r.QuarterSets[:len(r.QuarterSets):len(r.QuarterSets)], 0)
		},
		"quarter set of wrong form": func(r *analytics.Row) { r.QuarterSets = []byte{1, 9, 0, 1, 9, 0} },
	} {
		r := row
		damage(&r)
		if err := p.Row(f, &r); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	steps := analytics.Fetch{Span: analytics.Span{Level: analytics.LevelDay, From: row.Bucket, To: row.Bucket + 1}, Action: analytics.Watch, Steps: true}
	for name, data := range map[string][]byte{
		"steps cut short": {5}, "steps of another day": {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 2}, "no number": {0x80},
	} {
		if err := p.Row(steps, &analytics.Row{Key: row.Key, Steps: data}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
