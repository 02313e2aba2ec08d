package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"footfall/analytics"
	"footfall/ingest"
	"footfall/internal/demo"
	"footfall/internal/localdb"
	"footfall/store"
)

type demoCmd struct {
	serving
	Data  string  `default:".footfall" type:"path" help:"Folder that everything lives in; remove it to start afresh."`
	Seed  uint64  `default:"1" help:"Which sample data."`
	Scale float64 `default:"1" help:"How much of it: 1 is about a million events over three years."`
}

// database is the name of the demo's database: each sample has its own, so that none
// takes the place of another, with what was recorded since.
func (c *demoCmd) database() string {
	if c.Seed == 1 && c.Scale == 1 {
		return "footfall"
	}
	return fmt.Sprintf("footfall_%d_%g", c.Seed, c.Scale)
}

// demoState is what a demo remembers of its data, beside it. Its keys are the
// demo's own.
type demoState struct {
	Seed     uint64    `json:"seed"`
	Scale    float64   `json:"scale"`
	Today    time.Time `json:"today"`
	ReadKey  string    `json:"readKey"`
	FullKey  string    `json:"fullKey"`
	Tenant   string    `json:"tenant"`
	Campaign time.Time `json:"campaign"` // when a campaign was scheduled
	OnAir    string    `json:"onAir"`    // the key of one that is on air
}

// Run serves sample data until ctx ends.
func (c *demoCmd) Run(ctx context.Context, log *slog.Logger, std streams) (err error) {
	if err = (demo.Options{Seed: c.Seed, Scale: c.Scale, Today: time.Now()}).Validate(); err != nil {
		return err
	}
	listener, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err = os.MkdirAll(c.Data, 0o755); err != nil { //nolint:gosec // Postgres' unprivileged user must reach its folder inside
		return err
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(std.err, "footfall: "+format+"\n", args...) }
	say("starting a private Postgres and Redis in %s", c.Data)
	servers, err := localdb.Start(ctx, localdb.Options{Dir: c.Data, Redis: true, Log: std.err})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.Close()) }()
	g, state, err := c.open(ctx, servers, log, std, say)
	if err != nil {
		return err
	}
	defer g.close()
	printDemo(std, "http://"+listener.Addr().String(), servers.URLOf(c.database()), state)
	return g.serve(ctx, listener, state.pages())
}

