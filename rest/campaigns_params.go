package rest

import (
	"slices"
	"time"

	"footfall/analytics"
)

const maxCampaignSpan = 168 * time.Hour

// campaignVariables binds the parameters, in the order of the document.
func campaignVariables(q query) (map[string]any, error) {
	from, err := instant(q, "from")
	if err != nil {
		return nil, err
	}
	to, err := instant(q, "to")
	if err != nil {
		return nil, err
	}
	switch {
	case to.Before(from):
		return nil, analytics.Invalidf("from", "must not be after to (%s), got %s", seconds(to), seconds(from))
	case to.Sub(from) > maxCampaignSpan:
		return nil, analytics.Invalidf("to", "must be at most 168 hours after from (%s), got %s", seconds(from), seconds(to))
	}
	variables := map[string]any{"scheduled": map[string]any{"start": seconds(from), "end": seconds(to)}}
	if keys := campaignKeys(q); keys != nil {
		variables["campaignKeys"] = keys
	}
	return variables, nil
}

// instant reads a required parameter of the one form that is documented.
func instant(q query, name string) (time.Time, error) {
	text, _ := q.first(name)
	if text == "" {
		return time.Time{}, analytics.Invalidf(name, "is required")
	}
	t, err := time.Parse(secondsLayout, text)
	if err != nil || seconds(t) != text { // Parse takes fractions, and hours of one digit
		return time.Time{}, analytics.Invalidf(name, "must have the form YYYY-MM-DDTHH:mm:ssZ, such as 2024-09-07T00:00:00Z, got %s", analytics.Quote(text))
	}
	if t.Before(analytics.MinInstant) || t.After(analytics.MaxInstant) {
		return time.Time{}, analytics.Invalidf(name, "must be from %s to %s, got %s",
			seconds(analytics.MinInstant), seconds(analytics.MaxInstant), text)
	}
	return t, nil
}

// campaignKeys reads the keys, each once; nil when none is given. Unknown ones
// are ignored, and so are those that no campaign can have.
func campaignKeys(q query) []string {
	text, _ := q.first("campaignKeys")
	keys := split(text)
	slices.Sort(keys)
	return analytics.Texts(slices.Compact(keys))
}
