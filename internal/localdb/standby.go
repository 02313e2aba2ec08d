package localdb

import (
	"context"
	"fmt"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Standby is a second Postgres that follows the first, for tests that read from it or
// make it take over.
type Standby struct {
	server  *Server
	process *Process
	port    int
}

// Standby copies the running Postgres and starts the copy as its follower; its data lie
// beside those of the first, under the name. Only a durable one can be followed
// (Options.Fast is not).
func (s *Server) Standby(ctx context.Context, name string) (*Standby, error) {
	version, err := clusterVersion(s.home.path(dataFolder))
	if err != nil {
		return nil, err
	}
	bin, err := findPostgres(ctx, version)
	if err != nil {
		return nil, err
	}
	data, err := s.home.folder(name)
	if err != nil {
		return nil, err
	}
	var output strings.Builder
	cmd := s.command(ctx, s.home.dir, bin.path("pg_basebackup"), "--pgdata", data, "--dbname", s.socketURL(superuser, s.port),
		"--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err = launch(cmd, syscall.SIGTERM); err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return nil, fmt.Errorf("copy Postgres: %w; it said:\n%s", err, lastLines(output.String(), tailLines))
	}
	f := &Standby{server: s}
	f.process, err = startOnFreePort(ctx, func(port int) *Process {
		f.port = port
		p := s.postgresProgram(bin, data, port)
		p.logFile = s.home.path(name + ".log")
		return &Process{program: p}
	})
	return f, err
}

// DatabaseURL is like the server's.
func (f *Standby) DatabaseURL() string { return f.server.urlAt(f.port, superuser) }

// Promote makes it a primary, and returns when it is one.
func (f *Standby) Promote(ctx context.Context) error {
	c, err := pgx.Connect(ctx, f.DatabaseURL())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, "SELECT pg_promote()")
	return err
}

// Postgres is its process, to be stopped, started, frozen and killed.
func (f *Standby) Postgres() *Process { return f.process }

// Close stops it. The server's Close does not.
func (f *Standby) Close() error { return f.process.Stop() }
