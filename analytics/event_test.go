package analytics_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"footfall/analytics"
)

const somePartner = "7d0c3c0e-7b7c-4f4e-9d2e-0f8a6f1c2b3d"

// The three events of events.md, each valid at checkedAt.
var checkedAt = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func clickInput() analytics.EventInput {
	return analytics.EventInput{ID: "e1", Action: "click", Event: new("jazz-sunset-2026-03-15"), Session: new("s1"), At: checkedAt}
}

func viewInput() analytics.EventInput {
	return analytics.EventInput{ID: "e2", Action: "page_view", Partner: new(somePartner), Visitor: new("u42"), At: checkedAt}
}

func watchInput() analytics.EventInput {
	return analytics.EventInput{ID: "e3", Action: "watch", Campaign: new("1234fef8e8e3"), Visitor: new("v9"), LoggedIn: new(true), At: checkedAt, Seconds: new(30)}
}

func TestEventCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   analytics.EventInput
		want analytics.Event
	}{
		{clickInput(), analytics.Event{ID: "e1", Action: analytics.Click, Kind: analytics.KindEvent, Key: "jazz-sunset-2026-03-15", Session: "s1", At: checkedAt}},
		{viewInput(), analytics.Event{ID: "e2", Action: analytics.PageView, Kind: analytics.KindPartner, Key: somePartner, Visitor: "u42", At: checkedAt}},
		{watchInput(), analytics.Event{ID: "e3", Action: analytics.Watch, Kind: analytics.KindCampaign, Key: "1234fef8e8e3", Visitor: "v9", At: checkedAt, Seconds: 30, LoggedIn: true}},
	} {
		got, err := c.in.Check(checkedAt)
		ok(t, err)
		same(t, c.in.ID, got, c.want)
	}
	e, err := new(watchInput()).Check(checkedAt)
	ok(t, err)
	same(t, "watched", e.Watched(), analytics.Watching{From: checkedAt.UnixMicro(), To: checkedAt.UnixMicro() + 30*second})

	odd := viewInput()
	odd.Partner = new(strings.ToUpper(somePartner))
	odd.At = checkedAt.In(time.FixedZone("", 3600)).Add(1999)
	odd.Country = "fr"
	e, err = odd.Check(checkedAt)
	ok(t, err)
	same(t, "key, instant and country in one form", []any{e.Key, e.At, e.Country}, []any{somePartner, checkedAt.Add(time.Microsecond), "FR"})
}

