package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"footfall/analytics"
)

// words are the values that test events carry, as sent; "" is also sent as null
// and by saying nothing.
var words = map[analytics.Dimension][]string{
	analytics.DimensionSource: {"", "web", "Web", "été ✓", " "}, analytics.DimensionMedium: {"", "mail"},
	analytics.DimensionCampaignTag: {"", "spring", "0", "null"}, analytics.DimensionReferrer: {"", "https://a.example/?q=1", "https://b.example/"},
	analytics.DimensionPath: {"", "/", "/a", "/a/"}, analytics.DimensionCountry: {"", "fr", "FR", "de", "Jp"}, analytics.DimensionDevice: {"", "tv", "mobile"},
}

var fieldOf = map[analytics.Dimension]string{
	analytics.DimensionSource: "source", analytics.DimensionMedium: "medium", analytics.DimensionCampaignTag: "campaignTag",
	analytics.DimensionReferrer: "referrer", analytics.DimensionPath: "path", analytics.DimensionCountry: "country", analytics.DimensionDevice: "device",
}

// dice makes up events and questions about them.
type dice struct {
	*rand.Rand
	told story // so far
}

func oneOf[T any](d *dice, list ...T) T { return list[d.IntN(len(list))] }

var breakdownSpan = analytics.Range{Start: instantOf("2026-03-26T00:00:00Z"), End: instantOf("2026-04-02T00:00:00Z")}

// moment is an instant of the days around the end of a month and a clock change:
// any, or one where things meet.
func (d *dice) moment() time.Time {
	from := breakdownSpan.Start
	at := from.Add(time.Duration(d.Int64N(breakdownSpan.End.Sub(from).Microseconds())) * time.Microsecond)
	switch d.IntN(8) {
	case 0:
		return at.Truncate(15 * time.Minute)
	case 1:
		return at.Truncate(24 * time.Hour)
	case 2:
		return at.Truncate(time.Hour).Add(time.Duration(d.IntN(3)-1) * time.Microsecond)
	case 3, 4:
		if len(d.told) > 0 {
			return oneOf(d, d.told...).At.Add(time.Duration(d.IntN(3)-1) * oneOf(d, time.Microsecond, 5*time.Minute))
		}
	}
	return at
}

// event makes up one event of any noun, and its line of NDJSON. Now and then the
// same happens again, at the same instant.
func (d *dice) event(id string) string {
	var e analytics.Event
	if len(d.told) > 0 && d.IntN(8) == 0 {
		e = oneOf(d, d.told...)
		e.Dimensions = analytics.Dimensions{}
	} else {
		e = d.deed()
	}
	e.ID = id
	line := map[string]any{
		"id": id, "action": e.Action.String(), e.Kind.String(): e.Key, "visitor": e.Visitor, "at": e.At.Format(time.RFC3339Nano),
	}
	if e.Session != "" {
		line["session"] = e.Session
	}
	if e.Action == analytics.Watch {
		line["seconds"], line["loggedIn"] = e.Seconds, e.LoggedIn
	}
	for _, dimension := range analytics.AllDimensions {
		d.say(&e, line, dimension)
	}
	d.told = append(d.told, e)
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// deed is who does what when.
func (d *dice) deed() analytics.Event {
	e := analytics.Event{Kind: oneOf(d, analytics.KindEvent, analytics.KindPartner, analytics.KindCampaign), At: d.moment(), Visitor: fmt.Sprint("v", d.IntN(9))}
	switch e.Kind {
	case analytics.KindEvent:
		e.Key = oneOf(d, "jazz", "rock")
	case analytics.KindPartner:
		e.Key = uuidOf(1 + d.IntN(2))
	default:
		e.Key = oneOf(d, "live", "late")
	}
	if e.Action = oneOf(d, e.Kind.Actions()...); e.Action == analytics.WatchLogin { // is no event of its own
		e.Action = analytics.Watch
	}
	if e.Action == analytics.Watch {
		e.Seconds, e.LoggedIn = oneOf(d, 1, 60, 900, 7_200, 86_400), d.IntN(2) == 0
	}
	if d.IntN(3) > 0 && e.Kind != analytics.KindCampaign {
		e.Session = fmt.Sprint("s", d.IntN(12))
	}
	return e
}

// say gives an event a value of one dimension.
func (d *dice) say(e *analytics.Event, line map[string]any, dimension analytics.Dimension) {
	value := oneOf(d, words[dimension]...)
	switch {
	case value != "" || d.IntN(3) == 0:
		line[fieldOf[dimension]] = value
	case d.IntN(2) == 0:
		line[fieldOf[dimension]] = nil
	}
	if dimension == analytics.DimensionCountry {
		value = strings.ToUpper(value)
	}
	text, _ := json.Marshal(map[string]string{fieldOf[dimension]: value})
	_ = json.Unmarshal(text, &e.Dimensions) // names match in any case
}
