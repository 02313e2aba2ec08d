package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"footfall/analytics"
)

// story is all events of a tenant. What they amount to is counted one by one;
// measures are named and written as GraphQL does.
type story []analytics.Event

// picks says which events count.
type picks func(*analytics.Event) bool

// amount is what some events of one subject come to.
type amount struct {
	Events   int64 // all of them
	Uniques  int64
	Measures map[string]any
}

// amount of the picked events of a subject within r.
func (n story) amount(kind analytics.Kind, key string, r analytics.Range, has picks) amount {
	switch kind {
	case analytics.KindEvent:
		return n.activation(key, r, has)
	case analytics.KindPartner:
		return n.partner(key, r, has)
	default:
		return n.campaign(key, r, has)
	}
}

// in lists the picked events of a subject whose instant lies in r.
func (n story) in(kind analytics.Kind, key string, r analytics.Range, has picks) (found story) {
	for i := range n {
		if e := &n[i]; e.Kind == kind && e.Key == key && r.Contains(e.At) && has(e) {
			found = append(found, *e)
		}
	}
	return found
}

func (n story) activation(key string, r analytics.Range, has picks) amount {
	counts := map[analytics.Action]int64{}
	sessions, all := map[analytics.Action]set{}, set{}
	for _, e := range n.in(analytics.KindEvent, key, r, has) {
		counts[e.Action]++
		if e.Session == "" {
			continue
		}
		if sessions[e.Action] == nil {
			sessions[e.Action] = set{}
		}
		sessions[e.Action][e.Session] = true
		all[e.Session] = true
	}
	return amount{
		Events:  counts[analytics.Click] + counts[analytics.OutboundClick] + counts[analytics.CalendarSync],
		Uniques: all.size(),
		Measures: map[string]any{
			"clickCount": counts[analytics.Click], "outboundClickCount": counts[analytics.OutboundClick], "calendarSyncCount": counts[analytics.CalendarSync],
			"uniqueSessionCount": all.size(), "uniqueViewSessionCount": sessions[analytics.Click].size(),
			"uniqueOutboundSessionCount": sessions[analytics.OutboundClick].size(), "uniqueCalendarSessionCount": sessions[analytics.CalendarSync].size(),
		},
	}
}

// partner: a session is picked, and placed in time, with its first page view.
func (n story) partner(key string, r analytics.Range, has picks) amount {
	views, users := n.in(analytics.KindPartner, key, r, has), set{}
	for _, e := range views {
		users[e.Visitor] = true
	}
	sessions, length := int64(0), time.Duration(0)
	for _, session := range n.sessions(key) {
		if first := &session[0]; r.Contains(first.At) && has(first) {
			sessions++
			length += session[len(session)-1].At.Sub(first.At)
		}
	}
	return amount{int64(len(views)), users.size(), map[string]any{
		"uniqueUsers": users.size(), "totalSessions": sessions, "totalPageViews": len(views),
		"avgSessionDurationSeconds": mean(float64(length.Microseconds()), sessions, 1e6),
	}}
}

// sessions of a partner: those that clients name, and what is cut by idleness.
func (n story) sessions(key string) (out []story) {
	type actor struct{ visitor, session string }
	open := map[actor]story{}
	views := n.in(analytics.KindPartner, key, analytics.Always, all)
	slices.SortFunc(views, byInstant)
	for _, e := range views {
		who := actor{e.Visitor, e.Session}
		current := open[who]
		if len(current) > 0 && e.Session == "" &&
			(e.At.Sub(current[len(current)-1].At) >= 30*time.Minute || e.At.Sub(current[0].At) >= 4*time.Hour) {
			out, current = append(out, current), nil
		}
		open[who] = append(current, e)
	}
	for _, session := range open {
		out = append(out, session)
	}
	return out
}

func (n story) campaign(key string, r analytics.Range, has picks) amount {
	did := map[analytics.Action]int64{}
	viewers := map[analytics.Action]set{analytics.Like: {}, analytics.Chat: {}, analytics.ProductClick: {}}
	events := n.in(analytics.KindCampaign, key, r, has)
	for _, e := range events {
		did[e.Action]++
		if viewers[e.Action] != nil {
			viewers[e.Action][e.Visitor] = true
		}
	}
	watched, loggedIn := n.watched(key, r, has)
	micros := int64(0)
	for _, spans := range watched {
		micros += length(spans)
	}
	peak, peakAt := peak(watched)
	total := int64(len(watched))
	return amount{int64(len(events)), total, map[string]any{
		"totalViewers": total, "totalLoginViewers": loggedIn, "newLoginViewers": n.newLogins(key, r, has),
		"peakConcurrentViewers": peak, "peakAt": peakAt,
		"totalViewingTime": (micros + 500_000) / 1_000_000, "averageViewingTime": mean(float64(micros), total, 1e6),
		"likes": did[analytics.Like], "likeViewers": viewers[analytics.Like].size(),
		"chats": did[analytics.Chat], "chatViewers": viewers[analytics.Chat].size(),
		"productClicks": did[analytics.ProductClick], "productClickViewers": viewers[analytics.ProductClick].size(),
		"bannerClicks": did[analytics.BannerClick],
	}}
}

