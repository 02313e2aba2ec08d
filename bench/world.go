package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"footfall/bench/sample"
	"footfall/internal/localdb"
	"footfall/internal/process"
)

const (
	builtBin = "bin/footfall"
	tenant   = "bench"
	// format is raised when the sample data change: what is of another one is made anew.
	format = 1
)

// world is what there is to measure: the program, and private servers with
// sample data of one size or more.
type world struct {
	binary  string
	servers *localdb.Server
	errOut  io.Writer
	say     progress
}

// data is one size of sample data, in a database of its own.
type data struct {
	*sample.Sample
	stamp
	url   string
	pages map[string]sample.Page // by the activation on them
}

// index looks the sample's nouns up by what the links are called.
func (d *data) index() *data {
	d.pages = map[string]sample.Page{}
	for i, l := range d.Links {
		d.pages[l.ActivationID] = d.Pages[i]
	}
	return d
}

// stamp is what is remembered of sample data, beside them.
type stamp struct {
	Format   int       `json:"format"`
	Events   int       `json:"eventsPerKind"`
	Until    time.Time `json:"until"`
	ReadKey  string    `json:"readKey"`
	FullKey  string    `json:"fullKey"`
	TenantID int64     `json:"tenantId"`
	Links    []link    `json:"links"`       // of the sample's pages
	LoadedIn float64   `json:"loadSeconds"` // events alone
}

// link is an activation with the token that opens it.
type link struct {
	ActivationID string `json:"activationId"`
	Token        string `json:"token"`
}

// openWorld builds the program and starts the servers.
func openWorld(ctx context.Context, o options, errOut io.Writer, say progress) (*world, error) {
	w := &world{binary: o.binary, errOut: errOut, say: say}
	if w.binary == "" {
		say("building %s", builtBin)
		if err := w.command(ctx, "go", nil, nil, "build", "-o", builtBin, ".").Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", builtBin, err)
		}
		w.binary = builtBin
	}
	if err := os.MkdirAll(o.dataDir, 0o755); err != nil {
		return nil, err
	}
	var err error
	w.servers, err = localdb.Start(ctx, localdb.Options{Dir: o.dataDir, Redis: true, Log: errOut})
	return w, err
}

func (w *world) close() error { return w.servers.Close() }

// command prepares a program whose complaints are shown.
func (w *world) command(ctx context.Context, path string, env []string, out io.Writer, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), out, w.errOut
	return cmd
}

// footfall runs a command of the program and returns what it printed.
func (w *world) footfall(ctx context.Context, url string, args ...string) (string, error) {
	var out strings.Builder
	cmd := w.command(ctx, w.binary, []string{"DATABASE_URL=" + url, "REDIS_URL=", "LOG_LEVEL=warn"}, &out, args...)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("footfall %s: %w", args[0], err)
	}
	return strings.TrimSpace(out.String()), nil
}

func databaseName(events int) string { return fmt.Sprintf("bench_%d", events) }

// data opens the sample data of a size, and makes them when they are not there.
func (w *world) data(ctx context.Context, events int) (*data, error) {
	name := databaseName(events)
	d, path := &data{url: w.servers.URLOf(name)}, filepath.Join(w.servers.Dir(), name+".json")
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &d.stamp) == nil && d.Format == format {
		d.Sample = sample.New(events, d.Until)
		w.say("using the sample data of %s: 3 × %s events", d.Until.Format(time.DateOnly), thousands(float64(events)))
		_, err = w.footfall(ctx, d.url, "migrate")
		return d.index(), err
	}
	d.stamp = stamp{Format: format, Events: events, Until: time.Now().UTC().Truncate(24 * time.Hour)}
	d.Sample = sample.New(events, d.Until)
	if err := w.servers.DropDatabase(ctx, name); err != nil {
		return nil, err
	}
	if _, err := w.servers.NewDatabase(ctx, name); err != nil {
		return nil, err
	}
	if err := w.fill(ctx, d); err != nil {
		return nil, fmt.Errorf("make sample data: %w", err)
	}
	text, err := json.Marshal(d.stamp)
	if err != nil {
		return nil, err
	}
	return d.index(), os.WriteFile(path, text, 0o600)
}

var gatewayIsUp = regexp.MustCompile(`serving on http://(\S+)`)

// patiently has reads wait for their turn as long as it takes: what a gateway turns
// away, with more to do than it can, is another measurement (overload).
const patiently = "QUEUE_TIME=60s"

// gateway starts `footfall serve` over sample data. Requests and costs are counted,
// against limits that no pass reaches. More are settings beside these.
func (w *world) gateway(ctx context.Context, databaseURL, redisURL string, edge time.Duration, more ...string) (*process.Process, error) {
	return process.Launch(ctx, process.Command{Path: w.binary, Args: []string{"serve"}, Announce: gatewayIsUp, Env: append([]string{
		"DATABASE_URL=" + databaseURL, "DATABASE_READ_URL=", "REDIS_URL=" + redisURL, "LISTEN=127.0.0.1:0",
		"RATE_LIMIT=100000000", "LEADERBOARD_RATE_LIMIT=0", "COST_BUDGET=1000000000000", "REQUEST_TIMEOUT=60s", "EDGE_CACHE_TTL=" + edge.String(), "LOG_LEVEL=warn",
	}, more...)})
}

// redis is a numbered database of the private Redis: the gateway's is 0.
func (w *world) redis(number int) string {
	u, err := url.Parse(w.servers.RedisURL())
	if err != nil || u.Host == "" {
		return ""
	}
	u.Path = fmt.Sprintf("/%d", number)
	return u.String()
}
