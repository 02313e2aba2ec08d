package analytics_test

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// drawFact is a fact of one of a few subjects, actions, days and combinations.
func drawFact(t *rapid.T) analytics.Fact {
	word := rapid.SampledFrom([]string{"", "a", "b", "é"})
	return analytics.Fact{
		Subject: 1, Action: analytics.Action(rapid.IntRange(1, 10).Draw(t, "action")),
		At:     noon.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "at")) * time.Hour),
		Events: int64(rapid.IntRange(0, 2).Draw(t, "events")), Starts: int64(rapid.IntRange(-1, 1).Draw(t, "starts")),
		Session: uint32(rapid.IntRange(0, 4).Draw(t, "session")), Visitor: uint32(rapid.IntRange(0, 4).Draw(t, "visitor")),
		Dimensions: &analytics.Dimensions{Source: word.Draw(t, "source"), Path: word.Draw(t, "path")},
	}
}

// However facts are spread over rows and in whatever order those are merged, the
// rows are the same to the byte.
func TestRowsByDimensionsMergeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(rapid.Custom(drawFact), 1, 30).Draw(t, "facts")
		parts := rapid.IntRange(1, 5).Draw(t, "parts")
		whole, ledgers := analytics.Ledger{}, make([]analytics.Ledger, parts)
		for i, f := range facts {
			part := &ledgers[rapid.IntRange(0, parts-1).Draw(t, "part")]
			if f.Action == analytics.Watch {
				w := analytics.Watching{From: f.At.UnixMicro(), To: f.At.Add(time.Duration(1+i) * time.Minute).UnixMicro()}
				for _, l := range []*analytics.Ledger{&whole, part} {
					l.AddWatched(f.Subject, f.Visitor+1, w, *f.Dimensions)
				}
			}
			whole.Add(f)
			part.Add(f)
		}
		var rows []analytics.Row
		for i := range ledgers {
			rows = append(rows, ledgers[i].Rows()...)
		}
		want, err := analytics.MergeRows(whole.Rows())
		if err != nil {
			t.Fatal(err)
		}
		if again := rapid.IntRange(0, len(rows)).Draw(t, "some first"); again > 0 {
			some, err := analytics.MergeRows(rows[:again])
			if err != nil {
				t.Fatal(err)
			}
			rows = append(some, rows[again:]...)
		}
		slices.Reverse(rows)
		got, err := analytics.MergeRows(rows)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

// A combination without content is none, alone in its row or not: a viewer who
// is only seen watching is kept by viewer.
func TestCombinationsWithoutContent(t *testing.T) {
	t.Parallel()
	seen := analytics.Fact{Subject: 1, Action: analytics.Watch, At: noon, Visitor: 1, Dimensions: &analytics.Dimensions{Path: "a"}}
	elsewhere := seen
	elsewhere.Visitor, elsewhere.Dimensions = 0, &analytics.Dimensions{Path: "b"}
	alone, both := analytics.Ledger{}, analytics.Ledger{}
	alone.Add(seen)
	both.Add(elsewhere)
	both.Add(seen)
	got, want := alone.Rows(), both.Rows()
	if len(got) == 0 || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
}

// crowd is a day with n paths, each seen by two visitors from one of two sources.
func crowd(from, n int) []analytics.Row {
	l := analytics.Ledger{}
	for i := from; i < from+n; i++ {
		d := &analytics.Dimensions{Path: fmt.Sprint("/", i), Source: []string{"google", ""}[i%2]}
		for visitor := range uint32(2) {
			l.Add(analytics.Fact{Subject: 1, Action: analytics.PageView, At: noon, Events: 1, Visitor: 1 + visitor + uint32(i%7), Dimensions: d})
			l.AddWatched(1, 1+visitor, analytics.Watching{From: noon.UnixMicro(), To: noon.UnixMicro() + 1e6}, *d)
		}
	}
	return l.Rows()
}

