package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"footfall/internal/demo"
	"footfall/web"
)

// pages is what the pages fill in.
func (s *demoState) pages() web.Config {
	return web.Config{
		Demo: &web.Demo{
			ReadKey: s.ReadKey, FullKey: s.FullKey, AccessKey: s.Tenant,
			ActivationID: demo.ExampleActivation, Token: demo.ExampleToken, CampaignKey: s.OnAir,
		},
		Examples: s.examples,
	}
}

// examples are lines that work as they are; base is the gateway's URL.
func (s *demoState) examples(base string) []web.Example {
	week := s.Campaign.Truncate(24 * time.Hour).Add(-6 * 24 * time.Hour)
	fill := strings.NewReplacer(
		"BASE", base, "ACTIVATION", demo.ExampleActivation, "TOKEN", demo.ExampleToken, "ACCESS", s.Tenant,
		"READ", "Authorization: Bearer "+s.ReadKey, "FULL", "Authorization: Bearer "+s.FullKey,
		"FROM", week.Format(time.RFC3339), "TO", week.Add(7*24*time.Hour).Format(time.RFC3339), "NOW", time.Now().UTC().Format(time.RFC3339),
	)
	examples := []web.Example{
		{Title: "Numbers of an event, for its host", Line: `curl 'BASE/api/partner-stats/ACTIVATION?token=TOKEN'`},
		{Title: "The leaderboard, for the partner manager", Line: `curl -H 'READ' 'BASE/v1/analytics/engagement/partners?period=last_90_days&limit=5'`},
		{Title: "A week of campaigns, for the producer", Line: `curl -H 'READ' 'BASE/v2/ACCESS/campaign/stats?from=FROM&to=TO'`},
		{Title: "GraphQL, for a front end", Line: `curl -H 'READ' -H 'Content-Type: application/json' BASE/graphql -d ` +
			`'{"query":"{ activation(activationId: \"ACTIVATION\") { eventName metrics { clickCount uniqueSessionCount outboundSessionRate } } }"}'`},
		{Title: "Recording an event, with the key that may do everything", Line: `curl -H 'FULL' -H 'Content-Type: application/x-ndjson' BASE/v1/events -d ` +
			`'{"id":"hello-1","action":"click","event":"my-first-event","session":"s1","at":"NOW"}'`},
	}
	for i := range examples {
		examples[i].Line = fill.Replace(examples[i].Line)
	}
	return examples
}

// printDemo says what to open and what to paste.
func printDemo(std streams, base, databaseURL string, s *demoState) {
	_, _ = fmt.Fprintf(std.out, `
Footfall is up, with sample data. Ctrl-C stops it. Begin here:

  %[1]s/

Host's report      %[1]s/partner-stats/%[2]s?token=%[3]s
Leaderboard        %[1]s/leaderboard
Live wall          %[1]s/campaigns/%[4]s
Playground         %[1]s/playground
Documentation      %[1]s/docs

Or in a terminal:

`, base, demo.ExampleActivation, demo.ExampleToken, s.OnAir)
	operator := []web.Example{
		{Title: "Metrics, for the operator", Line: "curl " + base + "/metrics"},
		{Title: "A proof that every number agrees with its events", Line: "DATABASE_URL='" + databaseURL + "' " + os.Args[0] + " verify"},
	}
	for _, e := range append(s.examples(base), operator...) {
		_, _ = fmt.Fprintf(std.out, "%s:\n  %s\n\n", e.Title, e.Line)
	}
}
