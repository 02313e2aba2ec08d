// Package machine says what a measurement ran on. It must never say where that
// is.
package machine

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

// Machine is the kind of machine that was measured on, and what ran there.
type Machine struct {
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

// Describe says what this machine is, with the Postgres at an address.
func Describe(ctx context.Context, postgresURL string, redis bool, load float64) Machine {
	return Machine{
		Cores: runtime.NumCPU(), CPU: ProcValue("/proc/cpuinfo", "model name"), Memory: memory(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: strings.TrimPrefix(runtime.Version(), "go"),
		Postgres: postgresVersion(ctx, postgresURL), Redis: redis,
		Revision: revision(ctx), Date: time.Now().UTC().Format(time.DateOnly), Load: load,
	}
}

// ProcValue is the first value of a name in a file of Linux's /proc.
func ProcValue(path, name string) string {
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
	kib, err := strconv.ParseFloat(strings.TrimSuffix(ProcValue("/proc/meminfo", "MemTotal"), " kB"), 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%.0f GiB", kib/(1<<20))
}

// LoadAverage is how many processes wanted a core during the last minute, 0 where
// that is not known.
func LoadAverage() float64 {
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

// String is the machine in a line.
func (m Machine) String() string {
	cores := "1 core"
	if m.Cores != 1 {
		cores = fmt.Sprintf("%d cores", m.Cores)
	}
	parts := []string{m.Date}
	if m.Revision != "" {
		parts = append(parts, "revision "+m.Revision)
	}
	parts = append(parts, strings.TrimSuffix(cores+", "+m.CPU, ", "))
	if m.Memory != "" {
		parts = append(parts, m.Memory)
	}
	parts = append(parts, m.System, "Go "+m.Go, "Postgres "+m.Postgres)
	if !m.Redis {
		parts = append(parts, "without Redis")
	}
	return strings.Join(parts, " · ")
}
