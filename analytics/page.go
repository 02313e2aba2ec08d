package analytics

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// MaxPage bounds how many elements of a list one request gets.
const MaxPage = 1000

// Page is a slice of a list: the first elements after a cursor.
type Page struct {
	First int
	After Cursor // the zero Cursor for the beginning
}

// Cursor is a place in a list that is ordered by an instant and a key.
type Cursor struct {
	Of  string // what is listed, such as Activation
	At  time.Time
	Key string
}

// NewPage checks the arguments of a connection over what it lists, such as
// Activation: the cursors of another are none of its own.
func NewPage(of string, first int, after *string) (Page, error) {
	p := Page{First: first}
	if first < 1 || first > MaxPage {
		return p, Invalidf("first", "must be from 1 to %d, got %d", MaxPage, first)
	}
	if after == nil {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*after)
	place, ours := strings.CutPrefix(string(raw), of+":")
	micros, key, ok := strings.Cut(place, ":")
	at, errAt := strconv.ParseInt(micros, 10, 64)
	p.After = Cursor{of, time.UnixMicro(at).UTC(), key}
	if err != nil || !ours || !ok || errAt != nil || !IsText(key) || !Always.Contains(p.After.At) {
		return p, Invalidf("after", "is not a cursor of this list: %s", Quote(*after))
	}
	return p, nil
}

func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.Of + ":" + strconv.FormatInt(c.At.UnixMicro(), 10) + ":" + c.Key))
}

// Cursor is the activation's place in lists.
func (a *Activation) Cursor() Cursor { return Cursor{"Activation", a.StartAt, a.ActivationID} }

// Cursor is the campaign's place in lists.
func (c *Campaign) Cursor() Cursor { return Cursor{"Campaign", c.ScheduledAt, c.CampaignID()} }

// MaxNamed is how many values a list may hold that narrows other lists: more than a URL
// holds uuids.
const MaxNamed = 2000

// CheckNamed refuses a list in the field that is longer.
func CheckNamed[V any](field string, list []V) error {
	if len(list) > MaxNamed {
		return Invalidf(field, "must have at most %d values, got %d", MaxNamed, len(list))
	}
	return nil
}
