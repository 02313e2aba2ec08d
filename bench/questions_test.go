package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"footfall/bench/sample"
)

func testData() *data {
	until := time.Date(2026, time.November, 28, 0, 0, 0, 0, time.UTC)
	d := &data{Sample: sample.New(1000, until), stamp: stamp{Until: until}}
	for i := range d.Pages {
		d.Links = append(d.Links, link{fmt.Sprintf("act_%04d", i+1), "tok"})
	}
	return d.index()
}

// Every job asks what the schema can answer, about the past.
func TestJobs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: string(text)})
	d := testData()
	for _, j := range jobs(d) {
		if len(j.questions) == 0 {
			t.Errorf("%s asks nothing", j.name)
		}
		for _, w := range j.ways {
			if _, err := gqlparser.LoadQueryWithRules(schema, w.text, rules.NewDefaultRules()); err != nil {
				t.Errorf("%s: %v", j.name, err)
			}
			seen := map[string]bool{}
			for _, q := range j.questions {
				r := w.request(q)
				seen[r.Target+r.Body] = true
			}
			if len(seen) != len(j.questions) {
				t.Errorf("%s %s: %d different requests for %d questions", j.name, w.via, len(seen), len(j.questions))
			}
		}
		for _, q := range j.questions {
			if q.To.After(d.End()) && j.name != "J1 ranges" || q.To.Before(q.From) || q.Job == "J4" && len(q.IDs) != listLength {
				t.Errorf("%s: %+v", j.name, q)
			}
		}
	}
}

func TestPastActivationsAreOver(t *testing.T) {
	t.Parallel()
	d := testData()
	past := d.past(job{questions: d.someActivations()})
	if len(past) == 0 || len(past) == statsAsked {
		t.Errorf("%d of %d are over", len(past), statsAsked)
	}
	for _, q := range past {
		if d.pages[q.IDs[0]].EndAt.After(d.Until) {
			t.Errorf("%v is not over", q.IDs)
		}
	}
}
