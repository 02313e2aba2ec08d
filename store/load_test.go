package store

import (
	"fmt"
	"math"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

// BenchmarkLoad records realistic traffic of three years in batches of 10,000
// in the order it happened, and reports the rate over the last tenth. Then it
// compacts and vacuums, and reports what is derived as a percentage of the raw
// events with their indexes. FOOTFALL_LOAD is the number of events, 200,000
// unless set. Run with -benchtime 1x.
func BenchmarkLoad(b *testing.B) {
	n := 200_000
	if set := os.Getenv("FOOTFALL_LOAD"); set != "" {
		var err error
		n, err = strconv.Atoi(set)
		ok(b, err)
	}
	for _, c := range []struct {
		name  string
		kinds []analytics.Kind
	}{
		{"events", []analytics.Kind{analytics.KindEvent}},
		{"partners", []analytics.Kind{analytics.KindPartner}},
		{"campaigns", []analytics.Kind{analytics.KindCampaign}},
		{"mixed", []analytics.Kind{analytics.KindEvent, analytics.KindPartner, analytics.KindCampaign}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				load(b, traffic(n, c.kinds...))
			}
		})
		b.Run(c.name+"-lean", func(b *testing.B) {
			for b.Loop() {
				load(b, lean(traffic(n, c.kinds...)))
			}
		})
	}
}

// lean is the same traffic with short ids and no dimensions: the least that an
// event takes, beside which what is derived looks largest.
func lean(events []analytics.Event) []analytics.Event {
	for i := range events {
		events[i].ID, events[i].Dimensions = strconv.Itoa(i), analytics.Dimensions{}
	}
	return events
}

const loadSubjects = 150 // of each kind

func load(b *testing.B, events []analytics.Event) {
	w := newWorld(b, loadSubjects)
	const batch = 10_000
	tail := 0
	var took time.Duration
	for len(events) > 0 {
		n := min(batch, len(events))
		start := time.Now()
		w.record(b, events[:n]...)
		if len(events) <= 5*batch {
			took += time.Since(start)
			tail += n
		}
		events = events[n:]
	}
	b.ReportMetric(float64(tail)/took.Seconds(), "events/s")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(w.rows(b, "cells")/w.rows(b, "events"), "loose-cells/event")
	start := time.Now()
	_, err := w.Compact(b.Context(), nil)
	ok(b, err)
	b.ReportMetric(time.Since(start).Seconds(), "s-compaction")
	w.exec(b, "VACUUM")
	raw := w.bytes(b, "events%")
	derived := 0.0
	for _, table := range []string{"cells", "identities", "sessions", "viewers", "first_logins"} {
		size := w.bytes(b, table)
		derived += size
		b.Logf("%-13s %8.0f kB %5.1f %%  %.0f rows", table, size/1024, 100*size/raw, w.rows(b, table))
	}
	b.Logf("events        %8.0f kB", raw/1024)
	for _, column := range []string{"facets", "watched"} {
		var size float64
		ok(b, w.pool.QueryRow(b.Context(), "SELECT coalesce(sum(pg_column_size("+column+")), 0) FROM cells").Scan(&size))
		b.Logf("cells.%-7s %8.0f kB %5.1f %%", column, size/1024, 100*size/raw)
	}
	b.ReportMetric(100*derived/raw, "%derived")
}

func (w *world) exec(b testing.TB, statement string) {
	b.Helper()
	_, err := w.pool.Exec(b.Context(), statement)
	ok(b, err)
}

