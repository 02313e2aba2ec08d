package localdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// portTries is how many free ports Start tries: another process may take one between finding and using it.
const portTries = 5

// foreign are the SQLSTATEs of a server that answers but will never let us in: the password of another cluster.
var foreign = map[string]bool{"28P01": true, "28000": true}

func (s *Server) startPostgres(ctx context.Context, o Options) error {
	data := s.home.path(dataFolder)
	version, err := clusterVersion(data)
	if err != nil {
		return err
	}
	bin, err := findPostgres(ctx, version)
	if err != nil {
		return err
	}
	if version == 0 {
		o.say("creating a private Postgres %d in %s", bin.version, s.home.dir)
		if err := s.initCluster(ctx, bin); err != nil {
			return err
		}
	}
	s.postgres, err = startOnFreePort(ctx, func(port int) *Process {
		s.port = port
		return &Process{program: s.postgresProgram(bin, data, port)}
	})
	if err == nil {
		o.say("Postgres %d listens on %s", bin.version, loopback(s.port))
	}
	return err
}

// clusterVersion is the major version of the data in the folder, or 0 when there is none yet.
func clusterVersion(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the data folder: %w", err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("version of the data in %s: %q", data, text)
	}
	return version, nil
}

// initCluster makes the cluster under another name first: what a crash leaves half done is never taken for data.
func (s *Server) initCluster(ctx context.Context, bin binaries) error {
	draft := s.home.path(dataFolder + ".new")
	if err := os.RemoveAll(draft); err != nil {
		return fmt.Errorf("clear a half-made cluster: %w", err)
	}
	if _, err := s.home.folder(dataFolder + ".new"); err != nil {
		return err
	}
	// C.UTF-8 is not everywhere (older macOS); C sorts alike.
	err := s.initdb(ctx, bin, draft, "C.UTF-8")
	if err != nil && ctx.Err() == nil {
		err = s.initdb(ctx, bin, draft, "C")
	}
	if err != nil {
		return err
	}
	if err := os.Rename(draft, s.home.path(dataFolder)); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return nil
}

func (s *Server) initdb(ctx context.Context, bin binaries, data, locale string) error {
	args := []string{
		"--pgdata", data, "--username", superuser, "--pwfile", s.home.path(passwordFile), "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", locale, "--no-instructions",
	}
	if s.fast {
		args = append(args, "--no-sync")
	}
	var output strings.Builder
	cmd := s.command(ctx, s.home.dir, bin.path("initdb"), args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := launch(cmd, syscall.SIGTERM); err != nil {
		return fmt.Errorf("run initdb: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("initdb: %w; it said:\n%s", err, lastLines(output.String(), tailLines))
	}
	return nil
}

// command prepares a program to run as the account of the home, with an environment that no user's settings disturb.
func (s *Server) command(ctx context.Context, dir, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCALE_ARCHIVE"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.home.owner.credential()}
	return cmd
}

func (s *Server) postgresProgram(bin binaries, data string, port int) program {
	args := []string{"-D", data}
	for _, setting := range append(settings(s.fast), s.placement(port)...) {
		args = append(args, "-c", setting)
	}
	return program{
		name:    "Postgres",
		logFile: s.home.path("postgres.log"),
		prepare: func(ctx context.Context) error { return endPredecessor(ctx, data) },
		command: func() *exec.Cmd { return s.command(context.Background(), data, bin.path("postgres"), args...) },
		ready:   func(ctx context.Context) error { return s.postgresReady(ctx, port) },
		retry:   backendsLinger,
		stop:    syscall.SIGINT, // "fast": disconnects everybody; SIGTERM would wait for them to leave
	}
}

// placement says where the server listens and where its shared memory lives: in the data folder when that is temporary
// (a killed server would leave it behind elsewhere), or when /dev/shm is the 64 MB of a container.
func (s *Server) placement(port int) []string {
	list := []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=" + s.sockets.dir,
	}
	if s.home.temporary || freeBytes("/dev/shm") < roomy {
		list = append(list, "dynamic_shared_memory_type=mmap")
	}
	return list
}

// settings suit a small machine that has other things to do.
func settings(fast bool) []string {
	list := []string{
		"max_connections=100", "shared_buffers=256MB", "effective_cache_size=1GB", "work_mem=16MB",
		"maintenance_work_mem=128MB", "random_page_cost=1.1", "jit=off", "timezone=UTC", "log_timezone=UTC",
		"logging_collector=off", "log_destination=stderr",
	}
	if fast {
		return append(list, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
			"max_wal_senders=0", "max_wal_size=512MB")
	}
	return append(list, "max_wal_size=2GB")
}

// postgresReady asks over the unix socket, where nobody but ours can answer.
func (s *Server) postgresReady(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.socketURL("postgres", port))
	if refusal := (*pgconn.PgError)(nil); errors.As(err, &refusal) && foreign[refusal.Code] {
		return fmt.Errorf("the password in %s is not the one of the data: %w: %w", s.home.path(passwordFile), errFatal, err)
	}
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// backendsLinger recognises a postmaster that died alone: Postgres waits for its backends to notice, and so do we.
func backendsLinger(logged string) bool {
	return strings.Contains(logged, "pre-existing shared memory block") && strings.Contains(logged, "still in use")
}

// startOnFreePort starts what the function makes for a port, trying other ports when somebody was faster.
func startOnFreePort(ctx context.Context, make func(port int) *Process) (*Process, error) {
	for try := 1; ; try++ {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		p := make(port)
		err = p.Start(ctx)
		if err == nil {
			return p, nil
		}
		var failed *startError
		if try == portTries || !errors.As(err, &failed) || !failed.portTaken() {
			return nil, err
		}
	}
}

// freePort is a loopback port that nobody listened on a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", loopback(0))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
