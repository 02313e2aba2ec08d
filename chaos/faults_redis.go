package main

import (
	"context"
	"errors"
	"time"

	"footfall/chaos/link"
)

// Redis is an accelerator: whatever becomes of it, everything is answered, right
// and in time.
func redisFaults() []*fault {
	redis := func(name string, do func(ctx context.Context, c *course) error) *fault {
		return &fault{name: "Redis " + name, gateways: 2, do: do}
	}
	suffering := func(t link.Trouble) func(ctx context.Context, c *course) error {
		return func(ctx context.Context, c *course) error {
			c.redis.Suffer(t)
			c.hold(ctx)
			c.redis.Suffer(link.Trouble{})
			return nil
		}
	}
	killed := redis("killed (-9)", func(ctx context.Context, c *course) error {
		if err := c.servers.Redis().Kill(); err != nil {
			return err
		}
		c.hold(ctx)
		return c.servers.Redis().Start(ctx)
	})
	paused := redis("paused (SIGSTOP)", func(ctx context.Context, c *course) error {
		if err := c.servers.Redis().Pause(); err != nil {
			return err
		}
		c.hold(ctx)
		return c.servers.Redis().Resume()
	})
	killed.short, paused.short = true, true
	return []*fault{
		killed,
		redis("restarted", func(ctx context.Context, c *course) error {
			return errors.Join(c.servers.Redis().Stop(), c.servers.Redis().Start(ctx))
		}),
		paused,
		redis("slow (50 ms a reply)", suffering(link.Trouble{Delay: 50 * time.Millisecond})),
		redis("very slow (300 ms a reply)", suffering(link.Trouble{Delay: 300 * time.Millisecond})),
		redis("full (maxmemory, noeviction)", full),
		redis("flushed, over and over", func(ctx context.Context, c *course) error {
			for end := time.Now().Add(c.o.hold); time.Now().Before(end); pause(ctx, 200*time.Millisecond) {
				if err := c.control.FlushAll(ctx).Err(); err != nil {
					return err
				}
			}
			return nil
		}),
		redis("cut in mid-reply", suffering(link.Trouble{CutIn: 700})),
	}
}

// full lets Redis refuse every write.
func full(ctx context.Context, c *course) error {
	set := func(memory, policy string) error {
		return errors.Join(c.control.ConfigSet(ctx, "maxmemory-policy", policy).Err(), c.control.ConfigSet(ctx, "maxmemory", memory).Err())
	}
	if err := set("1", "noeviction"); err != nil {
		return err
	}
	c.hold(ctx)
	return set("256mb", "allkeys-lru")
}