func (w *world) rows(b testing.TB, table string) float64 {
	b.Helper()
	var n float64
	ok(b, w.pool.QueryRow(b.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func (w *world) bytes(b testing.TB, like string) float64 {
	b.Helper()
	var n float64
	ok(b, w.pool.QueryRow(b.Context(),
		"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE $1", like).Scan(&n))
	return n
}

// traffic makes n realistic events of the kinds, in the order they happen: some
// subjects much busier than others, more by day than by night, visitors who come
// back.
func traffic(n int, kinds ...analytics.Kind) []analytics.Event {
	random := rand.New(rand.NewSource(1))
	w := &world{}
	w.name(loadSubjects)
	var out []analytics.Event
	for len(out) < n {
		kind := kinds[len(out)%len(kinds)]
		i := int(math.Floor(math.Pow(random.Float64(), 2) * loadSubjects))
		switch kind {
		case analytics.KindEvent:
			out = append(out, pageVisit(random, w.key(kind, i), i)...)
		case analytics.KindPartner:
			out = append(out, portalVisit(random, w.key(kind, i), i)...)
		default:
			out = append(out, liveViewer(random, w.key(kind, i), i)...)
		}
	}
	out = out[:n]
	slices.SortStableFunc(out, func(a, b analytics.Event) int { return a.At.Compare(b.At) })
	return out
}

const threeYears = 3 * 365 * day

var loadStart = at("2023-01-01T00:00:00Z").UnixMicro()

// daytime is an instant of day number d.
func daytime(random *rand.Rand, d int64) int64 {
	hours := 14 + 4*random.NormFloat64()
	return loadStart + d*day + int64(math.Mod(hours+24, 24)*float64(hour))
}

// newEvent has an id as clients make them, and some dimensions.
func newEvent(random *rand.Rand, kind analytics.Kind, action analytics.Action, key, visitor string, at int64) analytics.Event {
	id, err := uuid.NewRandomFromReader(random)
	if err != nil {
		panic(err)
	}
	return analytics.Event{
		ID: id.String(), Kind: kind, Action: action, Key: key, Visitor: visitor, At: time.UnixMicro(at).UTC(),
		Dimensions: analytics.Dimensions{
			Source: []string{"", "newsletter", "instagram"}[random.Intn(3)], Path: "/" + key, Country: "FR",
			Device: []string{"mobile", "desktop"}[random.Intn(2)],
		},
	}
}

// pageVisit is a session on an event page that is on sale for two months.
func pageVisit(random *rand.Rand, key string, i int) []analytics.Event {
	at := daytime(random, int64(i*7)+random.Int63n(60))
	session := fmt.Sprintf("%016x", random.Uint64())
	var out []analytics.Event
	for n := 1 + random.Intn(2); n > 0; n-- {
		out = append(out, newEvent(random, analytics.KindEvent, analytics.Click, key, "", at))
		at += random.Int63n(3 * minute)
	}
	if random.Intn(3) == 0 {
		out = append(out, newEvent(random, analytics.KindEvent, analytics.OutboundClick, key, "", at))
	}
	if random.Intn(6) == 0 {
		out = append(out, newEvent(random, analytics.KindEvent, analytics.CalendarSync, key, "", at+second))
	}
	for j := range out {
		out[j].Session = session
	}
	return out
}

// portalVisit is a user's visit of a partner's portal, on some day.
func portalVisit(random *rand.Rand, key string, i int) []analytics.Event {
	at := daytime(random, random.Int63n(threeYears/day))
	visitor := fmt.Sprintf("user-%d-%d", i, random.Intn(60))
	var out []analytics.Event
	for n := 1 + random.Intn(8); n > 0; n-- {
		out = append(out, newEvent(random, analytics.KindPartner, analytics.PageView, key, visitor, at))
		at += random.Int63n(4 * minute)
	}
	return out
}

// liveViewer watches an hour's broadcast, reporting every half minute or so.
func liveViewer(random *rand.Rand, key string, i int) []analytics.Event {
	at := loadStart + int64(i*7)*day + 19*hour + random.Int63n(30*minute)
	visitor := fmt.Sprintf("viewer-%d", random.Intn(20_000))
	loggedIn := random.Intn(3) == 0
	var out []analytics.Event
	for n := 1 + random.Intn(40); n > 0; n-- {
		e := newEvent(random, analytics.KindCampaign, analytics.Watch, key, visitor, at)
		e.Seconds, e.LoggedIn = 30, loggedIn
		out = append(out, e)
		if random.Intn(8) == 0 {
			out = append(out, newEvent(random, analytics.KindCampaign, analytics.Action(6+random.Intn(4)), key, visitor, at+second))
		}
		at += 30 * second
	}
	return out
}
