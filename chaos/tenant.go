package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"footfall/chaos/ledger"
)

// Both tenants have the same keys and names, so that what leaks from one to the
// other is a wrong number.
const (
	tenants = 2
	people  = 4000 // sessions and visitors to draw from
)

// nouns are how many of each a tenant has.
type nouns struct{ pages, partners, campaigns int }

// With few every answer of a fault meets many events; with many an hour's events
// are spread, as a busy tenant's are.
var (
	few  = nouns{pages: 3, partners: 4, campaigns: 2}
	many = nouns{pages: 60, partners: 40, campaigns: 20}
)

var sources = []string{"", "mail", "search", "social"}

// tenant is whose events are recorded and read.
type tenant struct {
	nouns
	accessKey, key string
	tokens         []string  // of its activations
	first          time.Time // midnight before the first event
}

func (t *tenant) activation(page int) string { return fmt.Sprintf("%s_page_%d", t.accessKey, page) }

func pageKey(page int) string         { return fmt.Sprintf("page-%d", page) }
func partnerUUID(partner int) string  { return fmt.Sprintf("00000000-0000-4000-8000-%012d", partner) }
func partnerName(partner int) string  { return fmt.Sprintf("Partner %d", partner) }
func campaignKey(campaign int) string { return fmt.Sprintf("campaign-%d", campaign) }

// days are those that events happen on: four past ones and today.
const days = 5

// from and until are the window that holds every event, tomorrow's too: a run
// may last past midnight.
func (t *tenant) from() time.Time  { return t.first }
func (t *tenant) until() time.Time { return t.first.AddDate(0, 0, days+2) }

// event is one to record, and what it counts in.
type event struct {
	ID       string    `json:"id"`
	Action   string    `json:"action"`
	Event    string    `json:"event,omitempty"`
	Partner  string    `json:"partner,omitempty"`
	Campaign string    `json:"campaign,omitempty"`
	Session  string    `json:"session,omitempty"`
	Visitor  string    `json:"visitor,omitempty"`
	At       time.Time `json:"at"`
	Seconds  int       `json:"seconds,omitempty"`
	Source   string    `json:"source,omitempty"`

	marks []ledger.Mark
}

// draw makes an event.
func (t *tenant) draw(id string) event {
	e := event{ID: id, At: t.instant(), Visitor: fmt.Sprint("v", rand.IntN(people))}
	switch n := rand.IntN(10); {
	case n < 5:
		t.onPage(&e, rand.IntN(t.pages))
	case n < 8:
		t.inPortal(&e, rand.IntN(t.partners))
	default:
		t.inCampaign(&e, rand.IntN(t.campaigns))
	}
	return e
}

// instant is now, or on one of the days before.
func (t *tenant) instant() time.Time {
	day := rand.IntN(days)
	if day == days-1 {
		return time.Now().UTC().Truncate(time.Millisecond)
	}
	return t.first.AddDate(0, 0, day).Add(time.Duration(rand.IntN(86_000)) * time.Second)
}

// count notes that the event is one of a tally, of the thing if it has one.
func (e *event) count(tally, thing string) {
	e.marks = append(e.marks, ledger.Mark{Tally: tally, Thing: thing})
}

// The tallies of a noun, of a day of it, and of a source of it, are named so.
func (t *tenant) tally(noun string, i int, what string) string {
	return fmt.Sprintf("%s/%s %d/%s", t.accessKey, noun, i, what)
}

func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

func (t *tenant) onPage(e *event, page int) {
	e.Visitor, e.Session, e.Event, e.Source = "", fmt.Sprint("s", rand.IntN(people)), pageKey(page), sources[rand.IntN(len(sources))]
	e.Action = []string{"click", "click", "outbound_click", "calendar_sync"}[rand.IntN(4)]
	e.count(t.tally("page", page, e.Action), "")
	e.count(t.tally("page", page, e.Action+" sessions"), e.Session)
	e.count(t.tally("page", page, "sessions"), e.Session)
	for _, part := range []string{dayOf(e.At), "source " + e.Source} {
		e.count(t.tally("page", page, part+" "+e.Action), "")
		e.count(t.tally("page", page, part+" sessions"), e.Session)
	}
}

func (t *tenant) inPortal(e *event, partner int) {
	day := dayOf(e.At)
	e.Action, e.Partner, e.Session = "page_view", partnerUUID(partner), "of "+day
	e.count(t.tally("partner", partner, "views"), "")
	e.count(t.tally("partner", partner, "users"), e.Visitor)
	e.count(t.tally("partner", partner, "sessions"), e.Visitor+e.Session)
	e.count(t.tally("partner", partner, day+" views"), "")
	e.count(t.tally("partner", partner, day+" users"), e.Visitor)
}

func (t *tenant) inCampaign(e *event, campaign int) {
	e.Campaign = campaignKey(campaign)
	e.Action = []string{"watch", "watch", "like", "chat"}[rand.IntN(4)]
	if e.Action != "watch" {
		e.count(t.tally("campaign", campaign, e.Action), "")
		e.count(t.tally("campaign", campaign, e.Action+" viewers"), e.Visitor)
		return
	}
	e.At, e.Seconds = e.At.Truncate(time.Second), 1+rand.IntN(3)
	e.count(t.tally("campaign", campaign, "viewers"), e.Visitor)
	for s := range e.Seconds {
		e.count(t.tally("campaign", campaign, "seconds"), fmt.Sprint(e.Visitor, " ", e.At.Unix()+int64(s)))
	}
}