// watched is what each viewer watched within r in picked events, overlaps and
// all, and how many of them did logged in.
func (n story) watched(key string, r analytics.Range, has picks) (spans map[string][]analytics.Range, loggedIn int64) {
	spans, logins := map[string][]analytics.Range{}, set{}
	for _, e := range n.in(analytics.KindCampaign, key, analytics.Always, has) {
		span := watchedIn(&e, r)
		if span.Empty() {
			continue
		}
		spans[e.Visitor] = append(spans[e.Visitor], span)
		if e.LoggedIn {
			logins[e.Visitor] = true
		}
	}
	return spans, logins.size()
}

// watchedIn is the part of r that an event says was watched.
func watchedIn(e *analytics.Event, r analytics.Range) analytics.Range {
	return analytics.Range{Start: e.At, End: e.At.Add(time.Duration(e.Seconds) * time.Second)}.Intersect(r)
}

// newLogins counts the viewers whose first logged in view of all campaigns is
// one of the picked.
func (n story) newLogins(key string, r analytics.Range, has picks) (count int64) {
	first := map[string]*analytics.Event{}
	for i := range n {
		if e := &n[i]; e.LoggedIn && (first[e.Visitor] == nil || byInstant(*e, *first[e.Visitor]) < 0) {
			first[e.Visitor] = e
		}
	}
	for _, e := range first {
		if e.Key == key && r.Contains(e.At) && has(e) {
			count++
		}
	}
	return count
}

// length is for how long at least one of the spans runs, in microseconds.
func length(spans []analytics.Range) (micros int64) {
	slices.SortFunc(spans, func(a, b analytics.Range) int { return a.Start.Compare(b.Start) })
	var until time.Time
	for _, s := range spans {
		if s.Start.Before(until) {
			s.Start = until
		}
		if !s.Empty() {
			micros += s.End.Sub(s.Start).Microseconds()
			until = s.End
		}
	}
	return micros
}

// peak is the most viewers watching at one instant, and the first such instant:
// an audience only grows where somebody joins.
func peak(viewers map[string][]analytics.Range) (most int64, at any) {
	var joins []time.Time
	for _, spans := range viewers {
		for _, s := range spans {
			joins = append(joins, s.Start)
		}
	}
	slices.SortFunc(joins, time.Time.Compare)
	for _, t := range joins {
		watching := int64(0)
		for _, spans := range viewers {
			if slices.ContainsFunc(spans, func(s analytics.Range) bool { return s.Contains(t) }) {
				watching++
			}
		}
		if watching > most {
			most, at = watching, t.UTC().Format(time.RFC3339Nano)
		}
	}
	return most, at
}

// group is the events with one value of each dimension.
type group struct {
	Values []string
	amount
}

// groups are all groups that have anything in r, in order.
func (n story) groups(kind analytics.Kind, key string, r analytics.Range, by []analytics.Dimension, order analytics.BreakdownOrder, has picks) (out []group) {
	seen := set{}
	for i := range n {
		e := &n[i]
		if e.Kind != kind || e.Key != key || !has(e) || !r.Contains(e.At) && watchedIn(e, r).Empty() {
			continue
		}
		values := valuesOf(e, by)
		if id := encoded(values); !seen[id] {
			seen[id] = true
			same := func(o *analytics.Event) bool { return has(o) && slices.Equal(valuesOf(o, by), values) }
			out = append(out, group{values, n.amount(kind, key, r, same)})
		}
	}
	slices.SortFunc(out, func(a, b group) int { return compareGroups(a, b, order) })
	return out
}

func compareGroups(a, b group, order analytics.BreakdownOrder) int {
	byValues := slices.CompareFunc(a.Values, b.Values, func(x, y string) int {
		return cmp.Or(cmp.Compare(btoi(x == ""), btoi(y == "")), cmp.Compare(x, y)) // nothing last
	})
	primary := map[analytics.BreakdownOrderField]int{
		analytics.ByEvents: cmp.Compare(a.Events, b.Events), analytics.ByUniques: cmp.Compare(a.Uniques, b.Uniques), analytics.ByValue: byValues,
	}[order.Field]
	if order.Direction == analytics.Descending {
		primary = -primary
	}
	return cmp.Or(primary, cmp.Compare(b.Events, a.Events), byValues)
}

// set is a set of identities.
type set map[string]bool

func (s set) size() int64 { return int64(len(s)) }

func all(*analytics.Event) bool { return true }

func valuesOf(e *analytics.Event, by []analytics.Dimension) (values []string) {
	for _, d := range by {
		values = append(values, e.Value(d))
	}
	return values
}

// byInstant orders events; of two at one instant the smaller id is the first.
func byInstant(a, b analytics.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// mean is sum ÷ n ÷ unit, null without any.
func mean(sum float64, n int64, unit float64) any {
	if n == 0 {
		return nil
	}
	return sum / (float64(n) * unit)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// decoded is v as it comes out of JSON.
func decoded(v any) (out any) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}
