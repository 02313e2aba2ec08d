package localdb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

func (s *Server) startRedis(ctx context.Context, o Options) error {
	path, err := exec.LookPath("redis-server")
	if errors.Is(err, exec.ErrNotFound) {
		o.say("no redis-server on PATH: going on without (scripts/setup.sh redis installs it)")
		return nil
	}
	if err != nil {
		return fmt.Errorf("find redis-server: %w", err)
	}
	dir, err := s.home.folder(redisFolder)
	if err != nil {
		return err
	}
	s.redis, err = startOnFreePort(ctx, func(port int) *Process {
		s.redisPort = port
		return &Process{program: s.redisProgram(path, dir, port)}
	})
	if err == nil {
		o.say("Redis listens on %s", loopback(s.redisPort))
	}
	return err
}

func (s *Server) redisProgram(path, dir string, port int) program {
	return program{
		name:    "Redis",
		logFile: s.home.path("redis.log"),
		command: func() *exec.Cmd {
			cmd := s.command(context.Background(), dir, path, "-")
			cmd.Stdin = strings.NewReader(s.redisConfig(dir, port))
			return cmd
		},
		ready: func(ctx context.Context) error { return s.redisReady(ctx, port) },
		stop:  syscall.SIGTERM,
	}
}

// redisConfig makes a cache: nothing on disk, and a bound on memory. It goes in through standard input, because command
// lines are public and it holds the password.
func (s *Server) redisConfig(dir string, port int) string {
	return strings.Join([]string{
		"bind 127.0.0.1",
		"port " + strconv.Itoa(port),
		"requirepass " + s.password,
		"dir " + strconv.Quote(dir),
		"databases " + strconv.Itoa(RedisDatabases),
		`save ""`,
		"appendonly no",
		"daemonize no",
		"maxmemory 256mb",
		"maxmemory-policy allkeys-lru",
		"",
	}, "\n")
}

// redisReady asks with our password, to which nobody else can answer.
func (s *Server) redisReady(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{
		Addr: loopback(port), Password: s.password, MaxRetries: -1, DisableIdentity: true,
	})
	return errors.Join(client.Ping(ctx).Err(), client.Close())
}
