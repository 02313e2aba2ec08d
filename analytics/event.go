package analytics

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// EventInput is one event as a client sends it (events.md), unchecked. Empty
// strings and nil mean that the client said nothing.
type EventInput struct {
	ID       string
	Action   string
	Event    *string
	Partner  *string
	Campaign *string
	Session  *string
	Visitor  *string
	At       time.Time
	Seconds  *int
	LoggedIn *bool
	Dimensions
}

// Event is a checked event.
type Event struct {
	ID       string
	Action   Action
	Kind     Kind
	Key      string // the event key, the partner's uuid or the campaign key
	Session  string // "" for none
	Visitor  string // "" for none
	At       time.Time
	Seconds  int // Watch only
	LoggedIn bool
	Dimensions
}

// The bounds of an event.
const (
	MaxFuture       = 24 * time.Hour
	MaxWatchSeconds = 86_400
	maxEventID      = 128
	maxIdentity     = 256
	maxKey          = 256
	maxDimension    = 512
)

// MinEventInstant is the earliest instant of an event.
var MinEventInstant = time.Unix(0, 0).UTC()

// Check validates the input against now. The error names the field at fault.
func (in *EventInput) Check(now time.Time) (Event, error) {
	e := Event{ID: in.ID, At: in.At.UTC().Truncate(time.Microsecond), Dimensions: in.Dimensions}
	if err := text("id", in.ID, 1, maxEventID); err != nil {
		return e, err
	}
	var ok bool
	if e.Action, e.Kind, ok = parseAction(in.Action); !ok {
		return e, Invalidf("action", "must be one of click, outbound_click, calendar_sync, page_view, watch, like, chat, product_click, banner_click, got %s", Quote(in.Action))
	}
	switch {
	case in.At.IsZero():
		return e, Invalidf("at", "is required")
	case e.At.Before(MinEventInstant):
		return e, Invalidf("at", "must not be before %s, got %s", MinEventInstant.Format(time.RFC3339), in.At.Format(time.RFC3339Nano))
	case e.At.After(now.Add(MaxFuture)):
		return e, Invalidf("at", "must not be more than 24 h in the future, got %s", in.At.Format(time.RFC3339Nano))
	}
	if err := in.subject(&e); err != nil {
		return e, err
	}
	if err := in.identities(&e); err != nil {
		return e, err
	}
	if err := in.watch(&e); err != nil {
		return e, err
	}
	return e, e.checkDimensions()
}

// subject finds whom the event is about: exactly one, of the action's kind.
func (in *EventInput) subject(e *Event) error {
	fields := [...]*string{KindEvent: in.Event, KindPartner: in.Partner, KindCampaign: in.Campaign}
	for _, kind := range [...]Kind{KindEvent, KindPartner, KindCampaign} {
		if fields[kind] != nil && kind != e.Kind {
			return Invalidf(kind.String(), "does not go with action %s, which needs %s alone", e.Action, e.Kind)
		}
	}
	key := fields[e.Kind]
	if key == nil {
		return Invalidf(e.Kind.String(), "is required for action %s", e.Action)
	}
	e.Key = *key
	if e.Kind == KindPartner {
		id, err := uuid.Parse(*key)
		if err != nil || len(*key) != 36 {
			return Invalidf("partner", "must be a uuid, got %s", Quote(*key))
		}
		e.Key = id.String()
	}
	return text(e.Kind.String(), e.Key, 1, maxKey)
}

func (in *EventInput) identities(e *Event) error {
	if in.Session != nil {
		e.Session = *in.Session
		if err := text("session", e.Session, 1, maxIdentity); err != nil {
			return err
		}
	}
	if in.Visitor != nil {
		e.Visitor = *in.Visitor
		if err := text("visitor", e.Visitor, 1, maxIdentity); err != nil {
			return err
		}
	}
	if e.Visitor == "" && e.Kind != KindEvent {
		return Invalidf("visitor", "is required for action %s", e.Action)
	}
	return nil
}

func (in *EventInput) watch(e *Event) error {
	if e.Action != Watch {
		if in.Seconds != nil {
			return Invalidf("seconds", "goes with action watch only, not with %s", e.Action)
		}
		if in.LoggedIn != nil && *in.LoggedIn {
			return Invalidf("loggedIn", "goes with action watch only, not with %s", e.Action)
		}
		return nil
	}
	if in.Seconds == nil {
		return Invalidf("seconds", "is required for action watch")
	}
	if *in.Seconds < 1 || *in.Seconds > MaxWatchSeconds {
		return Invalidf("seconds", "must be from 1 to %d, got %d", MaxWatchSeconds, *in.Seconds)
	}
	e.Seconds = *in.Seconds
	e.LoggedIn = in.LoggedIn != nil && *in.LoggedIn
	return nil
}

func (e *Event) checkDimensions() error {
	d := &e.Dimensions
	for _, f := range []struct{ name, value string }{
		{"source", d.Source}, {"medium", d.Medium}, {"campaignTag", d.CampaignTag}, {"referrer", d.Referrer},
		{"path", d.Path}, {"device", d.Device},
	} {
		if err := text(f.name, f.value, 0, maxDimension); err != nil {
			return err
		}
	}
	letter := func(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }
	if c := d.Country; c != "" && (len(c) != 2 || !letter(c[0]) || !letter(c[1])) {
		return Invalidf("country", "must be two letters such as FR (ISO 3166-1 alpha-2), got %s", Quote(c))
	}
	d.Country = strings.ToUpper(d.Country)
	return nil
}

// Watched is the span of time that a Watch event says was watched.
func (e *Event) Watched() Watching {
	from := e.At.UnixMicro()
	return Watching{from, from + int64(e.Seconds)*1_000_000}
}

// Rejection is the verdict on an event that was not taken. Index is its place
// in what the client sent, from 0.
type Rejection struct {
	Index   int    `json:"index"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Verdicts is what became of a batch: every event is accepted, a duplicate of
// one that is already counted, or rejected.
type Verdicts struct {
	Accepted   int         `json:"accepted"`
	Duplicates int         `json:"duplicates"`
	Rejected   []Rejection `json:"rejected"`
}

// Outcome is what became of one event that was handed to the store.
type Outcome uint8

// The outcomes.
const (
	Accepted Outcome = iota
	Duplicate
	Unknown // its partner or campaign does not exist
	TooOld  // events of its time are gone: it may have been counted
)

// Change is what a write touched, and where the word of it lies until every
// cache has heard.
type Change struct {
	Tenant int64
	Seq    int64 // its place in the outbox, 0 when nothing was touched
	Topics []Topic
}

// Topic names what cached values depend on, within a tenant.
type Topic string

// The topics of a tenant. Measures depend on their subject's, nouns on their
// own or on their roster's.
const (
	TopicPartners    Topic = "partners"
	TopicCampaigns   Topic = "campaigns"
	TopicActivations Topic = "activations"
)

// SubjectTopic is the topic of one subject's measures.
func SubjectTopic(subject int64) Topic { return Topic("s" + strconv.FormatInt(subject, 10)) }
