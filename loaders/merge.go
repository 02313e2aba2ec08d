package loaders

import (
	"fmt"

	"footfall/analytics"
)

// question is what makes two queries over one range the same, whatever they want
// of it.
type question struct {
	subject int64
	kind    analytics.Kind
	over    analytics.Range
	where   string
}

// merge joins queries that ask the same, as `previous` and `change` do, into one
// that wants what any of them does. of says which merged query answers each.
func merge(queries []*analytics.Query) (merged []analytics.Query, of []int) {
	merged = make([]analytics.Query, 0, len(queries))
	of = make([]int, len(queries))
	asked := make(map[question]int, len(queries))
	for i, q := range queries {
		of[i] = len(merged)
		if q.By == nil && len(q.Ranges) == 1 {
			key := question{subject: q.Subject, kind: q.Kind, over: q.Ranges[0]}
			if len(q.Where) > 0 {
				key.where = fmt.Sprintf("%#v", q.Where)
			}
			if at, before := asked[key]; before {
				merged[at].Want |= q.Want
				of[i] = at
				continue
			}
			asked[key] = of[i]
		}
		merged = append(merged, *q)
	}
	return merged, of
}

// spread hands each query its answer; answers too few are left for the batch to
// find.
func spread(answers []analytics.Answer, of []int) []analytics.Answer {
	out := make([]analytics.Answer, 0, len(of))
	for _, at := range of {
		if at < len(answers) {
			out = append(out, answers[at])
		}
	}
	return out
}
