package rest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

const (
	defaultLimit = 25
	maxLimit     = 100
)

// invalid reports a bad query parameter in the leaderboard's words.
func invalid(name, format string, args ...any) error {
	return analytics.Invalidf("querystring/"+name, format, args...)
}

// leaderboardVariables binds the parameters, in the order of the document.
func leaderboardVariables(q query, zone analytics.TimeZone, now time.Time) (map[string]any, error) {
	span, err := leaderboardRange(q, zone, now)
	if err != nil {
		return nil, err
	}
	filter, err := leaderboardFilter(q)
	if err != nil {
		return nil, err
	}
	limit, err := leaderboardLimit(q)
	if err != nil {
		return nil, err
	}
	return map[string]any{"range": span, "filter": filter, "first": limit}, nil
}

// leaderboardRange is the dates when both are given, or the period; what does
// not count is not looked at.
func leaderboardRange(q query, zone analytics.TimeZone, now time.Time) (map[string]any, error) {
	start, _ := q.first("start_date")
	end, _ := q.first("end_date")
	if start != "" && end != "" {
		dates, err := leaderboardDates(start, end, zone, now)
		return map[string]any{"dates": dates}, err
	}
	period, given, err := enum(q, "period", analytics.Periods)
	if err != nil {
		return nil, err
	}
	if !given {
		period = analytics.CurrentYear
	}
	return map[string]any{"period": string(period)}, nil
}

func leaderboardDates(start, end string, zone analytics.TimeZone, now time.Time) (map[string]any, error) {
	first, err := analytics.ParseDate(start)
	if err != nil {
		return nil, invalid("start_date", "must be a date such as 2026-03-31, got %s", analytics.Quote(start))
	}
	last, err := analytics.ParseDate(end)
	if err != nil {
		return nil, invalid("end_date", "must be a date such as 2026-03-31, got %s", analytics.Quote(end))
	}
	if last.DaysUntil(first) > 0 {
		return nil, invalid("start_date", "must not be after end_date (%s), got %q", last, start)
	}
	asked := analytics.RangeInput{Dates: &analytics.DateRangeInput{StartDate: first, EndDate: last}}
	if w, err := asked.Resolve(zone, now); err != nil { // before 1900, or after 2199
		if w.Start.Before(analytics.MinInstant) {
			return nil, invalid("start_date", "must not be before %s, got %q", seconds(analytics.MinInstant), start)
		}
		return nil, invalid("end_date", "must end by %s, got %q", seconds(analytics.MaxInstant), end)
	}
	return map[string]any{"startDate": first.String(), "endDate": last.String()}, nil
}

func leaderboardFilter(q query) (map[string]any, error) {
	filter := map[string]any{}
	kind, given, err := enum(q, "partner_type", analytics.PartnerTypes)
	if err != nil {
		return nil, err
	}
	if given {
		filter["partnerType"] = string(kind)
	}
	direction, given, err := enum(q, "lead_direction", analytics.LeadDirections)
	if err != nil {
		return nil, err
	}
	if given {
		filter["leadDirection"] = string(direction)
	}
	for _, list := range []struct{ name, field string }{
		{"partner_uuids", "partnerUuids"}, {"category_uuids", "categoryUuids"},
		{"tier_uuids", "tierUuids"}, {"stage_uuids", "stageUuids"},
	} {
		ids, err := uuids(q, list.name)
		if err != nil {
			return nil, err
		}
		if ids != nil {
			filter[list.field] = ids
		}
	}
	return filter, nil
}

func leaderboardLimit(q query) (int, error) {
	text, given := q.first("limit")
	if !given {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		return 0, invalid("limit", "must be an integer from 1 to %d, got %s", maxLimit, analytics.Quote(text))
	}
	if n < 1 || n > maxLimit {
		return 0, invalid("limit", "must be from 1 to %d, got %d", maxLimit, n)
	}
	return n, nil
}

// enum reads a value that is documented in lower case.
func enum[E ~string](q query, name string, known []E) (value E, given bool, err error) {
	text, given := q.first(name)
	if !given {
		return "", false, nil
	}
	for _, k := range known {
		if text == strings.ToLower(string(k)) {
			return k, true, nil
		}
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = strings.ToLower(string(k))
	}
	return "", true, invalid(name, "must be one of %s, got %s", strings.Join(names, ", "), analytics.Quote(text))
}

// uuids reads a list of uuids, each once; nil when none is given.
func uuids(q query, name string) ([]string, error) {
	var out []string
	for _, text := range q.list(name) {
		id, err := uuid.Parse(text)
		if err != nil || len(text) != 36 {
			return nil, invalid(name, "must be uuids such as 7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10, got %s", analytics.Quote(text))
		}
		out = append(out, id.String())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > analytics.MaxNamed {
		return nil, invalid(name, "must have at most %d values, got %d", analytics.MaxNamed, len(out))
	}
	return out, nil
}
