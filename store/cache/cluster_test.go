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
	"footfall/internal/await"
	"footfall/internal/testlog"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis, _ = startCluster(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant := w.tenants[0]
	var queries []analytics.Query
	for e := range strings.SplitSeq("abcdefghijkl", "") {
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
		for e := range strings.SplitSeq("abcdefghijkl", "") {
			a.record(tenant, e, 1)
		}
		await.Within(t, promise, "the writes are seen", func() bool { return read(b, n+1) })
		for _, g := range []*gateway{a, b} {
			await.Until(t, "each gateway finds them in Redis", func() bool {
				before := g.Stats()
				g.forgetAll()
				equal(t, "clicks", read(g, n+1), true)
				return g.Stats().HitsRedis == before.HitsRedis+int64(len(queries))
			})
		}
	}
}

// A link between masters that is cut and back loses what goes from one to the other;
// changes are told on a channel of one master's.
func TestClusterLosesNoNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var nodes []*redis.Client
	w.redis, nodes = startCluster(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	for n := range int64(10) {
		for i, node := range nodes {
			other, err := nodes[1-i].ClusterMyID(t.Context()).Result()
			ok(t, err)
			await.Until(t, "there is a link", func() bool {
				known, err := node.ClusterNodes(t.Context()).Result()
				return err == nil && !strings.Contains(known, "disconnected")
			})
			ok(t, node.Do(t.Context(), "debug", "clusterlink", "kill", "to", other).Err())
		}
		a.record(tenant, "e", 1)
		await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n+1 })
	}
}

// What is remembered is of all masters, so one that is lost is an outage, whatever the
// others answer.
func TestClusterWithoutOneMaster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var nodes []*redis.Client
	w.redis, nodes = startCluster(t)
	var log testlog.Log
	w.gateway(func(o *Options) { o.Log = logTo(&log) })
	_ = nodes[1].ShutdownNoSave(t.Context()).Err() // who is shut down does not answer
	await.Until(t, "it is said", func() bool { return said(&log, "Redis is out of reach") == 1 })
}

// startCluster starts a Redis Cluster of two masters.
func startCluster(t *testing.T) (url string, nodes []*redis.Client) {
	t.Helper()
	var ports []string
	for range 2 {
		port := clusterPort(t)
		ports = append(ports, port)
		nodes = append(nodes, startRedis(t, port, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--enable-debug-command", "local"))
	}
	ok(t, nodes[0].ClusterAddSlotsRange(t.Context(), 0, 8191).Err())
	ok(t, nodes[1].ClusterAddSlotsRange(t.Context(), 8192, 16383).Err())
	ok(t, nodes[0].ClusterMeet(t.Context(), "127.0.0.1", ports[1]).Err())
	for _, c := range nodes {
		await.Until(t, "the cluster is whole", func() bool {
			info, err := c.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:2")
		})
	}
	return "redis://127.0.0.1:" + ports[0] + "?addr=127.0.0.1:" + ports[1], nodes
}

// startRedis starts a server on a port of 127.0.0.1.
func startRedis(t *testing.T, port string, options ...string) *redis.Client {
	t.Helper()
	cmd := exec.Command("redis-server", append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", ""}, options...)...)
	ok(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	t.Cleanup(func() { _ = client.Close() })
	await.Until(t, "the server is up", func() bool { return client.Ping(t.Context()).Err() == nil })
	return client
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
