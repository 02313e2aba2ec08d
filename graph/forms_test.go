package graph

import "testing"

func TestForms(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]forms{
		"":                                   {},
		"*/*":                                {},
		"text/*":                             {},
		"application/json":                   {},
		"text/csv":                           {csv: true},
		"text/csv;q=0":                       {},
		"text/csv, */*;q=0.1":                {csv: true},
		"text/csv, application/json":         {},
		"text/csv;q=0.9, application/json":   {},
		"text/csv, application/json;q=0.5":   {csv: true},
		"multipart/mixed":                    {parts: true},
		"multipart/mixed;deferSpec=20220824": {parts: true},
		"multipart/mixed;deferSpec=20990101": {},
		`multipart/mixed; boundary="-"; deferSpec="20220824"`: {parts: true},
		"multipart/mixed;q=0":                  {},
		"multipart/*":                          {},
		"multipart/mixed, application/json":    {parts: true},
		"text/csv, application/xml, text/html": {csv: true},
		`multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json`:                      {},
		"multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9": {}, // Apollo Client's handler of another draft
		"multipart/mixed;incrementalSpec=v0.2,multipart/mixed;deferSpec=20220824":                       {parts: true},
		"application/json;deferSpec=20220824,multipart/mixed;deferSpec=20990101":                        {},
	} {
		if got := rangesOf([]string{accept}).forms(); got != want {
			t.Errorf("%s: got %+v, want %+v", accept, got, want)
		}
	}
}