// A day with more combinations than are kept says so, whatever order it was
// merged in: what is told apart is exact, what is not is in the rest.
func TestTooManyCombinations(t *testing.T) {
	t.Parallel()
	parts := [][]analytics.Row{crowd(0, 6000), crowd(4000, 6000), crowd(9000, 1500)}
	merge := func(order ...int) []analytics.Row {
		var rows []analytics.Row
		for _, i := range order {
			merged, err := analytics.MergeRows(append(rows, parts[i]...))
			if err != nil {
				t.Fatal(err)
			}
			rows = merged
		}
		return rows
	}
	rows := merge(0, 1, 2)
	if !reflect.DeepEqual(rows, merge(2, 0, 1)) {
		t.Error("the order of merging shows")
	}
	wide := [][]analytics.Row{crowd(0, 9000), crowd(9000, 9000), crowd(18_000, 9000)}
	once, err := analytics.MergeRows(slices.Concat(wide[2], wide[0], wide[1]))
	if err != nil {
		t.Fatal(err)
	}
	parts = wide
	if !reflect.DeepEqual(once, merge(0, 1, 2)) {
		t.Error("whether all were merged at once shows")
	}
	parts = [][]analytics.Row{crowd(0, 6000), crowd(4000, 6000), crowd(9000, 1500)}
	ask := func(rows []analytics.Row, q analytics.Query) (analytics.Answer, error) {
		q.Subject, q.Kind, q.Want = 1, analytics.KindPartner, analytics.WantUniques
		q.Ranges = []analytics.Range{{Start: noon.Add(-12 * time.Hour), End: noon.Add(12 * time.Hour)}}
		p := analytics.NewSlicedPlan(q)
		for _, f := range p.Fetches {
			for i := range rows {
				if r := &rows[i]; r.Action == f.Action && r.Level == f.Level {
					if err := p.Row(f, r); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		a := p.Answer()
		return a, a.Err()
	}
	by := func(d analytics.Dimension) analytics.Query {
		return analytics.Query{By: &analytics.Breakdown{By: []analytics.Dimension{d}, First: 3}}
	}
	loose := slices.Concat(parts...) // before any compaction
	for name, rows := range map[string][]analytics.Row{"merged": rows, "loose": loose} {
		sources, err := ask(rows, by(analytics.DimensionSource))
		if err != nil || sources.Truncated || len(sources.Groups) != 2 || sources.Other != nil {
			t.Fatalf("%s: by source: %+v, %v", name, sources, err)
		}
		one := by(analytics.DimensionSource)
		one.By.Values = [][]string{sources.Groups[1].Values}
		second, err := ask(rows, one)
		if err != nil || len(second.Groups) != 1 || !reflect.DeepEqual(second.Groups[0], sources.Groups[1]) ||
			!reflect.DeepEqual(second.Other, sources.Groups[0].Totals) || !reflect.DeepEqual(second.Totals, sources.Totals) {
			t.Errorf("%s: one source and the rest: %+v, %v", name, second, err)
		}
		for _, g := range sources.Groups {
			if n := g.Totals[0].Of[analytics.PageView]; n.Events != 13_500 || n.Visitors != 8 {
				t.Errorf("%s: source %q: %+v", name, g.Values, n)
			}
		}
		paths, err := ask(rows, by(analytics.DimensionPath))
		if err != nil || !paths.Truncated || len(paths.Groups) != 0 || paths.Other[0].Of[analytics.PageView].Events != 27_000 {
			t.Errorf("%s: by path: %t %d groups %+v, %v", name, paths.Truncated, len(paths.Groups), paths.Other, err)
		}
		if _, err = ask(rows, analytics.Query{Where: analytics.Where{{Dimension: analytics.DimensionPath, In: []string{"/1"}}}}); err == nil {
			t.Errorf("%s: a filter by path was answered", name)
		}
	}
	few, err := ask(parts[2], by(analytics.DimensionPath))
	if err != nil || few.Truncated || len(few.Groups) != 3 || few.Groups[0].Totals[0].Of[analytics.PageView].Events != 2 {
		t.Errorf("few paths: %+v, %v", few, err)
	}
}

// FuzzFacets reads damaged rows: an error or a row that packs again, never a panic.
func FuzzFacets(f *testing.F) {
	for _, r := range append(crowd(0, 3), crowd(0, 1)...) {
		f.Add(r.Facets, r.Watched, int16(r.Level))
	}
	f.Fuzz(func(t *testing.T, facets, watched []byte, level int16) {
		key := analytics.Key{Subject: 1, Action: analytics.PageView, Level: analytics.LevelDay + analytics.Level(level&1), Bucket: 20_000}
		r := analytics.Row{Key: key, Events: 3, Facets: facets, Watched: watched}
		b, err := r.Unpack()
		if err != nil {
			return
		}
		again := b.Pack(key)
		if _, err = again.Unpack(); err != nil {
			t.Fatalf("packed again: %v", err)
		}
	})
}

// What conditions match does not depend on their order.
func TestWhere(t *testing.T) {
	t.Parallel()
	google, fr := "google", "fr"
	where, err := analytics.NewWhere([]*analytics.DimensionFilter{
		{Dimension: analytics.DimensionSource, In: []*string{&google, nil}},
		{Dimension: analytics.DimensionCountry, NotIn: []*string{&fr}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[analytics.Dimensions]bool{
		{Source: "google", Country: "DE"}: true, {}: true, {Source: "Google"}: false, {Source: "google", Country: "FR"}: false,
	} {
		if got := where.Matches(&d); got != want {
			t.Errorf("%+v matches: %t", d, got)
		}
	}
	random := rand.New(rand.NewSource(1))
	for field, bad := range map[string][]*analytics.DimensionFilter{
		"where":       {{Dimension: analytics.DimensionPath}},
		"where.in":    {{Dimension: analytics.DimensionPath, In: make([]*string, 101)}},
		"where.notIn": {{Dimension: analytics.DimensionPath, NotIn: []*string{new(string(make([]byte, 513+random.Intn(9))))}}},
	} {
		_, err := analytics.NewWhere(bad)
		var e *analytics.Error
		if !errors.As(err, &e) || e.Field != field || e.Code != analytics.CodeInvalid {
			t.Errorf("%s: %v", field, err)
		}
	}
}