// Every row of events.md: a change to an otherwise valid event, the field at
// fault ("" when it is accepted) and what the message must say.
func TestEventCheck(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	type in = analytics.EventInput
	for _, c := range []struct {
		name  string
		base  func() in
		with  func(e *in)
		field string
		says  []string
	}{
		{"id of 1 byte", clickInput, func(e *in) { e.ID = "x" }, "", nil},
		{"id of 128 bytes", clickInput, func(e *in) { e.ID = long(128) }, "", nil},
		{"no id", clickInput, func(e *in) { e.ID = "" }, "id", []string{"1 to 128 bytes", "0"}},
		{"id of 129 bytes", clickInput, func(e *in) { e.ID = long(129) }, "id", []string{"1 to 128 bytes", "129"}},
		{"id counted in bytes", clickInput, func(e *in) { e.ID = strings.Repeat("é", 65) }, "id", []string{"130"}},
		{"id with NUL", clickInput, func(e *in) { e.ID = "a\x00b" }, "id", []string{"NUL", `a\x00b`}},
		{"id not UTF-8", clickInput, func(e *in) { e.ID = "a\xff" }, "id", []string{"UTF-8", `\xff`}},

		{"no action", clickInput, func(e *in) { e.Action = "" }, "action", []string{"click", "banner_click", `""`}},
		{"unknown action", clickInput, func(e *in) { e.Action = "Click" }, "action", []string{"outbound_click", `"Click"`}},
		{"derived action", watchInput, func(e *in) { e.Action = "watch_login" }, "action", []string{`"watch_login"`}},
		{"a long action is clipped", clickInput, func(e *in) { e.Action = long(500) }, "action", []string{"…"}},

		{"no subject", clickInput, func(e *in) { e.Event = nil }, "event", []string{"required", "click"}},
		{"no partner", viewInput, func(e *in) { e.Partner = nil }, "partner", []string{"required", "page_view"}},
		{"no campaign", watchInput, func(e *in) { e.Campaign = nil }, "campaign", []string{"required", "watch"}},
		{"two subjects", clickInput, func(e *in) { e.Partner = new(somePartner) }, "partner", []string{"click", "event"}},
		{"a subject of another kind", watchInput, func(e *in) { e.Campaign, e.Event = nil, new("x") }, "event", []string{"watch", "campaign"}},
		{"an empty subject besides", viewInput, func(e *in) { e.Event = new("") }, "event", []string{"page_view", "partner"}},
		{"event key of 256 bytes", clickInput, func(e *in) { e.Event = new(long(256)) }, "", nil},
		{"event key of 257 bytes", clickInput, func(e *in) { e.Event = new(long(257)) }, "event", []string{"1 to 256 bytes", "257"}},
		{"empty event key", clickInput, func(e *in) { e.Event = new("") }, "event", []string{"1 to 256 bytes", "0"}},
		{"campaign key of 257 bytes", watchInput, func(e *in) { e.Campaign = new(long(257)) }, "campaign", []string{"256", "257"}},
		{"partner that is no uuid", viewInput, func(e *in) { e.Partner = new("acme") }, "partner", []string{"uuid", `"acme"`}},
		{"partner as long as a uuid", viewInput, func(e *in) { e.Partner = new(long(36)) }, "partner", []string{"uuid", long(36)}},
		{"uuid in braces", viewInput, func(e *in) { e.Partner = new("{" + somePartner + "}") }, "partner", []string{"uuid", somePartner}},
		{"uuid without hyphens", viewInput, func(e *in) { e.Partner = new(strings.ReplaceAll(somePartner, "-", "")) }, "partner", []string{"uuid"}},

		{"neither session nor visitor", clickInput, func(e *in) { e.Session = nil }, "", nil},
		{"session of 256 bytes", clickInput, func(e *in) { e.Session = new(long(256)) }, "", nil},
		{"session of 257 bytes", clickInput, func(e *in) { e.Session = new(long(257)) }, "session", []string{"1 to 256 bytes", "257"}},
		{"empty session", clickInput, func(e *in) { e.Session = new("") }, "session", []string{"1 to 256 bytes", "0"}},
		{"visitor of 256 bytes", viewInput, func(e *in) { e.Visitor = new(long(256)) }, "", nil},
		{"visitor of 257 bytes", viewInput, func(e *in) { e.Visitor = new(long(257)) }, "visitor", []string{"1 to 256 bytes", "257"}},
		{"page view without a visitor", viewInput, func(e *in) { e.Visitor = nil }, "visitor", []string{"required", "page_view"}},
		{"empty visitor", watchInput, func(e *in) { e.Visitor = new("") }, "visitor", []string{"1 to 256 bytes", "0"}},
		{"like without a visitor", watchInput, func(e *in) { e.Action, e.Seconds, e.LoggedIn, e.Visitor = "like", nil, nil, nil }, "visitor", []string{"required", "like"}},

		{"24 hours ahead", clickInput, func(e *in) { e.At = checkedAt.Add(24 * time.Hour) }, "", nil},
		{"a microsecond more", clickInput, func(e *in) { e.At = checkedAt.Add(24*time.Hour + time.Microsecond) }, "at", []string{"24 h", "2026-03-03T12:00:00.000001Z"}},
		{"the epoch", clickInput, func(e *in) { e.At = time.Unix(0, 0) }, "", nil},
		{"before the epoch", clickInput, func(e *in) { e.At = time.UnixMicro(-1).UTC() }, "at", []string{"1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"}},
		{"no instant", clickInput, func(e *in) { e.At = time.Time{} }, "at", []string{"required"}},

		{"1 second", watchInput, func(e *in) { e.Seconds = new(1) }, "", nil},
		{"86400 seconds", watchInput, func(e *in) { e.Seconds = new(86_400) }, "", nil},
		{"0 seconds", watchInput, func(e *in) { e.Seconds = new(0) }, "seconds", []string{"1 to 86400", "got 0"}},
		{"86401 seconds", watchInput, func(e *in) { e.Seconds = new(86_401) }, "seconds", []string{"1 to 86400", "86401"}},
		{"no seconds", watchInput, func(e *in) { e.Seconds = nil }, "seconds", []string{"required", "watch"}},
		{"seconds of a click", clickInput, func(e *in) { e.Seconds = new(1) }, "seconds", []string{"watch", "click"}},
		{"seconds of a like", watchInput, func(e *in) { e.Action = "like" }, "seconds", []string{"watch", "like"}},
		{"not logged in", watchInput, func(e *in) { e.LoggedIn = nil }, "", nil},
		{"a click logged in", clickInput, func(e *in) { e.LoggedIn = new(true) }, "loggedIn", []string{"watch", "click"}},
		{"a click not logged in", clickInput, func(e *in) { e.LoggedIn = new(false) }, "", nil},

		{"source of 512 bytes", clickInput, func(e *in) { e.Source = long(512) }, "", nil},
		{"source of 513 bytes", clickInput, func(e *in) { e.Source = long(513) }, "source", []string{"512", "513"}},
		{"medium of 513 bytes", clickInput, func(e *in) { e.Medium = long(513) }, "medium", []string{"512", "513"}},
		{"campaignTag of 513 bytes", clickInput, func(e *in) { e.CampaignTag = long(513) }, "campaignTag", []string{"512", "513"}},
		{"referrer of 513 bytes", clickInput, func(e *in) { e.Referrer = long(513) }, "referrer", []string{"512", "513"}},
		{"path of 513 bytes", clickInput, func(e *in) { e.Path = long(513) }, "path", []string{"512", "513"}},
		{"device of 513 bytes", clickInput, func(e *in) { e.Device = long(513) }, "device", []string{"512", "513"}},
		{"path with NUL", clickInput, func(e *in) { e.Path = "/\x00" }, "path", []string{"NUL"}},
		{"country of the outermost letters", clickInput, func(e *in) { e.Country = "ZA" }, "", nil},
		{"likewise small", clickInput, func(e *in) { e.Country = "az" }, "", nil},
		{"country of 3 letters", clickInput, func(e *in) { e.Country = "FRA" }, "country", []string{"ISO 3166-1", `"FRA"`}},
		{"country of digits", clickInput, func(e *in) { e.Country = "75" }, "country", []string{"ISO 3166-1", `"75"`}},
		{"country in letters that only upper case makes ASCII", clickInput, func(e *in) { e.Country = "ıſ" }, "country", []string{"ISO 3166-1", "ıſ"}},
	} {
		e := c.base()
		c.with(&e)
		_, err := e.Check(checkedAt)
		refused(t, c.name, err, c.field, c.says)
	}
}

