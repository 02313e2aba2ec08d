// Package bare is gqlgen as its documentation shows it, over values in memory: no
// limits, no authorisation, no cache but that of parsed documents. It is what an
// executor costs by itself.
package bare

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:generate go tool gqlgen generate

// Activation is an activation with its metrics.
type Activation struct {
	ActivationID string   `json:"activationId"`
	EventKey     string   `json:"eventKey"`
	EventName    string   `json:"eventName"`
	Tier         string   `json:"tier"`
	StartAt      string   `json:"startAt"`
	EndAt        string   `json:"endAt"`
	Metrics      *Metrics `json:"metrics"`
}

// Metrics are an activation's measures.
type Metrics struct {
	ClickCount                 int64    `json:"clickCount"`
	OutboundClickCount         int64    `json:"outboundClickCount"`
	CalendarSyncCount          int64    `json:"calendarSyncCount"`
	UniqueSessionCount         int64    `json:"uniqueSessionCount"`
	UniqueViewSessionCount     int64    `json:"uniqueViewSessionCount"`
	UniqueOutboundSessionCount int64    `json:"uniqueOutboundSessionCount"`
	UniqueCalendarSessionCount int64    `json:"uniqueCalendarSessionCount"`
	OutboundSessionRate        *float64 `json:"outboundSessionRate"`
	CalendarSessionRate        *float64 `json:"calendarSessionRate"`
	OutboundInteractionRate    *float64 `json:"outboundInteractionRate"`
	CalendarInteractionRate    *float64 `json:"calendarInteractionRate"`
}

// Page is a list of activations.
type Page struct{ Nodes []*Activation }

// Filter narrows a list.
type Filter struct{ EventKeys []string }

// New is a handler over values.
func New(values []*Activation) http.Handler {
	r := &root{byID: map[string]*Activation{}, byEvent: map[string]*Activation{}}
	for _, a := range values {
		r.byID[a.ActivationID], r.byEvent[a.EventKey] = a, a
	}
	s := handler.New(NewExecutableSchema(Config{Resolvers: r}))
	s.AddTransport(transport.POST{})
	s.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	return s
}

type root struct{ byID, byEvent map[string]*Activation }

// Query implements ResolverRoot.
func (r *root) Query() QueryResolver { return r }

// Activation implements QueryResolver.
func (r *root) Activation(_ context.Context, activationID string) (*Activation, error) {
	return r.byID[activationID], nil
}

// Activations implements QueryResolver: the latest first.
func (r *root) Activations(_ context.Context, first int64, filter *Filter) (*Page, error) {
	page := &Page{}
	for _, key := range filter.EventKeys {
		if a := r.byEvent[key]; a != nil {
			page.Nodes = append(page.Nodes, a)
		}
	}
	slices.SortFunc(page.Nodes, func(a, b *Activation) int {
		if c := strings.Compare(b.StartAt, a.StartAt); c != 0 {
			return c
		}
		return strings.Compare(b.ActivationID, a.ActivationID)
	})
	page.Nodes = page.Nodes[:min(len(page.Nodes), int(first))]
	return page, nil
}
