package cache

import (
	"context"
	"errors"
	"net"
	"slices"
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
	ids, err := runIDs(ctx, r.client)
	if err != nil {
		return "", err
	}
	era = r.prefix + ":" + digest([]byte(ids + " " + r.incarnation()))[:8] + ":"
	r.mu.Lock()
	defer r.mu.Unlock()
	r.era, r.eraAt, r.eraOf = era, asked, connections
	return era, nil
}

// runIDs are the run ids of the servers that hold keys.
func runIDs(ctx context.Context, client redis.UniversalClient) (string, error) {
	var mu sync.Mutex
	var ids []string
	ask := func(ctx context.Context, one redis.Cmdable) error {
		info, err := one.Info(ctx, "server").Result()
		if err != nil {
			return err
		}
		_, rest, found := strings.Cut(info, "run_id:")
		if !found {
			return errors.New("cache: INFO of this Redis tells no run_id")
		}
		id, _, _ := strings.Cut(rest, "\r\n")
		mu.Lock()
		defer mu.Unlock()
		ids = append(ids, id)
		return nil
	}
	var err error
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, one *redis.Client) error { return ask(ctx, one) })
	} else {
		err = ask(ctx, client)
	}
	slices.Sort(ids)
	return strings.Join(ids, " "), err
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
