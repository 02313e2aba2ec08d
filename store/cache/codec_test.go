package cache

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
	"footfall/internal/await"
)

func TestAnswersSurviveTheCodec(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64()
		totals := func(least int) []*analytics.Totals {
			all := make([]*analytics.Totals, rapid.IntRange(least, 5).Draw(t, "totals"))
			for i := range all {
				to := &analytics.Totals{}
				all[i] = to
				to.Sessions, to.Peak, to.PeakAt = n.Draw(t, "sessions"), n.Draw(t, "peak"), n.Draw(t, "peak at")
				for action := range to.Of {
					if rapid.Bool().Draw(t, "any") {
						to.Of[action] = analytics.Total{
							Events: n.Draw(t, "n"), Starts: n.Draw(t, "n"), Micros: n.Draw(t, "n"), Sessions: n.Draw(t, "n"), Visitors: n.Draw(t, "n"),
						}
					}
				}
			}
			return all
		}
		a := analytics.Answer{AsOf: time.UnixMicro(n.Draw(t, "as of")).UTC(), Totals: totals(0), Truncated: rapid.Bool().Draw(t, "truncated")}
		for range rapid.IntRange(0, 3).Draw(t, "groups") {
			a.Groups = append(a.Groups, analytics.Group{Values: rapid.SliceOfN(rapid.String(), 1, 2).Draw(t, "values"), Totals: totals(0)})
		}
		a.Lost = analytics.Dimension(rapid.SampledFrom([]string{"", "PATH"}).Draw(t, "lost"))
		if rapid.Bool().Draw(t, "gone") {
			a.Gone = analytics.Gone{At: time.UnixMicro(n.Draw(t, "gone at")).UTC(), EventsFrom: time.UnixMicro(n.Draw(t, "events from")).UTC()}
		}
		if rapid.Bool().Draw(t, "other") {
			a.Other = totals(1)
		}
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			a.Audience = append(a.Audience, analytics.Step{At: n.Draw(t, "at"), Delta: n.Draw(t, "delta")})
		}
		payload, err := encodeAnswer(a)
		if err != nil {
			t.Fatal(err)
		}
		e := envelope{newToken(time.Now()), time.UnixMicro(n.Draw(t, "right")), time.UnixMicro(n.Draw(t, "until")), payload}
		b := e.encode()
		back, err := decodeEnvelope(b)
		if err != nil || !reflect.DeepEqual(back, &e) {
			t.Fatalf("envelope: %+v, %v; want %+v", back, err, e)
		}
		again, err := decodeAnswer(back.payload)
		if err != nil || !reflect.DeepEqual(again, a) {
			t.Fatalf("answer: %+v, %v; want %+v", again, err, a)
		}
		// Any damage shows, but for the first byte: that is another version.
		b[rapid.IntRange(1, len(b)-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "damage"))
		if _, err := decodeEnvelope(b); err == nil {
			t.Fatal("the damage was not seen")
		}
	})
}

func FuzzDecodeEnvelope(f *testing.F) {
	e := envelope{newToken(time.Now()), time.Now(), time.Now(), []byte("payload")}
	f.Add(e.encode())
	f.Add([]byte{schema})
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := decodeEnvelope(b); err == nil && !bytes.Equal(e.token[:], b[5:21]) {
			t.Error("wrong token")
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	b, _ := encodeAnswer(analytics.Answer{AsOf: time.Now(), Totals: []*analytics.Totals{analytics.Nothing, {Sessions: 1}}})
	f.Add(b)
	b, _ = encodeAnswer(analytics.Answer{
		AsOf: time.Now(), Totals: []*analytics.Totals{analytics.Nothing}, Other: []*analytics.Totals{analytics.Nothing}, Truncated: true,
		Groups: []analytics.Group{{Values: []string{"a", ""}, Totals: []*analytics.Totals{analytics.Nothing}}},
	})
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeAnswer(b)
		if err != nil {
			return
		}
		again, err := encodeAnswer(a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeAnswer(again); err != nil || !reflect.DeepEqual(back, a) {
			t.Errorf("%+v became %+v, %v", a, back, err)
		}
	})
}

