package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine is the kind of machine that was measured on, and what ran there.
type machine struct {
	Cores    int     `json:"cores"`
	CPU      string  `json:"cpu,omitempty"`
	Memory   string  `json:"memory,omitempty"`
	System   string  `json:"system"`
	Go       string  `json:"go"`
	Postgres string  `json:"postgres"`
	Redis    bool    `json:"redis"`
	Revision string  `json:"revision,omitempty"`
	Date     string  `json:"date"`
	Load     float64 `json:"loadBefore"` // the load average of the minute before
}

func describeMachine(ctx context.Context, w *world, load float64) machine {
	return machine{
		Cores: runtime.NumCPU(), CPU: procValue("/proc/cpuinfo", "model name"), Memory: memory(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: strings.TrimPrefix(runtime.Version(), "go"),
		Postgres: postgresVersion(ctx, w.servers.DatabaseURL()), Redis: w.servers.RedisURL() != "",
		Revision: revision(ctx), Date: time.Now().UTC().Format(time.DateOnly), Load: load,
	}
}

// procValue is the first value of a name in a file of Linux's /proc.
func procValue(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func memory() string {
	kib, err := strconv.ParseFloat(strings.TrimSuffix(procValue("/proc/meminfo", "MemTotal"), " kB"), 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%.0f GiB", kib/(1<<20))
}

func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64) // 0 is what is said when it is not known
	return load
}

func postgresVersion(ctx context.Context, url string) (version string) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return "unknown"
	}
	defer func() { _ = c.Close(ctx) }()
	if err = c.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "unknown"
	}
	version, _, _ = strings.Cut(version, " ")
	return version
}

func revision(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty=+").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
