package main

import (
	"context"
	"errors"
	"fmt"

	"footfall/analytics"
	"footfall/store"
)

type forgetCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
	Visitor  string   `help:"The visitor, as your events name them."`
	Session  []string `sep:"none" help:"A session, as your events name it: the visitor's, or without --visitor one of event pages and campaigns, whoever had it. May be given again."`
	Remove   bool     `help:"Take the events out too, so that counts fall. Everything of the tenant is derived anew; writers wait meanwhile."`
}

// Run erases a visitor or session and says what that does to counts.
func (c *forgetCmd) Run(ctx context.Context, std streams) error {
	if c.Visitor == "" && len(c.Session) == 0 {
		return errors.New("name whom to forget: --visitor, --session or both")
	}
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		done, err := s.Forget(ctx, t, store.Erasure{Visitor: c.Visitor, Sessions: c.Session, Remove: c.Remove})
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(std.err, "footfall:", explainErasure(done))
		type events struct {
			Action   string `json:"action"`
			Events   int64  `json:"events"`
			Subjects int64  `json:"subjects"`
		}
		of := []events{}
		for _, e := range done.Events {
			of = append(of, events{e.Action.String(), e.Events, e.Subjects})
		}
		return printJSON(std.out, struct {
			Known      bool     `json:"known"`
			Identities int      `json:"identities"`
			Removed    bool     `json:"removed"`
			Events     []events `json:"events"`
		}{done.Known, done.Identities, done.Removed, of})
	})
}

// explainErasure says what became of the counts.
func explainErasure(done store.Forgotten) string {
	switch {
	case !done.Known:
		return "nothing is known under this name; nothing was changed"
	case done.Removed:
		return "forgotten, and the events listed are taken out: counts of events fall by as many, unique visitors or sessions by one in every range with no other event of theirs. " +
			"Events sent again would count again"
	}
	return "forgotten: no count changes. The events listed stay, under numbers that no name leads to any more; who comes back counts as somebody new"
}
