package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"footfall/internal/process"
)

// gateway is a `footfall serve`, and what it held when it was at rest first.
type gateway struct {
	*process.Process
	base *held
}

var gatewayIsUp = regexp.MustCompile(`serving on http://(\S+)`)

// launch starts a gateway behind the links. Requests are counted against limits
// that the load does not reach.
func (w *world) launch(ctx context.Context, binary string, env ...string) (*gateway, error) {
	replica := ""
	if w.replica != nil {
		replica = through(w.standby.DatabaseURL(), w.replica)
	}
	p, err := process.Launch(context.WithoutCancel(ctx), process.Command{Path: binary, Args: []string{"serve"}, Announce: gatewayIsUp, Env: append([]string{
		"DATABASE_URL=" + through(w.servers.DatabaseURL(), w.postgres), "DATABASE_READ_URL=" + replica, "REDIS_URL=" + through(w.servers.RedisURL(), w.redis),
		"LISTEN=127.0.0.1:0", "RATE_LIMIT=0", "COST_BUDGET=0", "LOG_LEVEL=warn", "COMPACT_EVERY=2s",
		"REQUEST_TIMEOUT=" + requestTimeout.String(), "MAX_STALE=" + maxStale.String(),
	}, env...)})
	if err != nil {
		return nil, err
	}
	return &gateway{Process: p}, nil
}

// stop ends a gateway as an operator's supervisor does.
func (g *gateway) stop() { g.End(syscall.SIGTERM) }

// scale starts or stops gateways until there are so many.
func (w *world) scale(ctx context.Context, n int) error {
	for len(w.gateways) > n {
		last := w.gateways[len(w.gateways)-1]
		w.gateways = w.gateways[:len(w.gateways)-1]
		last.stop()
		w.proxy.remove(last.Address)
	}
	for len(w.gateways) < n {
		g, err := w.launch(ctx, w.binary)
		if err != nil {
			return err
		}
		w.gateways = append(w.gateways, g)
		w.proxy.add(ctx, g.Address)
	}
	return nil
}

// restart puts a new gateway in the place of one that is gone.
func (w *world) restart(ctx context.Context, place int) error {
	w.proxy.remove(w.gateways[place].Address)
	g, err := w.launch(ctx, w.binary)
	if err != nil {
		return err
	}
	w.gateways[place] = g
	w.proxy.add(ctx, g.Address)
	return nil
}

// held is what a gateway holds while nobody asks.
type held struct {
	goroutines, files, resident int64
	postgres, redis             int64 // connections of all gateways
}

// rest waits until a gateway's streams and connections of the load are gone, and
// says what it holds.
func (w *world) rest(ctx context.Context, g *gateway) (h held, err error) {
	r, err := w.client(g.Address, 1).send(ctx, http.MethodGet, "/metrics", "", "")
	if err != nil {
		return h, err
	}
	for line := range strings.Lines(string(r.body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			h.goroutines = int64(n)
		case "process_open_fds":
			h.files = int64(n)
		case "process_resident_memory_bytes":
			h.resident = int64(n)
		}
	}
	c, err := w.connect(ctx)
	if err != nil {
		return h, err
	}
	defer func() { _ = c.Close(ctx) }()
	if err = c.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'footfall'").Scan(&h.postgres); err != nil {
		return h, err
	}
	list, err := w.control.ClientList(ctx).Result()
	h.redis = int64(strings.Count(list, "\n"))
	return h, err
}

// How much more than at first a gateway may hold. Of connections to Postgres it has 16
// at most, and two for upkeep.
const (
	moreGoroutines = 40
	moreFiles      = 40
	moreMemory     = 64 << 20
	postgresPools  = 16 + 2
	redisPool      = 100
)

// leaks says what a gateway holds more than it may, once it has had time to let go.
func (w *world) leaks(ctx context.Context, g *gateway) (string, error) {
	for deadline := time.Now().Add(10 * time.Second); ; pause(ctx, 200*time.Millisecond) {
		h, err := w.rest(ctx, g)
		if err != nil {
			return "", err
		}
		if g.base == nil {
			g.base = &h
		}
		why := g.base.exceeded(h, len(w.gateways))
		if why == "" || time.Now().After(deadline) || ctx.Err() != nil {
			return why, ctx.Err()
		}
	}
}

func (h *held) exceeded(now held, gateways int) string {
	var over []string
	for _, c := range []struct {
		what      string
		now, most int64
	}{
		{"goroutines", now.goroutines, h.goroutines + moreGoroutines},
		{"open files", now.files, h.files + moreFiles},
		{"bytes of memory", now.resident, h.resident*3/2 + moreMemory},
		{"connections to Postgres", now.postgres, int64(postgresPools * gateways)},
		{"connections to Redis", now.redis, int64(redisPool * gateways)},
	} {
		if c.now > c.most {
			over = append(over, fmt.Sprintf("%d %s, at most %d may be", c.now, c.what, c.most))
		}
	}
	return strings.Join(over, "; ")
}
