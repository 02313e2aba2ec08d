package cache

import (
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis = startCluster(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant := w.tenants[0]
	var queries []analytics.Query
	for _, e := range strings.Split("abcdefghijkl", "") {
		queries = append(queries, query(w.subject(tenant, e)))
	}
	read := func(g *gateway, want int64) bool {
		answers, err := g.Totals(t.Context(), tenant, queries)
		ok(t, err)
		for _, a := range answers {
			if a.Totals[0].Of[analytics.Click].Events != want {
				return false
			}
		}
		return true
	}
	for n := range int64(5) {
		for _, e := range strings.Split("abcdefghijkl", "") {
			a.record(tenant, e, 1)
		}
		within(t, promise, "the writes are seen", func() bool { return read(b, n+1) })
		eventually(t, "a second gateway finds them in Redis", func() bool {
			before := a.Stats()
			a.memory.forgetAll()
			equal(t, "clicks", read(a, n+1), true)
			return a.Stats().HitsRedis == before.HitsRedis+int64(len(queries))
		})
	}
	equal(t, "errors of Redis", b.Stats().RedisErrors, 0)
}

// startCluster starts a Redis Cluster of two masters.
func startCluster(t *testing.T) string {
	t.Helper()
	var ports []string
	var clients []*redis.Client
	for range 2 {
		dir := t.TempDir()
		port := clusterPort(t)
		cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--dir", dir, "--save", "", "--cluster-node-timeout", "2000")
		ok(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
		t.Cleanup(func() { _ = client.Close() })
		eventually(t, "the node is up", func() bool { return client.Ping(t.Context()).Err() == nil })
		ports, clients = append(ports, port), append(clients, client)
	}
	ok(t, clients[0].ClusterAddSlotsRange(t.Context(), 0, 8191).Err())
	ok(t, clients[1].ClusterAddSlotsRange(t.Context(), 8192, 16383).Err())
	ok(t, clients[0].ClusterMeet(t.Context(), "127.0.0.1", ports[1]).Err())
	for _, c := range clients {
		eventually(t, "the cluster is whole", func() bool {
			info, err := c.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:2")
		})
	}
	return "redis://127.0.0.1:" + ports[0] + "?addr=127.0.0.1:" + ports[1]
}

// clusterPort is a free port whose other half, 10,000 higher, is free too; both
// are below those that outgoing connections take.
func clusterPort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 11_000 + rand.IntN(11_000)
		if free(port) && free(port+10_000) {
			return strconv.Itoa(port)
		}
	}
	t.Fatal("no free ports")
	return ""
}

func free(port int) bool {
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
