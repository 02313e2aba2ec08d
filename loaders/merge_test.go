package loaders

import (
	"reflect"
	"testing"
	"time"

	"footfall/analytics"
)

func TestQueriesThatAskTheSameAreOne(t *testing.T) {
	t.Parallel()
	day := func(d int) analytics.Range {
		start := time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC)
		return analytics.Range{Start: start, End: start.AddDate(0, 0, 1)}
	}
	ask := func(subject int64, want analytics.Want, where analytics.Where, days ...int) *analytics.Query {
		q := &analytics.Query{Subject: subject, Kind: analytics.KindPartner, Want: want, Where: where}
		for _, d := range days {
			q.Ranges = append(q.Ranges, day(d))
		}
		return q
	}
	is := func(values ...string) analytics.Where {
		return analytics.Where{{Dimension: analytics.DimensionSource, In: values}}
	}
	by := ask(1, 0, nil, 1)
	by.By = &analytics.Breakdown{}
	queries := []*analytics.Query{
		ask(1, 0, nil, 1), ask(1, analytics.WantUniques, nil, 1), // the same
		ask(2, 0, nil, 1), ask(1, 0, nil, 2), // another subject, another range
		by, by, // broken down
		ask(1, 0, nil, 1, 2), ask(1, 0, nil, 1, 2), // series
		ask(1, 0, is("a b"), 1), ask(1, 0, is("a", "b"), 1), ask(1, 0, is(), 1), ask(1, 0, analytics.Where{{Dimension: analytics.DimensionSource, In: []string{}}}, 1), // conditions
		ask(1, analytics.WantPeak, is("a b"), 1), ask(1, analytics.WantPeak, nil, 1), // the same as before
	}
	merged, of := merge(queries)
	if want := []int{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 7, 0}; !reflect.DeepEqual(of, want) {
		t.Errorf("got %v, want %v", of, want)
	}
	if merged[0].Want != analytics.WantUniques|analytics.WantPeak || queries[0].Want != 0 {
		t.Errorf("wants %v, and the first query now %v", merged[0].Want, queries[0].Want)
	}
	answers := make([]analytics.Answer, len(merged))
	for i := range answers {
		answers[i].AsOf = time.Unix(int64(i), 0)
	}
	for i, a := range spread(answers, of) {
		if a.AsOf.Unix() != int64(of[i]) {
			t.Errorf("query %d got the answer %d, want %d", i, a.AsOf.Unix(), of[i])
		}
	}
	if short := spread(answers[:5], of); len(short) == len(queries) {
		t.Error("too few answers pass for all")
	}
}
