package report

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"footfall/web/page"
)

var update = flag.Bool("update", false, "write the golden files anew")

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func number(f float64) *float64 { return &f }

// example is a report of ten days in Paris that are over.
func example() Report {
	zone := location("Europe/Paris")
	window := Range{at("2026-03-22T00:00:00+01:00"), at("2026-04-01T00:00:00+02:00")}
	r := Report{
		Event: "Jazz & <Soul>", Tier: "premium", Window: window, Counted: window, Zone: zone, Read: at("2026-04-02T10:00:00Z"),
		Period: Whole, Token: "tok_x", CSV: "/api/partner-stats/act_x?token=tok_x&format=csv", Interval: Day,
		Measures: map[string]Measure{}, Sources: []Source{{new(string), 30}, {nil, 60}}, Others: 10,
	}
	*r.Sources[0].Name = "search"
	for name, m := range map[string]Measure{
		"clickCount": {Value: number(1250)}, "uniqueViewSessionCount": {Value: number(867)}, "uniqueSessionCount": {Value: number(892)},
		"outboundClickCount": {Value: number(342)}, "uniqueOutboundSessionCount": {Value: number(298)},
		"outboundSessionRate": {Value: number(34.4), Percent: true}, "outboundInteractionRate": {Value: number(33.4), Percent: true},
		"calendarSyncCount": {Value: number(158)}, "uniqueCalendarSessionCount": {Value: number(142)},
		"calendarSessionRate": {Value: number(16.4), Percent: true}, "calendarInteractionRate": {Percent: true},
	} {
		m.Definition = "What `" + name + "` is."
		r.Measures[name] = m
	}
	for day := range 10 {
		r.Series = append(r.Series, Point{Start: time.Date(2026, 3, 22+day, 0, 0, 0, 0, zone), Views: int64(10 * day)})
		r.Hours = append(r.Hours, Point{Start: time.Date(2026, 3, 22+day, day, 0, 0, 0, zone), Views: 10})
	}
	return r
}

func body(p page.Page) string { return string(p.Body) }

func TestReport(t *testing.T) {
	t.Parallel()
	got := body(example().Page())
	const path = "testdata/report.golden.html"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (go test ./web/report -update writes it anew)\ngot:\n%s", path, got)
	}
}

func TestReportSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change      func(*Report)
		want, lacks []string
	}{
		"the numbers": {nil,
			[]string{"<h1><bdi>Jazz &amp; &lt;Soul&gt;</bdi></h1>", "22 – 31 March 2026", "completed", `<span class="value">1,250</span>`, "34.4 %", "<code>clickCount</code>", "298 (34.4 %)"}, nil},
		"a ratio without a denominator": {nil, []string{`<span class="value">–</span>`, "There was nothing to divide by."}, nil},
		"a week earlier":                {nil, []string{"A week earlier", "Sunday 29 March 2026\nViews: 70\nA week earlier: 0"}, nil},
		"the sources":                   {nil, []string{"Not known", "60 (60.0 %)", "search", "All others"}, nil},
		"sources that nobody came from": {func(r *Report) {
			r.Sources = []Source{{new(string), 0}, {new(string), 0}, {nil, 1}}
			*r.Sources[0].Name, *r.Sources[1].Name = "empty", "also empty"
			r.Others = 3
		}, nil, []string{"By source", "empty"}},
		"a source that nobody came from": {func(r *Report) {
			r.Sources = append(r.Sources, Source{new(string), 0})
			*r.Sources[2].Name, r.Others = "empty", 0
		}, []string{"search: 30 (33.3 %)", "Not known: 60 (66.7 %)"}, []string{"empty", "All others"}},
		"more sources than are shown": {func(r *Report) {
			r.Sources, r.Others = nil, 6
			for i := range 12 { // as they come: by all that was done
				name := string(rune('a'+i)) + "-source"
				r.Sources = append(r.Sources, Source{&name, int64(i)})
			}
		}, []string{"l-source: 11 (15.3 %)", "e-source", "All others: 12 (16.7 %)"}, []string{"d-source", "a-source"}},
		"what is dated ahead":  {func(r *Report) { r.Ahead = 1250 }, []string{"1,250 views are dated later than today: counted above, and not drawn."}, nil},
		"one dated ahead":      {func(r *Report) { r.Ahead = 1 }, []string{"1 view is dated later than today"}, nil},
		"none dated ahead":     {nil, nil, []string{"dated later"}},
		"dated ahead by hours": {func(r *Report) { r.Interval, r.Ahead = Hour, 1 }, []string{"1 view is dated later than this hour"}, nil},
		"hours after a clock change": {func(r *Report) {
			r.Interval, r.Series, r.Window = Hour, nil, Range{at("2026-10-25T00:00:00+02:00"), at("2026-10-27T00:00:00+01:00")}
			for i := range 49 {
				r.Series = append(r.Series, Point{Start: r.Window.Start.Add(time.Duration(i) * time.Hour), Views: int64(i)})
			}
		}, []string{
			"Monday 26 October, 00:00\nViews: 25\nA day earlier: 0", "Monday 26 October, 02:00\nViews: 27\nA day earlier: 2",
			"Monday 26 October, 03:00\nViews: 28\nA day earlier: 4", "Monday 26 October, 23:00\nViews: 48\nA day earlier: 24",
		}, nil},
		"hours after a skipped one": {func(r *Report) {
			r.Interval, r.Series, r.Window = Hour, nil, Range{at("2026-03-29T00:00:00+01:00"), at("2026-03-31T00:00:00+02:00")}
			for i := range 47 {
				r.Series = append(r.Series, Point{Start: r.Window.Start.Add(time.Duration(i) * time.Hour), Views: int64(i)})
			}
		}, []string{
			"Monday 30 March, 01:00\nViews: 24\nA day earlier: 1", "Monday 30 March, 02:00\nViews: 25", "Monday 30 March, 03:00\nViews: 26\nA day earlier: 2",
		}, []string{"Monday 30 March, 02:00\nViews: 25\nA day earlier"}},
		"the hours": {nil, []string{"By hour of the day (Europe/Paris)", "09:00 – 09:59\nViews: 10 (10.0 %)"}, nil},
		"no source": {func(r *Report) { r.Sources, r.Others = []Source{{nil, 5}}, 0 }, nil, []string{"By source"}},
		"no hours":  {func(r *Report) { r.Hours = nil }, nil, []string{"By hour of the day"}},
		"too long for hours": {func(r *Report) { r.Hours, r.Counted.Start = nil, at("2020-01-01T00:00:00Z") },
			[]string{"Choose a shorter period"}, nil},
		"no views at any hour": {func(r *Report) { r.Hours = []Point{{}} }, nil, []string{"By hour of the day"}},
		"stale":                {func(r *Report) { r.Stale = true }, []string{"These were read on 2 April 2026, 12:00."}, nil},
		"running":              {func(r *Report) { r.Read = at("2026-03-25T12:00:00Z") }, []string{"running"}, []string{"completed"}},
		"not begun": {func(r *Report) { r.Read, r.Series = at("2026-03-01T12:00:00Z"), nil },
			[]string{"Counting starts on 22 March 2026, 00:00."}, []string{"Views by day"}},
		"nobody": {func(r *Report) {
			r.Measures = map[string]Measure{}
		}, []string{"Nobody was counted in this period."}, nil},
		"nobody yet": {func(r *Report) {
			r.Measures, r.Read = map[string]Measure{}, at("2026-03-25T12:00:00Z")
		}, []string{"Nobody has been counted in this period yet."}, nil},
		"clicks without sessions": {func(r *Report) {
			r.Measures = map[string]Measure{"outboundClickCount": {Value: number(1)}}
		}, nil, []string{"Nobody"}},
		"an hour that comes again": {func(r *Report) {
			r.Interval, r.Zone = Hour, location("Europe/Paris")
			r.Series = []Point{{Start: at("2026-10-25T00:00:00Z")}, {Start: at("2026-10-25T01:00:00Z")}, {Start: at("2026-10-25T02:00:00Z")}}
		}, []string{"Sunday 25 October, 02:00<", "Sunday 25 October, 02:00 again<", "Sunday 25 October, 03:00<"}, nil},
		"weeks a year after one that the window cut off": {func(r *Report) {
			r.Interval, r.Series, r.Window = Week, []Point{{Start: at("2025-01-01T00:00:00+01:00"), Partial: true, Views: 7}}, Range{at("2025-01-01T00:00:00+01:00"), at("2026-03-01T00:00:00+01:00")}
			for i := range 60 {
				r.Series = append(r.Series, Point{Start: time.Date(2025, 1, 6+7*i, 0, 0, 0, 0, r.Zone), Views: int64(100 + i)})
			}
		}, []string{"Week of 1 January 2025\nViews: 7 (in part)<", "Week of 29 December 2025\nViews: 151\n52 weeks earlier: 7<", "Week of 5 January 2026\nViews: 152\n52 weeks earlier: 100<"}, nil},
		"months a year after one that the window cut off": {func(r *Report) {
			r.Interval, r.Series, r.Window = Month, []Point{{Start: at("2022-01-15T00:00:00+01:00"), Partial: true, Views: 7}}, Range{at("2022-01-15T00:00:00+01:00"), at("2026-03-01T00:00:00+01:00")}
			for i := range 49 {
				r.Series = append(r.Series, Point{Start: time.Date(2022, time.Month(2+i), 1, 0, 0, 0, 0, r.Zone), Views: int64(100 + i)})
			}
		}, []string{"January 2023\nViews: 111\nA year earlier: 7<", "February 2023\nViews: 112\nA year earlier: 100<"}, nil},
		"a first day that is a part": {func(r *Report) { r.Series[0].Partial = true },
			[]string{"Sunday 22 March 2026\nViews: 0 (in part)"}, nil},
		"days that no week lies behind": {func(r *Report) { r.Series = r.Series[:7] }, []string{"Views by day"}, []string{"A week earlier"}},
		"a narrowed period": {func(r *Report) {
			r.Period, r.Counted = Last7, Range{r.Series[3].Start, r.Window.End}
			r.Before, r.Series = r.Series[:3], r.Series[3:]
			r.Earlier = &Range{r.Window.Start, r.Series[0].Start}
			r.Measures["clickCount"] = Measure{Value: number(9), Change: &Change{Absolute: number(-3), Percent: number(-25)}}
			r.Measures["outboundSessionRate"] = Measure{Value: number(40), Percent: true, Change: &Change{Absolute: number(2.5)}}
			r.Measures["calendarSyncCount"] = Measure{Value: number(4), Change: &Change{Absolute: number(4)}}
			r.Measures["uniqueSessionCount"] = Measure{Value: number(4), Change: &Change{Absolute: number(0), Percent: number(0)}}
			r.Measures["calendarSessionRate"] = Measure{Percent: true, Change: &Change{}}
		}, []string{
			"The numbers, 25 – 31 March 2026", "Changes are against 22 – 24 March 2026.", "−25 %", "&#43;2.5 points", `<span class="change">&#43;4</span>`, `<span class="change">−25 %</span>`, `<span class="change">unchanged</span>`,
			"The days before, 22 – 24 March 2026", "Tuesday 31 March 2026\nViews: 90\nTuesday 24 March 2026: 20", `value="last_7_days" selected`,
		}, []string{"Wednesday 25 March 2026: ", "A week earlier"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := example()
			if c.change != nil {
				c.change(&r)
			}
			text := body(r.Page())
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %q:\n%s", want, text)
				}
			}
			for _, lacks := range c.lacks {
				if strings.Contains(text, lacks) {
					t.Errorf("the page says %q:\n%s", lacks, text)
				}
			}
		})
	}
}

