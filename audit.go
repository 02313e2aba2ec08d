package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/analytics"
	"footfall/store"
)

type auditCmd struct {
	Database database `embed:""`
	Tenant   string   `help:"The tenant's access key. Without it: all tenants' acts and those of the whole database."`
	Act      string   `help:"An act such as key.create, or all of a noun such as key."`
	Actor    string   `help:"Who acted: ops@host, or key:12 of an API key."`
	Since    string   `help:"The first instant, such as 2026-03-01T00:00:00Z."`
	Until    string   `help:"The first instant that does not count any more."`
	Limit    int      `default:"1000" help:"Most acts that are listed."`
}

// Run lists administrative acts, latest first.
func (c *auditCmd) Run(ctx context.Context, std streams) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	return withStore(ctx, c.Database, func(s *store.Store) error {
		if c.Tenant != "" {
			t, err := s.Tenant(ctx, c.Tenant)
			if err != nil {
				return err
			}
			f.Tenant = t.ID
		}
		acts, err := s.AuditLog(ctx, f)
		for _, a := range acts {
			err = errors.Join(err, printJSON(std.out, struct {
				ID     int64          `json:"id"`
				At     time.Time      `json:"at"`
				Actor  string         `json:"actor"`
				Act    string         `json:"act"`
				Tenant string         `json:"tenant,omitempty"`
				Target string         `json:"target,omitempty"`
				Detail map[string]any `json:"detail"`
			}{a.ID, a.At, a.Actor, a.Name, a.Tenant, a.Target, a.Detail}))
		}
		return err
	})
}

// filter is what the flags ask for, of whichever tenant.
func (c *auditCmd) filter() (f analytics.AuditFilter, err error) {
	f = analytics.AuditFilter{Name: c.Act, Actor: c.Actor, Most: c.Limit}
	if c.Since != "" {
		if f.Since, err = instant("--since", c.Since); err != nil {
			return f, err
		}
	}
	if c.Until != "" {
		if f.Until, err = instant("--until", c.Until); err != nil {
			return f, err
		}
	}
	if c.Limit < 1 {
		return f, fmt.Errorf("--limit must be 1 or more, got %d", c.Limit)
	}
	return f, nil
}
