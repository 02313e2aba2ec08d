package analytics_test

import (
	"testing"

	"footfall/analytics"
)

func TestNewBreakdown(t *testing.T) {
	t.Parallel()
	all := analytics.AllDimensions
	for _, c := range []struct {
		name  string
		by    []analytics.Dimension
		first int
		field string
		says  []string
	}{
		{"one", all[:1], 1, "", nil},
		{"as many as may be", all[:analytics.MaxBreakdown], analytics.MaxPage, "", nil},
		{"nothing", nil, 1, "by", []string{"got 0"}},
		{"too much", all[:analytics.MaxBreakdown+1], 1, "by", []string{"got"}},
		{"the same twice", []analytics.Dimension{all[0], all[0]}, 1, "by", []string{"once"}},
		{"no rows", all[:1], 0, "first", []string{"1 to 1000", "got 0"}},
		{"too many rows", all[:1], analytics.MaxPage + 1, "first", []string{"1 to 1000", "1001"}},
	} {
		_, err := analytics.NewBreakdown(c.by, nil, c.first)
		refused(t, c.name, err, c.field, c.says)
	}
}
