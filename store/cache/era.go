package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

var errChanging = errors.New("cache: Redis keeps changing")

// currentEra is the prefix of all keys now. One that was learnt a moment ago, over
// connections that all stand, will do unless it must be certain.
func (r *remote) currentEra(ctx context.Context, certain bool) (string, error) {
	r.mu.Lock()
	era, at, of := r.era, r.eraAt, r.eraOf
	r.mu.Unlock()
	asked, connections := time.Now(), r.connections.Load()
	if !certain && asked.Sub(at) < eraFor && of == connections {
		return era, nil
	}
	ids, clock, err := masters(ctx, r.client)
	if err != nil {
		return "", err
	}
	era = r.prefix + ":" + digest([]byte(ids + " " + r.incarnation()))[:8] + ":"
	r.mu.Lock()
	defer r.mu.Unlock()
	r.era, r.eraAt, r.eraOf = era, asked, connections
	r.clock = clockReading{clock, asked}
	return era, nil
}

// clockReading is what a clock of another said at a moment of ours.
type clockReading struct{ theirs, ours time.Time }

// now is what their clock says now, whatever became of the wall clock here.
func (c clockReading) now() time.Time { return c.theirs.Add(time.Since(c.ours)) }

// now is Redis' clock, the one that all gateways date tokens by.
func (r *remote) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock.now()
}

// inEra has call made with an era that was still the current one when it was done. For
// a write that is asked; a read over connections that were all there when the era was
// learnt has met no other Redis.
func (r *remote) inEra(ctx context.Context, writes bool, call func(era string) error) error {
	connections := r.connections.Load()
	era, err := r.currentEra(ctx, false)
	for range 3 {
		if err == nil {
			err = call(era)
		}
		if err != nil || !writes && r.connections.Load() == connections {
			return err
		}
		was := era
		connections = r.connections.Load()
		if era, err = r.currentEra(ctx, true); err == nil && era == was {
			return nil
		}
	}
	return cmp.Or(err, errChanging)
}

// masters names the servers that hold keys, and tells the latest of their clocks. Names
// are of the process, and since when it is the master, for one that was a replica
// meanwhile missed what was written.
func masters(ctx context.Context, client redis.UniversalClient) (ids string, clock time.Time, err error) {
	var mu sync.Mutex
	var all []string
	ask := func(ctx context.Context, one redis.Cmdable) error {
		info, err := one.Info(ctx, "server", "replication").Result()
		if err != nil {
			return err
		}
		run, reign := infoField(info, "run_id"), infoField(info, "master_replid")
		if run == "" || reign == "" {
			return errors.New("cache: INFO of this Redis tells no run_id or master_replid")
		}
		if role := infoField(info, "role"); role != "master" {
			return fmt.Errorf("cache: this Redis is no master but a %q", role)
		}
		at := time.Now() // where INFO does not tell
		if micros, err := strconv.ParseInt(infoField(info, "server_time_usec"), 10, 64); err == nil {
			at = time.UnixMicro(micros)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, run+" "+reign)
		if at.After(clock) {
			clock = at
		}
		return nil
	}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, one *redis.Client) error { return ask(ctx, one) })
	} else {
		err = ask(ctx, client)
	}
	slices.Sort(all)
	return strings.Join(all, " "), clock, err
}

// infoField is a field of what INFO says, "" when it is missing.
func infoField(info, name string) string {
	_, rest, _ := strings.Cut(info, "\r\n"+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// connectionCounter counts the connections that a client made: no process is reached
// over one from before it began.
type connectionCounter struct{ made *atomic.Int64 }

func countConnections(client redis.UniversalClient, made *atomic.Int64) {
	hook := connectionCounter{made}
	if cluster, ok := client.(*redis.ClusterClient); ok {
		cluster.OnNewNode(func(one *redis.Client) { one.AddHook(hook) })
	} else {
		client.AddHook(hook)
	}
}

// DialHook implements redis.Hook.
func (c connectionCounter) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		c.made.Add(1) // before anything is said over it
		return conn, err
	}
}

// ProcessHook implements redis.Hook.
func (connectionCounter) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (connectionCounter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (r *remote) lastEra() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.era
}

func (r *remote) certainEra(ctx context.Context) (era string, err error) {
	err = r.do(ctx, 1, func(ctx context.Context) error {
		era, err = r.currentEra(ctx, true)
		return err
	})
	return era, err
}

// check keeps the era known and the breaker informed, so that readers need not.
func (r *remote) check(ctx context.Context) { _, _ = r.certainEra(ctx) }