func TestLastDayAsGoodAsWhole(t *testing.T) {
	t.Parallel()
	r := example()
	r.Series[9].Partial = true
	if !strings.Contains(body(r.Page()), "31 March 2026\nViews: 90\n") {
		t.Error("a day that ends with the window at midnight is called a part")
	}
	r.Window.End = r.Window.End.Add(-time.Hour)
	if !strings.Contains(body(r.Page()), "31 March 2026\nViews: 90 (in part)\n") {
		t.Error("a day that lacks an hour is called whole")
	}
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	start := at("1900-01-01T00:00:00Z")
	for length, want := range map[time.Duration]Interval{
		0: Hour, 2 * day: Hour, 3 * day: Day, 190 * day: Day, 191 * day: Week, 1098 * day: Week, 1099 * day: Month, 290 * 365 * day: Month,
	} {
		if got := IntervalOf(Range{start, start.Add(length)}); got != want {
			t.Errorf("%v: %s, want %s", length, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ start, end, zone, want string }{
		{"2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z", "UTC", "1 – 31 March 2026"},
		{"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "UTC", "1 – 31 March 2026"},
		{"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", "Asia/Kolkata", "1 March 2026, 05:30 – 1 April 2026, 05:30"},
		{"2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "UTC", "1 March 2026"},
		{"2026-03-01T00:00:00Z", "2026-04-02T00:00:00Z", "UTC", "1 March – 1 April 2026"},
		{"2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z", "UTC", "31 December 2025 – 1 January 2026"},
		{"2026-03-01T09:00:00Z", "2026-03-01T17:30:00Z", "UTC", "1 March 2026, 09:00 – 1 March 2026, 17:30"},
		{"2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z", "UTC", "1 March 2026, 09:00"},
		{"2026-03-01T09:00:00Z", "2026-03-03T00:00:00Z", "UTC", "1 March 2026, 09:00 – 3 March 2026, 00:00"},
		{"2026-03-01T00:00:00Z", "2026-03-03T17:00:00Z", "UTC", "1 March 2026, 00:00 – 3 March 2026, 17:00"},
	} {
		if got := span(Range{at(c.start), at(c.end)}, location(c.zone)); got != c.want {
			t.Errorf("%s to %s in %s: %q, want %q", c.start, c.end, c.zone, got, c.want)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		location(name)
	}
	for _, name := range []string{"Europe/Paris", "America/Argentina/Ushuaia", "UTC", "Etc/GMT+5"} {
		chosen, areas := 0, map[string]bool{}
		for _, r := range regions(location(name)) {
			if areas[r.Name] {
				t.Errorf("%s: %s comes twice", name, r.Name)
			}
			areas[r.Name] = true
			for _, z := range r.Zones {
				if z.Chosen {
					chosen++
				}
			}
		}
		if chosen != 1 {
			t.Errorf("%s: %d are chosen", name, chosen)
		}
	}
}

func TestEveryRefusalHasWords(t *testing.T) {
	t.Parallel()
	for r := Broken; r <= NotReadable; r++ {
		p := r.Page()
		if w := words[r]; w.Title == "" || w.What == "" || w.Do == "" || !p.Outside || p.Meta[0] != (page.Meta{Name: "robots", Content: "noindex"}) {
			t.Errorf("refusal %d: %+v", r, p)
		}
	}
}

func TestMisreadIsEscapedAndCut(t *testing.T) {
	t.Parallel()
	text := body(Misread{Field: "tz", Value: `"><script>` + strings.Repeat("é", 500), Want: "It must be one.", Token: `"x`}.Page())
	if strings.Contains(text, "<script") || strings.Count(text, "é") > 60 || !strings.Contains(text, "<code>tz</code>") || !strings.Contains(text, `value="&#34;x"`) {
		t.Error(text)
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a `b` c": "a <code>b</code> c", "`<b>`": "<code>&lt;b&gt;</code>", "a ` b": "a ` b", "": "", "`a` `b": "<code>a</code> `b",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