// open opens the gateway over the demo's data, making the data first when it is
// not there or not whole.
func (c *demoCmd) open(ctx context.Context, servers *localdb.Server, log *slog.Logger, std streams, say func(string, ...any)) (*gateway, *demoState, error) {
	name := c.database()
	path := filepath.Join(servers.Dir(), strings.Replace(name, "footfall", "demo", 1)+".json")
	state := readState(path)
	same := state != nil && state.Seed == c.Seed && state.Scale == c.Scale && state.OnAir != ""
	if !same {
		if err := servers.DropDatabase(ctx, name); err != nil {
			return nil, nil, err
		}
		if _, err := servers.NewDatabase(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	c.DrainDelay = 0 // no proxy stands before a demo
	g, err := openGateway(ctx, store.Options{URL: servers.URLOf(name)}, redisServer{URL: servers.RedisURL()}, c.serving, log)
	if err != nil {
		return nil, nil, err
	}
	if _, err = g.store.Migrate(ctx); err != nil {
		g.close()
		return nil, nil, err
	}
	if same {
		say("using the sample data of %s", state.Today.Format(time.DateOnly))
		return g, state, nil
	}
	state, err = c.fill(ctx, g, std, say)
	if err == nil {
		err = writeState(path, state)
	}
	if err != nil {
		g.close()
		return nil, nil, err
	}
	return g, state, nil
}

// fill makes the sample data, events through the same door as everyone's.
func (c *demoCmd) fill(ctx context.Context, g *gateway, std streams, say func(string, ...any)) (*demoState, error) {
	state := &demoState{Seed: c.Seed, Scale: c.Scale, Today: time.Now().UTC()}
	tenants := demo.Generate(demo.Options{Seed: c.Seed, Scale: c.Scale, Today: state.Today})
	events := 0
	for _, t := range tenants {
		events += t.EventCount
	}
	say("loading %d sample events", events)
	bar := newBar(std.err, int64(events), "Loading", false)
	for i, t := range tenants {
		tenant, err := g.store.CreateTenant(ctx, t.Tenant)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if err = c.createKeys(ctx, g, tenant, state); err != nil {
				return nil, err
			}
			latest := latestCampaign(t.Campaigns, state.Today)
			state.Campaign, state.OnAir = latest.ScheduledAt, latest.CampaignKey
		}
		if err = fillTenant(ctx, g.writer, tenant.ID, t, bar); err != nil {
			return nil, err
		}
	}
	_ = bar.Finish()
	say("compacting")
	_, err := g.store.Compact(ctx, func(int, int) {})
	return state, err
}

func (c *demoCmd) createKeys(ctx context.Context, g *gateway, t analytics.Tenant, state *demoState) (err error) {
	state.Tenant = t.AccessKey
	read := analytics.APIKey{Name: "demo, reading", Scopes: []analytics.Scope{analytics.ScopeRead}}
	if _, state.ReadKey, err = createKey(ctx, g.store, t, read); err != nil {
		return err
	}
	full := analytics.APIKey{Name: "demo, everything", Scopes: []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin}}
	_, state.FullKey, err = createKey(ctx, g.store, t, full)
	return err
}

// latestCampaign is the one that started last: it is on air.
func latestCampaign(campaigns []analytics.CampaignInput, today time.Time) analytics.CampaignInput {
	var latest analytics.CampaignInput
	for _, c := range campaigns {
		if c.ScheduledAt.Before(today) && c.ScheduledAt.After(latest.ScheduledAt) {
			latest = c
		}
	}
	return latest
}

func fillTenant(ctx context.Context, w *ingest.Writer, tenant int64, t demo.Tenant, bar *progressbar.ProgressBar) error {
	if err := fillNouns(ctx, w, tenant, t); err != nil {
		return err
	}
	batch := make([]analytics.EventInput, 0, ingest.MaxEvents)
	record := func() error {
		verdicts, err := w.Record(ctx, tenant, batch)
		if err == nil && len(verdicts.Rejected) > 0 {
			err = fmt.Errorf("sample event %d: %s", verdicts.Rejected[0].Index, verdicts.Rejected[0].Message)
		}
		_ = bar.Add(len(batch))
		batch = batch[:0]
		return err
	}
	for e := range t.Events {
		if batch = append(batch, e); len(batch) == ingest.MaxEvents {
			if err := record(); err != nil {
				return err
			}
		}
	}
	return record()
}

// fillNouns makes what a tenant's events are about.
func fillNouns(ctx context.Context, w *ingest.Writer, tenant int64, t demo.Tenant) error {
	for chunk := range slices.Chunk(t.Partners, ingest.MaxNouns) {
		if _, err := w.UpsertPartners(ctx, tenant, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(t.Campaigns, ingest.MaxNouns) {
		if _, err := w.UpsertCampaigns(ctx, tenant, chunk); err != nil {
			return err
		}
	}
	for _, a := range t.Activations {
		var err error
		if a.Token == "" {
			_, _, err = w.CreateActivation(ctx, tenant, a.CreateActivationInput)
		} else {
			_, err = w.CreateActivationWithToken(ctx, tenant, a.CreateActivationInput, a.Token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readState(path string) *demoState {
	data, err := os.ReadFile(path)
	state := &demoState{}
	if err != nil || json.Unmarshal(data, state) != nil {
		return nil
	}
	return state
}

func writeState(path string, state *demoState) error {
	data, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