func TestKeysDependOnAllOfAQuery(t *testing.T) {
	t.Parallel()
	q := query(1)
	seen := map[key]string{totalsKey(1, q): "the query"}
	other := analytics.Range{Start: day.End, End: day.End.Add(time.Hour)}
	for what, change := range map[string]func(q *analytics.Query){
		"want":            func(q *analytics.Query) { q.Want = analytics.WantPeak },
		"kind":            func(q *analytics.Query) { q.Kind = analytics.KindPartner },
		"subject":         func(q *analytics.Query) { q.Subject = 2 },
		"start":           func(q *analytics.Query) { q.Ranges[0].Start = q.Ranges[0].Start.Add(time.Microsecond) },
		"end":             func(q *analytics.Query) { q.Ranges[0].End = q.Ranges[0].End.Add(time.Microsecond) },
		"one more range":  func(q *analytics.Query) { q.Ranges = append(q.Ranges, other) },
		"one range":       func(q *analytics.Query) { q.Ranges[0].End = other.End },
		"no range at all": func(q *analytics.Query) { q.Ranges = nil },
		"a condition": func(q *analytics.Query) {
			q.Where = analytics.Where{{Dimension: analytics.DimensionPath, In: []string{"a"}}}
		},
		"its opposite": func(q *analytics.Query) {
			q.Where = analytics.Where{{Dimension: analytics.DimensionPath, NotIn: []string{"a"}}}
		},
		"a breakdown": func(q *analytics.Query) {
			q.By = &analytics.Breakdown{By: []analytics.Dimension{analytics.DimensionPath}, First: 1}
		},
		"how many": func(q *analytics.Query) {
			q.By = &analytics.Breakdown{By: []analytics.Dimension{analytics.DimensionPath}, First: 2}
		},
		"which values": func(q *analytics.Query) {
			q.By = &analytics.Breakdown{By: []analytics.Dimension{analytics.DimensionPath}, First: 2, Values: [][]string{{"a"}}}
		},
	} {
		q := query(1)
		change(&q)
		if other, dup := seen[totalsKey(1, q)]; dup {
			t.Errorf("the key does not depend on %s: the same as %s", what, other)
		}
		seen[totalsKey(1, q)] = what
	}
	if _, dup := seen[totalsKey(2, q)]; dup {
		t.Error("the key does not depend on the tenant")
	}
	if nounKey(1, "t", "q", []string(nil)) == nounKey(1, "t", "q", []string{}) {
		t.Error("nothing and everything have one key")
	}
}

func TestOpenRangesAreBelievedForSeconds(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		now  string
		want bool
	}{
		"before":         {"2026-03-01T00:00:00Z", false},
		"in":             {"2026-03-02T12:00:00Z", false},
		"just over":      {"2026-03-03T00:10:00Z", false},
		"over for a day": {"2026-03-04T00:00:00Z", true},
	} {
		if got := closed(query(1), instant(c.now)); got != c.want {
			t.Errorf("%s: closed %t", what, got)
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	b := &breaker{most: 2, rest: 20 * time.Millisecond}
	b.report(true)
	equal(t, "after one failure", b.allow(), true)
	opened, _ := b.report(true)
	equal(t, "opened", opened, true)
	equal(t, "after two", b.allow(), false)
	await.Until(t, "a probe passes", b.allow)
	equal(t, "one at a time", b.allow(), false)
	_, closed := b.report(false)
	equal(t, "closed", closed, true)
	equal(t, "after a success", b.allow(), true)
}

func TestOpenRedis(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"redis://u:p@host:1/2", "rediss://host", "redis://a:1?addr=b:2", "redis://s:26379/0?master_name=m"} {
		client, err := OpenRedis(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		_ = client.Close()
	}
	for _, url := range []string{"", "host:1", "http://host", "redis://host/x", "unix:///tmp/redis", "redis://%zz", "redis://host?db=7;db=8", "redis://:1?word@host"} {
		if client, err := OpenRedis(url); err == nil || err.Error() != "the Redis URL must be a URL such as redis://host:6379/0" {
			t.Errorf("%s: %v", url, err)
			if err == nil {
				_ = client.Close()
			}
		}
	}
	for name, url := range map[string]string{"db": "redis://host?db=7", "read_timeout": "redis://host/7?addr=b:2&read_timeout=1s"} {
		want := fmt.Sprintf("must have no parameters but addr and master_name, got %q", name)
		if err := CheckURL(url); err == nil || err.Error() != want {
			t.Errorf("%s: %v", url, err)
		}
	}
}
