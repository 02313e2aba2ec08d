package cache

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/internal/await"
)

// A master that was a replica for a while missed what was written meanwhile, in the
// same process; and a replica is not believed at all.
func TestFailoverAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ports := []string{clusterPort(t), clusterPort(t)}
	first, second := startRedis(t, ports[0]), startRedis(t, ports[1])
	follow(t, second, ports[0])
	w.redis = "redis://127.0.0.1:" + ports[1]
	writer := w.idle(nil)
	w.redis = "redis://127.0.0.1:" + ports[0]
	reader := w.idle(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	asked := func() int64 { // not believing what the era was
		reader.remote.eraAt = time.Time{}
		return reader.mustClicks(tenant, subject)
	}
	equal(t, "clicks", asked(), 0)
	await.Until(t, "the answer is in both", func() bool { return len(dump(t, first)) == 2 && len(dump(t, second)) == 2 })

	ok(t, second.ReplicaOf(t.Context(), "no", "one").Err())
	writer.record(tenant, "e", 1)
	follow(t, first, ports[1])
	equal(t, "clicks beside a replica", asked(), 1)
	reader.drain(t.Context())
	ok(t, first.ReplicaOf(t.Context(), "no", "one").Err())
	equal(t, "clicks after the failover back", asked(), 1)
}

// follow makes the server a replica, and waits until it is one.
func follow(t *testing.T, server *redis.Client, port string) {
	t.Helper()
	ok(t, server.ReplicaOf(t.Context(), "127.0.0.1", port).Err())
	await.Until(t, "the replica follows", func() bool {
		info, err := server.Info(t.Context(), "replication").Result()
		return err == nil && infoField(info, "master_link_status") == "up"
	})
}

// A gateway that begins does not know what was not told to Redis before.
func TestYoungGatewayBelievesNoRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var options Options
	old := w.idle(func(o *Options) { options = *o })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", old.mustClicks(tenant, subject), 0)
	await.Until(t, "the answer is in Redis", func() bool { return len(dump(t, old.redis)) == 2 })
	w.write(tenant, "e", 1)
	young := &gateway{Cache: New(options), w: w}
	equal(t, "clicks", young.mustClicks(tenant, subject), 1)
}

// What Redis was not told because it is left alone for a moment is a failure too.
func TestCallThatIsNotMade(t *testing.T) {
	t.Parallel()
	g := newWorld(t).idle(nil)
	equal(t, "trusted", g.trusted(), true)
	for range g.remote.breaker.most {
		g.remote.breaker.report(true)
	}
	err := g.remote.replace(t.Context(), []topic{{1, "a"}})
	equal(t, "left alone", errors.Is(err, errOpen), true)
	equal(t, "trusted", g.trusted(), false)
}
