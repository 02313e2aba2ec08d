package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/schollz/progressbar/v3"

	"footfall/bench/sample"
)

// fill makes sample data as a customer would: the program's own commands, its
// API, and `footfall load` for the events.
func (w *world) fill(ctx context.Context, d *data) (err error) {
	if _, err = w.footfall(ctx, d.url, "migrate"); err != nil {
		return err
	}
	if _, err = w.footfall(ctx, d.url, "tenants", "create", "--key", tenant, "--name", "Bench", "--time-zone", sample.TimeZone); err != nil {
		return err
	}
	if d.ReadKey, err = w.footfall(ctx, d.url, "keys", "create", "--tenant", tenant, "--scopes", "analytics:read"); err != nil {
		return err
	}
	if d.FullKey, err = w.footfall(ctx, d.url, "keys", "create", "--tenant", tenant, "--scopes", "analytics:read,events:write,admin"); err != nil {
		return err
	}
	if err = w.createNouns(ctx, d); err != nil {
		return err
	}
	if err = w.loadEvents(ctx, d); err != nil {
		return err
	}
	w.say("compacting")
	if _, err = w.footfall(ctx, d.url, "compact", "--full"); err != nil {
		return err
	}
	return w.settle(ctx, d)
}

// createNouns creates the sample's nouns through GraphQL.
func (w *world) createNouns(ctx context.Context, d *data) error {
	g, err := w.gateway(ctx, d.url, "", 0)
	if err != nil {
		return err
	}
	defer g.Stop()
	create := asker{g.Address, d.FullKey}
	for chunk := range slices.Chunk(d.Partners, 100) {
		input := mapped(chunk, func(p sample.Partner) any { return object{"uuid": p.UUID, "name": p.Name, "partnerType": p.Type} })
		const text = `mutation ($input: [PartnerInput!]!) { upsertPartners(input: $input) { __typename } }`
		if err = create.ask(ctx, text, object{"input": input}, nil); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(d.Campaigns, 100) {
		input := mapped(chunk, func(c sample.Campaign) any {
			return object{"campaignKey": c.Key, "title": c.Title, "scheduledAt": c.StartedAt.Truncate(time.Hour), "startedAt": c.StartedAt, "endedAt": c.EndedAt}
		})
		const text = `mutation ($input: [CampaignInput!]!) { upsertCampaigns(input: $input) { __typename } }`
		if err = create.ask(ctx, text, object{"input": input}, nil); err != nil {
			return err
		}
	}
	for i, p := range d.Pages {
		var made struct {
			CreateActivation struct{ Token string }
		}
		id := fmt.Sprintf("act_%04d", i+1)
		const text = `mutation ($input: CreateActivationInput!) { createActivation(input: $input) { token } }`
		if err = create.ask(ctx, text, object{"input": object{
			"activationId": id, "eventKey": p.Key, "eventName": p.Name, "tier": p.Tier, "startAt": p.StartAt, "endAt": p.EndAt,
		}}, &made); err != nil {
			return err
		}
		d.Links = append(d.Links, link{id, made.CreateActivation.Token})
	}
	return nil
}

// object is variables of a GraphQL operation.
type object = map[string]any

// loadEvents pipes the events into `footfall load`, as they are made.
func (w *world) loadEvents(ctx context.Context, d *data) error {
	bar := progressbar.NewOptions(d.Total(), progressbar.OptionSetWriter(w.errOut), progressbar.OptionSetDescription("loading events"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("events"), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(time.Second), progressbar.OptionSetPredictTime(true))
	var out, complaints strings.Builder
	cmd := w.command(ctx, w.binary, []string{"DATABASE_URL=" + d.url, "REDIS_URL="}, &out, "load", "--tenant", tenant, "-")
	cmd.Stderr = &complaints // and a progress bar of its own
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err = cmd.Start(); err != nil {
		return err
	}
	wrote := d.WriteEvents(in, func(n int) { _ = bar.Add(n) })
	_ = in.Close()
	err = cmd.Wait()
	_, _ = io.WriteString(w.errOut, "\n")
	if err == nil {
		err = wrote
	}
	if err != nil {
		text := complaints.String()
		return fmt.Errorf("footfall load: %w: %s", err, text[max(0, len(text)-500):])
	}
	d.LoadedIn = time.Since(start).Seconds()
	var verdicts struct{ Accepted int }
	if err = json.Unmarshal([]byte(out.String()), &verdicts); err == nil && verdicts.Accepted != d.Total() {
		err = fmt.Errorf("footfall load took %d of %d events", verdicts.Accepted, d.Total())
	}
	w.say("%s events in %.0f s: %s events/s", thousands(float64(d.Total())), d.LoadedIn, thousands(float64(d.Total())/d.LoadedIn))
	return err
}

// settle has Postgres do now what it would do while we measure, and notes which
// number the tenant has.
func (w *world) settle(ctx context.Context, d *data) error {
	c, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	for _, statement := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		if _, err = c.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return c.QueryRow(ctx, "SELECT tenant_id FROM tenants WHERE access_key = $1", tenant).Scan(&d.TenantID)
}
