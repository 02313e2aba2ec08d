package ingest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"footfall/analytics"
)

// fieldNames are the fields of an event (docs/events.md).
var fieldNames = [...]string{
	"id", "action", "event", "partner", "campaign", "session", "visitor", "at", "seconds", "loggedIn",
	"source", "medium", "campaignTag", "referrer", "path", "country", "device",
}

var fieldOf = func() map[string]int {
	m := map[string]int{}
	for i, name := range fieldNames {
		m[name] = i
	}
	return m
}()

// fields are what an event's fields were given as, by place in fieldNames. The
// zero value is a field that was not given.
type fields [len(fieldNames)]value

// value is a field's text: one JSON value as written, or the text of a CSV cell.
type value struct {
	text string
	csv  bool
}

func (v value) given() bool { return v.text != "" && (v.csv || v.text != "null") }

// quoted reports whether the value is text; everything in CSV is.
func (v value) quoted() bool { return v.csv || v.text[0] == '"' }

// String is the value for a message, as the client wrote it.
func (v value) String() string {
	if v.csv {
		return analytics.Quote(v.text)
	}
	return shorten(v.text)
}

// input reads the fields. The error names the first that is of a wrong type.
func (f *fields) input(in *analytics.EventInput) error {
	for i := range f {
		if v := f[i]; v.given() {
			if why := set(in, fieldNames[i], v); why != "" {
				return analytics.Invalidf(fieldNames[i], "%s, got %s", why, v)
			}
		}
	}
	return nil
}

// set sets one field, or says what its value must be.
func set(in *analytics.EventInput, name string, v value) (why string) {
	switch name {
	case "at":
		return v.instant(&in.At)
	case "seconds":
		return v.integer(&in.Seconds)
	case "loggedIn":
		return v.boolean(&in.LoggedIn)
	}
	if !v.quoted() {
		return "must be a string"
	}
	s := v.text
	if !v.csv {
		s = unquote(s)
	}
	switch name {
	case "event":
		in.Event = new(s)
	case "partner":
		in.Partner = new(s)
	case "campaign":
		in.Campaign = new(s)
	case "session":
		in.Session = new(s)
	case "visitor":
		in.Visitor = new(s)
	default:
		*plain(in, name) = s
	}
	return ""
}

// plain finds a field whose absence is the empty string.
func plain(in *analytics.EventInput, name string) *string {
	switch name {
	case "id":
		return &in.ID
	case "action":
		return &in.Action
	case "source":
		return &in.Source
	case "medium":
		return &in.Medium
	case "campaignTag":
		return &in.CampaignTag
	case "referrer":
		return &in.Referrer
	case "path":
		return &in.Path
	case "country":
		return &in.Country
	case "device":
		return &in.Device
	}
	panic("ingest: no field " + name)
}

// instant reads RFC 3339 to the letter.
func (v value) instant(dst *time.Time) (why string) {
	const must = "must be an RFC 3339 instant with an offset, such as 2026-03-02T10:00:00Z"
	if !v.quoted() {
		return must
	}
	s := v.text
	if !v.csv {
		s = unquote(s)
	}
	t, ok := analytics.ParseInstant(s)
	if !ok {
		return must
	}
	if t.IsZero() { // which stands for an instant that was not given
		return "must not be before " + analytics.MinEventInstant.Format(time.RFC3339)
	}
	*dst = t
	return ""
}

// integer reads a whole number, however JSON writes it: 30, 30.0, 3e1.
func (v value) integer(dst **int) (why string) {
	const must = "must be an integer"
	if n, err := strconv.Atoi(v.text); err == nil {
		*dst = new(n)
		return ""
	}
	if !v.csv && v.quoted() || v.text == "" || strings.ContainsAny(v.text, "xXpPiInN_") {
		return must
	}
	x, err := strconv.ParseFloat(v.text, 64)
	switch {
	case math.Abs(x) > analytics.MaxSafeInt:
		return fmt.Sprintf("must be from 1 to %d", analytics.MaxWatchSeconds)
	case err != nil || x != math.Trunc(x):
		return must
	}
	*dst = new(int(x))
	return ""
}

// boolean reads true or false; CSV may also write them in capitals.
func (v value) boolean(dst **bool) (why string) {
	s := v.text
	if v.csv {
		s = strings.ToLower(s)
	}
	if !slices.Contains([]string{"true", "false"}, s) {
		return "must be true or false"
	}
	*dst = new(s == "true")
	return ""
}

// shorten is analytics.Quote for text that is printable as it is.
func shorten(s string) string {
	return analytics.Shorten(s, func(s string) string { return strings.ToValidUTF8(s, "\ufffd") })
}
