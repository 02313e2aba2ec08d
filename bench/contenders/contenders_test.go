package contenders

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/bench/load"
)

func TestCeilingReturnsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	get := load.Request{Method: http.MethodGet, Target: "/a?b=c", Header: http.Header{"Accept": {"application/json"}}}
	post := load.Request{Method: http.MethodPost, Target: "/graphql", Header: http.Header{}, Body: `{"query":"{a}"}`}
	prebuilt := func(body string) load.Answer {
		return load.Answer{Header: http.Header{"Content-Length": {fmt.Sprint(len(body))}, "X-A": {"1", "2"}}, Body: []byte(body)}
	}
	long, short := prebuilt(strings.Repeat("x", 100_000)), prebuilt(`{"n":1}`)
	handler, err := openCeiling(t.Context(), Config{Answers: []Prebuilt{{get, long}, {post, short}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	address := server.Listener.Addr().String()
	for _, c := range []Prebuilt{{get, long}, {post, short}} {
		got, err := c.Request.Send(t.Context(), address)
		if err != nil || !bytes.Equal(got.Body, c.Answer.Body) || len(got.Header["X-A"]) != 2 {
			t.Errorf("%s: %v %v %.40s", c.Request.Method, err, got.Header, got.Body)
		}
		next := load.Once(slices.Repeat([]load.Request{c.Request}, 30), slices.Repeat([]load.Answer{c.Answer}, 30), 3)
		p, err := load.Loop{Address: address, Connections: 3, Next: next}.Run(t.Context(), time.Minute)
		if err != nil || p.Requests != 30 || p.Rate <= 0 || p.P50 <= 0 || p.P99 < p.P50 {
			t.Errorf("%s: %+v %v", c.Request.Method, p, err)
		}
	}
}

func TestQuestionsSurviveTheWire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 9, 7, 13, 21, 0, time.UTC)
	for _, q := range []Question{
		{Job: "J1", IDs: []string{"act_1"}}, {Job: "J4", IDs: []string{"a", "b"}}, {Job: "J2", From: at, To: at.Add(time.Hour)},
		{Job: "J5", Partner: "p", From: at, To: at.AddDate(0, 0, 90), Zone: "Asia/Kolkata"},
	} {
		r, err := http.NewRequest(http.MethodGet, q.Request().Target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseQuestion(r); err != nil || !reflect.DeepEqual(got, q) {
			t.Errorf("%+v came as %+v, %v", q, got, err)
		}
	}
}

func TestSameNumbers(t *testing.T) {
	t.Parallel()
	const want = `{"data":{"list":[{"rank":1,"n":1,"rate":33.3,"who":"a"},{"rank":2,"n":2,"rate":null,"who":"b"}]},"extensions":{"freshness":{"ageSeconds":3}}}`
	for got, same := range map[string]bool{
		`[{"n":1,"rate":33.3},{"n":2,"rate":null}]`:         true,
		`{"nodes":[{"rate":33.3,"n":1.0},{"m":{"n":2}}]}`:   true,
		`[{"n":2,"rate":33.3},{"n":1,"rate":null}]`:         false,
		`[{"n":1,"rate":33.3},{"n":2,"rate":0}]`:            false,
		`[{"n":1,"rate":33.4},{"n":2}]`:                     false,
		`[{"n":1,"rate":33.3}]`:                             false,
		`{}`:                                                false,
		`{"data":{"list":[{"n":"1","rate":33.3},{"n":2}]}}`: false,
	} {
		if err := SameNumbers([]byte(got), []byte(want)); (err == nil) != same {
			t.Errorf("%s: %v", got, err)
		}
	}
}

// Days are those of the zone, also where its clock changes.
func TestDayBetween(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Kolkata", "Europe/Paris", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 1, 15, 0, 0, 0, 0, zone)
		for day := range 180 {
			start := from.AddDate(0, 0, day)
			for _, at := range []time.Time{start, start.AddDate(0, 0, 1).Add(-time.Second)} {
				if got := dayBetween(from, at); got != day {
					t.Fatalf("%s: %s is day %d, want %d", name, at, got, day)
				}
			}
		}
		if got := dayBetween(from, from.Add(-time.Second)); got != -1 {
			t.Errorf("%s: the day before is %d", name, got)
		}
	}
}

func TestPeak(t *testing.T) {
	t.Parallel()
	steps := analytics.Steps{{At: 5, Delta: 1}, {At: 1, Delta: 2}, {At: 5, Delta: -2}, {At: 9, Delta: -1}}
	if got := peak(steps); got != 2 {
		t.Errorf("peak %d", got)
	}
}

func TestUnknownContender(t *testing.T) {
	t.Parallel()
	if err := Serve(t.Context(), "nobody", strings.NewReader("{}"), &bytes.Buffer{}); err == nil {
		t.Error("nobody serves")
	}
}
