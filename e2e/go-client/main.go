// Command footfall-client runs the four user journeys against a gateway in
// types that genqlient made. It exits with 1 on any surprise.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

//go:generate go tool genqlient

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := client{graphql.NewClient(os.Getenv("FOOTFALL_URL")+"/graphql", &http.Client{Transport: withKey(os.Getenv("FOOTFALL_KEY"))})}
	for _, journey := range []func(context.Context) error{c.report, c.leaderboard, c.campaigns, c.recording, c.errors} {
		if err := journey(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println("four journeys")
}

// withKey sends an API key with every request, which must see every write.
type withKey string

func (k withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(k))
	r.Header.Set("Cache-Control", "no-cache")
	return http.DefaultTransport.RoundTrip(r)
}

type client struct{ graphql.Client }

// surprise is an error unless got is what was wanted.
func surprise[T comparable](what string, got, want T) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s is %v, not %v", what, got, want)
}

func (c client) report(ctx context.Context) error {
	week := &RangeInput{Dates: &DateRangeInput{StartDate: "2026-03-16", EndDate: "2026-03-22"}}
	answer, err := ActivationReportQuery(ctx, c, "act_abc123xyz", week, nil)
	if err != nil {
		return err
	}
	a := answer.Activation
	var clicks int64
	for i, p := range a.TimeSeries.Points {
		clicks += p.Metrics.ClickCount
		if i > 0 && !p.Start.Equal(a.TimeSeries.Points[i-1].End) {
			return fmt.Errorf("a gap before %v", p.Start)
		}
	}
	return errors.Join(
		surprise("the clicks", a.Metrics.ClickCount, 1250),
		surprise("the clicks of all weeks", clicks, 1250),
		surprise("the rate", *a.Metrics.OutboundSessionRate, 34.4),
		surprise("the status", a.Status, ActivationStatusActivated),
		surprise("the week before", a.Week.Previous.Range.End.Equal(a.Week.Range.Start), true),
	)
}

func (c client) leaderboard(ctx context.Context) error {
	quarter := PeriodLast90Days
	seen := map[uuid.UUID]bool{}
	for after := (*string)(nil); ; {
		answer, err := PartnerLeaderboardQuery(ctx, c, &RangeInput{Period: &quarter}, 8, after)
		if err != nil {
			return err
		}
		board := answer.PartnerLeaderboard
		for _, e := range board.Edges {
			seen[e.Node.Uuid] = true
			if err = surprise("a rank", e.Rank, len(seen)); err != nil {
				return err
			}
		}
		if after = board.PageInfo.EndCursor; !board.PageInfo.HasNextPage {
			return surprise("the number of partners", len(seen), board.TotalCount)
		}
	}
}

func (c client) campaigns(ctx context.Context) error {
	now := time.Now()
	listed, err := CampaignsOfWeekQuery(ctx, c, &InstantRangeInput{Start: now.AddDate(-1, 0, 0), End: now}, 1)
	if err != nil {
		return err
	}
	latest := listed.Campaigns.Edges[0].Node
	answer, err := CampaignsCurveQuery(ctx, c, latest.CampaignKey, IntervalHour)
	if err != nil {
		return err
	}
	var likes int64
	for _, p := range answer.Campaign.TimeSeries.Points {
		likes += p.Metrics.Likes
	}
	return surprise("the likes of all hours", likes, latest.Metrics.Likes)
}

func (c client) recording(ctx context.Context) error {
	name := "e2e-" + uuid.NewString()
	start := time.Now().Add(-time.Hour)
	created, err := RecordingCreateMutation(ctx, c, &CreateActivationInput{
		ActivationId: &name, EventKey: name, EventName: "Typed in Go", Tier: "e2e", StartAt: start, EndAt: start.Add(time.Hour),
	})
	if err != nil {
		return err
	}
	click := &EventInput{Id: name, Action: "click", Event: &name, Session: &name, At: start.Add(time.Second)}
	recorded, err := RecordingEventsMutation(ctx, c, []*EventInput{click, click})
	if err != nil {
		return err
	}
	id := created.CreateActivation.Activation.Id
	read, err := RecordingReadQuery(ctx, c, id)
	if err != nil {
		return err
	}
	activation, ok := (*read.Node).(*RecordingReadQueryNodeActivation)
	if !ok {
		return fmt.Errorf("the node is a %T", *read.Node)
	}
	if _, err = RecordingDeleteMutation(ctx, c, name); err != nil {
		return err
	}
	gone, err := RecordingReadQuery(ctx, c, id)
	if err != nil {
		return err
	}
	return errors.Join(
		surprise("accepted", recorded.RecordEvents.Accepted, 1),
		surprise("duplicates", recorded.RecordEvents.Duplicates, 1),
		surprise("the clicks", activation.Metrics.ClickCount, 1),
		surprise("what was deleted is gone", gone.Node == nil, true),
	)
}

// errors expects an error with its code and field.
func (c client) errors(ctx context.Context) error {
	quarter, cursor := PeriodLast90Days, "no cursor"
	_, err := PartnerLeaderboardQuery(ctx, c, &RangeInput{Period: &quarter}, 8, &cursor)
	var list gqlerror.List
	if !errors.As(err, &list) {
		return fmt.Errorf("a bad cursor gives %w", err)
	}
	return errors.Join(
		surprise("the code", list[0].Extensions["code"], any("BAD_USER_INPUT")),
		surprise("the field", list[0].Extensions["field"], any("after")),
	)
}
