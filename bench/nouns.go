package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The activations that are asked for: windows of our own on the demo's events,
// because a link's token is shown only to whom creates the activation.
const (
	benchTier   = "bench"
	activations = 200
)

// nouns are what the jobs ask about.
type nouns struct {
	links   []link
	busiest link
	weeks   []time.Time // that hold a campaign
	fullest time.Time
	// Only ingest asks for these.
	events, partners, campaigns []string
}

// link is an activation with the token that opens it.
type link struct {
	ActivationID string `json:"activationId"`
	Token        string `json:"token"`
}

// savedLinks are kept beside the data; ReadKey tells whether they are of it.
type savedLinks struct {
	ReadKey string `json:"readKey"`
	Links   []link `json:"links"`
}

// findNouns asks the gateway what there is, and creates our activations the
// first time.
func findNouns(ctx context.Context, w *world, g *process) (*nouns, error) {
	n := &nouns{}
	find := asker{g.address, w.demo.ReadKey}
	windows, err := findWindows(ctx, find)
	if err != nil {
		return nil, err
	}
	for _, a := range windows {
		n.events = append(n.events, a.EventKey)
	}
	if n.links, err = loadLinks(ctx, w, g, windows); err != nil {
		return nil, err
	}
	if n.busiest, err = busiest(ctx, find, n.links); err != nil {
		return nil, err
	}
	if err = n.findCampaigns(ctx, find); err != nil {
		return nil, err
	}
	return n, n.findPartners(ctx, find)
}

// window is an activation of the demo's.
type window struct {
	EventKey, EventName, Tier string
	StartAt, EndAt            time.Time
}

func findWindows(ctx context.Context, find asker) ([]window, error) {
	var data struct{ Activations struct{ Nodes []window } }
	err := find.ask(ctx, `{ activations(first: 1000, filter: { statuses: [ACTIVATED] }) {
		nodes { eventKey eventName tier startAt endAt } } }`, nil, &data)
	windows := slices.DeleteFunc(data.Activations.Nodes, func(a window) bool { return a.Tier == benchTier })
	if err == nil && len(windows) == 0 {
		err = errors.New("the sample data has no activations")
	}
	return windows, err
}

// loadLinks reads the links of an earlier run, or makes them.
func loadLinks(ctx context.Context, w *world, g *process, windows []window) ([]link, error) {
	path := filepath.Join(w.servers.Dir(), "bench.json")
	var saved savedLinks
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &saved) == nil && saved.ReadKey == w.demo.ReadKey {
		return saved.Links, nil
	}
	saved = savedLinks{ReadKey: w.demo.ReadKey}
	for i := range activations {
		l, err := createLink(ctx, asker{g.address, w.demo.FullKey}, windows[i%len(windows)], i/len(windows))
		if err != nil {
			return nil, err
		}
		saved.Links = append(saved.Links, l)
	}
	text, err := json.Marshal(saved)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	return saved.Links, err
}

// createLink creates an activation: the nth copy of a window, so many hours
// narrower, so that no two ask for the same.
func createLink(ctx context.Context, create asker, a window, nth int) (link, error) {
	start := a.StartAt.Add(time.Duration(nth) * time.Hour)
	if !start.Before(a.EndAt) {
		start = a.StartAt
	}
	var data struct {
		CreateActivation struct {
			Activation struct{ ActivationID string }
			Token      string
		}
	}
	err := create.ask(ctx, `mutation ($input: CreateActivationInput!) {
		createActivation(input: $input) { activation { activationId } token } }`,
		map[string]any{"input": map[string]any{
			"eventKey": a.EventKey, "eventName": a.EventName, "tier": benchTier, "startAt": start, "endAt": a.EndAt,
		}}, &data)
	return link{data.CreateActivation.Activation.ActivationID, data.CreateActivation.Token}, err
}

// busiest is the link with the most clicks.
func busiest(ctx context.Context, find asker, links []link) (link, error) {
	var data struct {
		Activations struct {
			Nodes []struct {
				ActivationID string
				Metrics      struct{ ClickCount int64 }
			}
		}
	}
	err := find.ask(ctx, `query ($tier: String!) { activations(first: 1000, filter: { tiers: [$tier] }) {
		nodes { activationId metrics { clickCount } } } }`, map[string]any{"tier": benchTier}, &data)
	clicks := map[string]int64{}
	for _, a := range data.Activations.Nodes {
		clicks[a.ActivationID] = a.Metrics.ClickCount
	}
	return slices.MaxFunc(links, func(a, b link) int {
		return int(clicks[a.ActivationID] - clicks[b.ActivationID])
	}), err
}

// findCampaigns finds the weeks around campaigns that went on air: most other
// weeks of the sample data are empty, and an empty answer proves little.
func (n *nouns) findCampaigns(ctx context.Context, find asker) error {
	var data struct {
		Campaigns struct {
			Nodes []struct {
				CampaignKey string
				ScheduledAt time.Time
				StartedAt   *time.Time
			}
		}
	}
	if err := find.ask(ctx, `{ campaigns(first: 1000) { nodes { campaignKey scheduledAt startedAt } } }`, nil, &data); err != nil {
		return err
	}
	var at []time.Time
	for _, c := range data.Campaigns.Nodes {
		if c.StartedAt != nil {
			n.campaigns = append(n.campaigns, c.CampaignKey)
			at = append(at, c.ScheduledAt.UTC())
		}
	}
	if len(at) == 0 {
		return errors.New("the sample data has no campaigns")
	}
	n.weeks = weeksAround(at)
	n.fullest = slices.MaxFunc(n.weeks, func(a, b time.Time) int { return within(at, a) - within(at, b) })
	return nil
}

// weeksAround are the starts of the weeks that have these instants in their
// middle, by days, each once, in order.
func weeksAround(at []time.Time) []time.Time {
	var out []time.Time
	for _, t := range at {
		out = append(out, t.Truncate(24*time.Hour).AddDate(0, 0, -3))
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// within counts the instants of the week from an instant on.
func within(at []time.Time, from time.Time) (n int) {
	for _, t := range at {
		if !t.Before(from) && t.Before(from.AddDate(0, 0, 7)) {
			n++
		}
	}
	return n
}

func (n *nouns) findPartners(ctx context.Context, find asker) error {
	var data struct {
		PartnerLeaderboard struct{ Nodes []struct{ UUID string } }
	}
	if err := find.ask(ctx, `{ partnerLeaderboard(first: 1000) { nodes { uuid } } }`, nil, &data); err != nil {
		return err
	}
	for _, p := range data.PartnerLeaderboard.Nodes {
		n.partners = append(n.partners, strings.ToLower(p.UUID))
	}
	return nil
}
