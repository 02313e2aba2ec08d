package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
)

// footfall runs a command of the program, past the links.
func (w *world) footfall(ctx context.Context, args ...string) (string, error) {
	var out, complaints strings.Builder
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+w.primary, "REDIS_URL=", "LOG_LEVEL=warn")
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(complaints.String() + out.String())
		return "", fmt.Errorf("footfall %s: %w: %s", args[0], err, text[max(0, len(text)-600):])
	}
	return strings.TrimSpace(out.String()), nil
}

// connect opens a connection to the primary past the link, which no time-out ends.
func (w *world) connect(ctx context.Context) (*pgx.Conn, error) { return connect(ctx, w.primary) }

func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.RuntimeParams["application_name"] = "chaos"
	c.RuntimeParams["statement_timeout"], c.RuntimeParams["lock_timeout"] = "0", "0"
	c.RuntimeParams["default_transaction_read_only"] = "off"
	return pgx.ConnectConfig(ctx, c)
}

// sql runs statements on the primary past the link.
func (w *world) sql(ctx context.Context, statements ...string) error {
	c, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	for _, s := range statements {
		if _, err = c.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
