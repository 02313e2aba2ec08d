// Package localdb runs a private Postgres and a private Redis out of the machine's own binaries, for the demo and for
// tests. It owns their folder, their passwords, their ports and their lives: they listen on loopback only and die with
// the process that started them. It neither needs nor touches a system service, and it knows nothing of what is kept
// in the databases.
package localdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// RedisDatabases is how many numbered databases (SELECT 0..n-1) the private Redis has.
const RedisDatabases = 512

// startupLimit bounds Start where the caller's context does not: a crash recovery may take a while, a hang may not.
const startupLimit = 2 * time.Minute

// superuser names both the role that the URLs log in as and the database that they open.
const superuser = "footfall"

// Options say what Start starts. The zero value is a durable Postgres in a temporary folder.
type Options struct {
	// Dir keeps the data from one Start to the next; it is created when missing. Where Postgres must drop root and
	// the unprivileged user cannot reach Dir, the data lives in a folder under /var/tmp for as long as Dir exists.
	// Empty means a temporary folder that Close removes (in memory when Fast, where /dev/shm has room).
	Dir string
	// Log takes progress lines for people; nil is silence.
	Log io.Writer
	// Redis asks for a Redis beside Postgres. Without a redis-server on PATH there is none, which Log is told.
	Redis bool
	// Fast gives up durability for speed (fsync, synchronous_commit and full_page_writes off): for tests only.
	Fast bool
}

// say writes one progress line.
func (o Options) say(format string, args ...any) {
	if o.Log != nil {
		_, _ = fmt.Fprintf(o.Log, "footfall: "+format+"\n", args...)
	}
}

// Server is a running Postgres and, when asked for and there, a Redis. It is safe for concurrent use.
type Server struct {
	home      *home
	sockets   *sockets
	password  string
	fast      bool
	port      int
	redisPort int
	postgres  *Process
	redis     *Process
	close     sync.Once
	closeErr  error
}

// Start starts the servers and returns when both answer. The context bounds the start alone: the servers live until
// Close, or until this process dies. Only one process at a time may hold a Dir; a second one gets ErrInUse. Without
// Postgres binaries the error is ErrNoPostgres.
func Start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startupLimit)
	defer cancel()
	h, err := openHome(o)
	if err != nil {
		return nil, err
	}
	s := &Server{home: h, fast: o.Fast}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) (err error) {
	if s.password, err = s.home.password(); err != nil {
		return err
	}
	if s.sockets, err = openSockets(s.home); err != nil {
		return err
	}
	if err := s.startPostgres(ctx, o); err != nil {
		return err
	}
	if err := s.ensureDatabase(ctx, superuser); err != nil {
		return err
	}
	if !o.Redis {
		return nil
	}
	return s.startRedis(ctx, o)
}

// Dir is the folder that really holds the data: Options.Dir, the temporary folder, or where the data had to move.
func (s *Server) Dir() string { return s.home.dir }

// DatabaseURL is the postgres:// URL of the database "footfall", over loopback TCP, as a superuser.
func (s *Server) DatabaseURL() string { return s.databaseURL(superuser) }

// RedisURL is the redis:// URL of the Redis beside it, or "" when there is none.
func (s *Server) RedisURL() string {
	if s.redis == nil {
		return ""
	}
	u := url.URL{Scheme: "redis", User: url.UserPassword("", s.password), Host: loopback(s.redisPort), Path: "/0"}
	return u.String()
}

// Postgres is the Postgres process, for tests that break it.
func (s *Server) Postgres() *Process { return s.postgres }

// Redis is the Redis process, or nil when there is none.
func (s *Server) Redis() *Process { return s.redis }

// Close shuts both servers down, disconnecting whoever is connected, waits until they are gone, and releases the
// folder (removes it, when it is temporary). Further calls return what the first one did.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.closeErr = errors.Join(stopAll(s.redis, s.postgres), s.sockets.release(), s.home.release())
	})
	return s.closeErr
}

// stopAll stops the processes side by side; nil ones are passed over.
func stopAll(processes ...*Process) error {
	errs := make([]error, len(processes))
	var wait sync.WaitGroup
	for i, p := range processes {
		if p != nil {
			wait.Go(func() { errs[i] = p.Stop() })
		}
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (s *Server) databaseURL(name string) string { return s.urlAt(s.port, name) }

func (s *Server) urlAt(port int, name string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password), Host: loopback(port), Path: "/" + name,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// socketURL is databaseURL over the unix socket, which no other server can have taken.
func (s *Server) socketURL(name string, port int) string {
	query := url.Values{"host": {s.sockets.dir}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"}}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password), Path: "/" + name, RawQuery: query.Encode(),
	}
	return u.String()
}