func TestEveryActionHasItsKind(t *testing.T) {
	t.Parallel()
	sent := map[string]analytics.Kind{
		"click": analytics.KindEvent, "outbound_click": analytics.KindEvent, "calendar_sync": analytics.KindEvent,
		"page_view": analytics.KindPartner, "watch": analytics.KindCampaign, "like": analytics.KindCampaign, "chat": analytics.KindCampaign,
		"product_click": analytics.KindCampaign, "banner_click": analytics.KindCampaign,
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		in := map[analytics.Kind]func() analytics.EventInput{
			analytics.KindEvent: clickInput, analytics.KindPartner: viewInput, analytics.KindCampaign: watchInput,
		}[sent[name]]()
		in.Action = name
		if name != "watch" {
			in.Seconds, in.LoggedIn = nil, nil
		}
		e, err := in.Check(checkedAt)
		ok(t, err)
		if e.Kind != sent[name] || e.Action.String() != name || !slices.Contains(e.Kind.Actions(), e.Action) {
			t.Errorf("%s is read as %v of %v", name, e.Action, e.Kind)
		}
	}
}

// No input makes a check panic, and what it accepts keeps every bound.
func FuzzEventCheck(f *testing.F) {
	f.Add("e1", "click", "jazz", "", "", "s1", "", int64(0), 0, false, "mail", "fr", uint8(0b0010001))
	f.Add("e2", "page_view", "", somePartner, "", "", "u42", checkedAt.UnixNano(), 0, false, "", "", uint8(0b0001010))
	f.Add("e3", "watch", "", "", "1234fef8e8e3", "", "v9", checkedAt.UnixNano(), 30, true, "", "KR", uint8(0b1101100))
	f.Add("e4", "like", "", "", "x", "", "v", int64(-1), 30, true, "\x00", "ıſ", uint8(0b0001100))
	f.Fuzz(func(t *testing.T, id, action, event, partner, campaign, session, visitor string, at int64, seconds int, loggedIn bool, source, country string, given uint8) {
		in := analytics.EventInput{ID: id, Action: action, At: time.Unix(0, at), Dimensions: analytics.Dimensions{Source: source, Country: country, Path: event}}
		for i, field := range []**string{&in.Event, &in.Partner, &in.Campaign, &in.Visitor, &in.Session} {
			if given&(1<<i) != 0 {
				*field = []*string{&event, &partner, &campaign, &visitor, &session}[i]
			}
		}
		if given&32 != 0 {
			in.Seconds = &seconds
		}
		if given&64 != 0 {
			in.LoggedIn = &loggedIn
		}
		e, err := in.Check(checkedAt)
		if err != nil {
			bad, isOurs := err.(*analytics.Error) //nolint:errorlint // the package returns it bare
			if !isOurs || bad.Code != analytics.CodeInvalid || bad.Field == "" || len(bad.Message) > 400 || !utf8.ValidString(bad.Message) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		between := func(s string, least, most int) {
			if len(s) < least || len(s) > most || !utf8.ValidString(s) || strings.Contains(s, "\x00") {
				t.Fatalf("%q is accepted in %+v", s, e)
			}
		}
		between(e.ID, 1, 128)
		between(e.Key, 1, 256)
		between(e.Session, 0, 256)
		between(e.Visitor, 0, 256)
		between(e.Source, 0, 512)
		between(e.Path, 0, 512)
		subjects := 0
		for _, s := range []*string{in.Event, in.Partner, in.Campaign} {
			if s != nil {
				subjects++
			}
		}
		_, notUUID := uuid.Parse(e.Key)
		switch {
		case e.Action.String() != action, !slices.Contains(e.Kind.Actions(), e.Action), e.Action == analytics.WatchLogin, subjects != 1:
			t.Fatalf("%q with %d subjects is accepted as %+v", action, subjects, e)
		case e.Kind != analytics.KindEvent && e.Visitor == "", e.Kind == analytics.KindPartner && (notUUID != nil || e.Key != strings.ToLower(partner)):
			t.Fatalf("accepted: %+v", e)
		case e.At.Nanosecond()%1000 != 0, e.At.Location() != time.UTC, e.At.Unix() < 0, e.At.Sub(checkedAt) > 24*time.Hour:
			t.Fatalf("at %v is accepted", e.At)
		case e.Action == analytics.Watch && (e.Seconds < 1 || e.Seconds > 86_400), e.Action != analytics.Watch && (e.Seconds != 0 || e.LoggedIn):
			t.Fatalf("%d seconds, logged in %v, are accepted of %v", e.Seconds, e.LoggedIn, e.Action)
		case country != "" && (len(country) != 2 || e.Country != strings.ToUpper(country)), strings.Trim(e.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
			t.Fatalf("country %q is accepted as %q", country, e.Country)
		}
	})
}
