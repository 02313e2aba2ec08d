package main

import (
	"context"
	"errors"
	"time"

	"footfall/chaos/link"
	"footfall/internal/localdb"
)

// The troubles that all servers can have, and the ways to them.

type deed func(ctx context.Context, c *course) error

// killed is a server that is gone for a while, without a word.
func killed(server func(c *course) *localdb.Process) deed {
	return func(ctx context.Context, c *course) error {
		if err := server(c).Kill(); err != nil {
			return err
		}
		c.hold(ctx)
		return server(c).Start(ctx)
	}
}

// paused is a server that takes connections and says nothing, by so much longer than
// other faults last.
func paused(server func(c *course) *localdb.Process, longer time.Duration) deed {
	return func(ctx context.Context, c *course) error {
		if err := server(c).Pause(); err != nil {
			return err
		}
		pause(ctx, longer+c.o.hold)
		return server(c).Resume()
	}
}

// restarted is a server that ends in order and is back as soon as it can.
func restarted(server func(c *course) *localdb.Process) deed {
	return func(ctx context.Context, c *course) error {
		return errors.Join(server(c).Stop(), server(c).Start(ctx))
	}
}

// suffering is a way that is bad for a while.
func suffering(way func(c *course) *link.Link, t link.Trouble) deed {
	return func(ctx context.Context, c *course) error {
		way(c).Suffer(t)
		c.hold(ctx)
		way(c).Suffer(link.Trouble{})
		return nil
	}
}
