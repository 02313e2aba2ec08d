package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"footfall/internal/localdb"
)

const (
	database = "footfall" // the demo's
	builtBin = "bin/footfall"
	seed     = 1
	// freshFor is how long sample data is used: the leaderboards ask for the
	// last 90 days, which move on while the data does not.
	freshFor = 7 * 24 * time.Hour
)

// world is what there is to measure: sample data under private servers, and
// the program.
type world struct {
	binary  string
	servers *localdb.Server
	demo    demoState
	nouns   *nouns // once they were looked for
}

// demoState is what `footfall demo` writes down about its data.
type demoState struct {
	Seed    uint64    `json:"seed"`
	Scale   float64   `json:"scale"`
	Today   time.Time `json:"today"`
	ReadKey string    `json:"readKey"`
	FullKey string    `json:"fullKey"`
	Tenant  string    `json:"tenant"`
}

// openWorld builds the program, makes the sample data unless it is there, and
// starts the servers over it.
func openWorld(ctx context.Context, o options, errOut io.Writer, say progress) (*world, error) {
	w := &world{binary: o.binary}
	if w.binary == "" {
		say("building %s", builtBin)
		if err := build(ctx, errOut); err != nil {
			return nil, err
		}
		w.binary = builtBin
	}
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return nil, err
	}
	if err := w.open(ctx, o, errOut); err != nil {
		return nil, err
	}
	if w.demo.usable(o.scale) {
		say("using the sample data of %s in %s", w.demo.Today.Format(time.DateOnly), w.servers.Dir())
		return w, nil
	}
	// Without its state the demo starts afresh.
	if err := errors.Join(removeFile(w.statePath()), w.close()); err != nil {
		return nil, err
	}
	say("making sample data at scale %g", o.scale)
	if err := w.fill(ctx, o, errOut); err != nil {
		return nil, err
	}
	if err := w.open(ctx, o, errOut); err != nil {
		return nil, err
	}
	if !w.demo.usable(o.scale) {
		return nil, errors.Join(fmt.Errorf("the demo left no usable %s", w.statePath()), w.close())
	}
	return w, nil
}

func build(ctx context.Context, errOut io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", builtBin, ".")
	cmd.Stdout, cmd.Stderr = errOut, errOut
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", builtBin, err)
	}
	return nil
}

// open starts the servers and reads what there is.
func (w *world) open(ctx context.Context, o options, errOut io.Writer) (err error) {
	if w.servers, err = localdb.Start(ctx, localdb.Options{Dir: o.data, Redis: true, Log: errOut}); err != nil {
		return err
	}
	w.demo = demoState{}
	if data, err := os.ReadFile(w.statePath()); err == nil {
		_ = json.Unmarshal(data, &w.demo) // what cannot be read is not usable
	}
	return nil
}

func (w *world) close() error { return w.servers.Close() }

func (w *world) statePath() string { return filepath.Join(w.servers.Dir(), "demo.json") }

func (s demoState) usable(scale float64) bool {
	return s.Seed == seed && s.Scale == scale && time.Since(s.Today) < freshFor && s.ReadKey != ""
}

var demoIsUp = regexp.MustCompile(`Footfall is up`)

// fill has `footfall demo` make the data, and stops it when it serves.
func (w *world) fill(ctx context.Context, o options, errOut io.Writer) error {
	p, err := launch(ctx, command{
		path: w.binary, announce: demoIsUp, stderr: errOut,
		args: []string{"demo", "--data", o.data, "--scale", fmt.Sprint(o.scale), "--seed", fmt.Sprint(seed), "--listen", "127.0.0.1:0"},
	})
	if err == nil {
		p.stop()
	}
	return err
}

var gatewayIsUp = regexp.MustCompile(`serving on http://(\S+)`)

// gateway starts `footfall serve` without a rate limit or a budget.
func (w *world) gateway(ctx context.Context, databaseURL, redisURL string, edge time.Duration) (*process, error) {
	return launch(ctx, command{path: w.binary, args: []string{"serve"}, announce: gatewayIsUp, env: []string{
		"DATABASE_URL=" + databaseURL, "DATABASE_READ_URL=", "REDIS_URL=" + redisURL, "LISTEN=127.0.0.1:0",
		"RATE_LIMIT=0", "COST_BUDGET=0", "EDGE_CACHE_TTL=" + edge.String(), "LOG_LEVEL=warn",
	}})
}

func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
