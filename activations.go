package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"footfall/analytics"
	"footfall/ingest"
	"footfall/store"
)

type activationsCmd struct {
	Create createActivationCmd `cmd:"" help:"Create an activation and print it with its token, which cannot be shown again."`
	List   listActivationsCmd  `cmd:"" help:"List a tenant's activations, a JSON object a line."`
	Status setStatusCmd        `cmd:"" help:"Say how far an activation's order got, and print the activation."`
	Revoke revokeActivationCmd `cmd:"" help:"Revoke an activation's link. It stops working within a second; while Postgres is away, up to MAX_STALE after it was last checked."`
	Delete deleteActivationCmd `cmd:"" help:"Delete an activation and its link."`
}

type createActivationCmd struct {
	Database  database    `embed:""`
	Redis     redisServer `embed:""`
	Tenant    string      `required:"" help:"The tenant's access key."`
	EventKey  string      `required:"" help:"The event page's key."`
	EventName string      `required:"" help:"The event's name."`
	Tier      string      `required:"" help:"What was bought, such as premium."`
	Start     string      `required:"" help:"The first instant that counts, such as 2026-03-01T00:00:00Z."`
	End       string      `required:"" help:"The first instant that does not count any more."`
	ID        string      `help:"Its id; random when left out."`
	Status    string      `default:"activated" help:"${enum}." enum:"${statuses}"`
}

// statuses are what the command line calls an activation's statuses.
func statuses() string {
	var names []string
	for _, s := range analytics.ActivationStatuses {
		names = append(names, strings.ToLower(string(s)))
	}
	return strings.Join(names, ",")
}

func statusNamed(name string) analytics.ActivationStatus {
	return analytics.ActivationStatus(strings.ToUpper(name))
}

// Run creates an activation and prints one JSON object.
func (c *createActivationCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	start, err := instant("--start", c.Start)
	if err != nil {
		return err
	}
	end, err := instant("--end", c.End)
	if err != nil {
		return err
	}
	status := statusNamed(c.Status)
	in := analytics.CreateActivationInput{
		EventKey: c.EventKey, EventName: c.EventName, Tier: c.Tier, StartAt: start, EndAt: end, Status: &status,
	}
	if c.ID != "" {
		in.ActivationID = &c.ID
	}
	return withWriter(ctx, c.Database, c.Redis, c.Tenant, log, func(_ *store.Store, w *ingest.Writer, t analytics.Tenant) error {
		a, token, err := w.CreateActivation(ctx, t.ID, in)
		if err != nil {
			return err
		}
		if err = printActivation(std.out, a, token); err != nil {
			return fmt.Errorf("activation %s was made, but not shown: footfall activations delete %[1]s --tenant %s takes it back: %w", a.ActivationID, t.AccessKey, err)
		}
		return nil
	})
}

func printActivation(w io.Writer, a *analytics.Activation, token string) error {
	return printJSON(w, struct {
		ActivationID string                     `json:"activationId"`
		Token        string                     `json:"token,omitempty"`
		EventKey     string                     `json:"eventKey"`
		EventName    string                     `json:"eventName"`
		Tier         string                     `json:"tier"`
		Status       analytics.ActivationStatus `json:"status"`
		StartAt      time.Time                  `json:"startAt"`
		EndAt        time.Time                  `json:"endAt"`
	}{a.ActivationID, token, a.EventKey, a.EventName, a.Tier, a.Status, a.StartAt, a.EndAt})
}

type listActivationsCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
}

// Run lists a tenant's activations, latest start first.
func (c *listActivationsCmd) Run(ctx context.Context, std streams) error {
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		page := analytics.Page{First: analytics.MaxPage}
		for {
			found, err := s.ListActivations(ctx, t.ID, analytics.ActivationFilter{}, page)
			for _, a := range found {
				err = errors.Join(err, printActivation(std.out, a, ""))
			}
			if err != nil || len(found) < page.First {
				return err
			}
			page.After = found[len(found)-1].Cursor()
		}
	})
}

type setStatusCmd struct {
	Database database    `embed:""`
	Redis    redisServer `embed:""`
	Tenant   string      `required:"" help:"The tenant's access key."`
	ID       string      `arg:"" help:"The activation's id."`
	Status   string      `arg:"" help:"${enum}." enum:"${statuses}"`
}

// Run sets an activation's status.
func (c *setStatusCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	return withWriter(ctx, c.Database, c.Redis, c.Tenant, log, func(_ *store.Store, w *ingest.Writer, t analytics.Tenant) error {
		a, err := w.SetActivationStatus(ctx, t.ID, c.ID, statusNamed(c.Status))
		if err != nil {
			return err
		}
		return printActivation(std.out, a, "")
	})
}

type revokeActivationCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
	ID       string   `arg:"" help:"The activation's id."`
}

// Run revokes an activation's link.
func (c *revokeActivationCmd) Run(ctx context.Context, std streams) error {
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		err := s.RevokeLink(ctx, t.ID, c.ID)
		if err == nil {
			_, _ = fmt.Fprintf(std.err, "footfall: the link of %s is revoked\n", c.ID)
		}
		return err
	})
}

type deleteActivationCmd struct {
	Database database    `embed:""`
	Redis    redisServer `embed:""`
	Tenant   string      `required:"" help:"The tenant's access key."`
	ID       string      `arg:"" help:"The activation's id."`
}

// Run deletes an activation.
func (c *deleteActivationCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	return withWriter(ctx, c.Database, c.Redis, c.Tenant, log, func(_ *store.Store, w *ingest.Writer, t analytics.Tenant) error {
		err := w.DeleteActivation(ctx, t.ID, c.ID)
		if err == nil {
			_, _ = fmt.Fprintf(std.err, "footfall: %s is deleted\n", c.ID)
		}
		return err
	})
}
