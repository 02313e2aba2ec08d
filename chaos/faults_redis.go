package main

import (
	"context"
	"errors"
	"time"

	"footfall/chaos/link"
	"footfall/internal/localdb"
)

// Redis is an accelerator: whatever becomes of it, everything is answered, right
// and in time.
func redisFaults() []*fault {
	redis := func(name string, do deed) *fault { return &fault{name: "Redis " + name, gateways: 2, do: do} }
	server := func(c *course) *localdb.Process { return c.servers.Redis() }
	way := func(c *course) *link.Link { return c.redis }
	gone, frozen := redis("killed (-9)", killed(server)), redis("paused (SIGSTOP)", paused(server, 0))
	gone.short, frozen.short = true, true
	return []*fault{
		gone,
		redis("restarted", restarted(server)),
		frozen,
		redis("slow (50 ms a reply)", suffering(way, link.Trouble{Delay: 50 * time.Millisecond})),
		redis("very slow (300 ms a reply)", suffering(way, link.Trouble{Delay: 300 * time.Millisecond})),
		redis("full (maxmemory, noeviction)", full),
		redis("flushed, over and over", func(ctx context.Context, c *course) error {
			for end := time.Now().Add(c.o.hold); time.Now().Before(end); pause(ctx, 200*time.Millisecond) {
				if err := c.control.FlushAll(ctx).Err(); err != nil {
					return err
				}
			}
			return nil
		}),
		redis("cut in mid-reply", suffering(way, link.Trouble{CutIn: 700})),
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
