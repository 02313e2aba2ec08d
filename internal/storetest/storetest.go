// Package storetest gives tests a real Postgres and a real Redis: one pair per test binary, started on first use, with
// a database of its own for each test. It knows nothing of what the databases hold: whoever tests a schema says how to
// migrate one. A test binary that uses it has
//
//	func TestMain(m *testing.M) {
//		storetest.Prepare(store.Migrate)
//		storetest.Main(m)
//	}
package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"footfall/internal/localdb"
)

// template is the database that Prepare's function has migrated.
const template = "storetest_template"

// shared is the pair of servers of this test binary.
var shared struct {
	mu      sync.Mutex
	started bool
	server  *localdb.Server
	err     error
}

var (
	migrate       func(context.Context, string) error
	databases     atomic.Int64
	templateReady = sync.OnceValue(makeTemplate)
	redisNumbers  = numbers(localdb.RedisDatabases)
)

// Prepare says how to migrate an empty database, given its URL. It runs once per test binary, on the first Database.
// Call it before Main; without it databases start out empty.
func Prepare(f func(ctx context.Context, url string) error) { migrate = f }

// Main runs the tests, stops the servers if a test started them, and exits.
func Main(m *testing.M) {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "storetest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Server is the shared pair. A test that stops, pauses or kills servers takes a PrivateServer instead.
func Server(t testing.TB) *localdb.Server {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return s
}

// PrivateServer starts a pair for this test alone: durable, with an unmigrated database at DatabaseURL, and stopped
// when the test ends. Break it as you like.
func PrivateServer(t testing.TB) *localdb.Server {
	t.Helper()
	s, err := localdb.Start(t.Context(), localdb.Options{Redis: true, Log: t.Output()})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("storetest: %v", err)
		}
	})
	return s
}

// Database is the URL of a migrated database for this test alone, dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	s := Server(t)
	if err := templateReady(); err != nil {
		t.Fatalf("storetest: %v", err)
	}
	name := "test_" + strconv.FormatInt(databases.Add(1), 10)
	address, err := s.CloneDatabase(t.Context(), name, template)
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.DropDatabase(context.Background(), name); err != nil {
			t.Errorf("storetest: %v", err)
		}
	})
	return address
}

// Redis is the URL of an empty numbered database for this test alone. Numbers part keys, not channels.
func Redis(t testing.TB) string {
	t.Helper()
	address := Server(t).RedisURL()
	if address == "" {
		t.Fatal("storetest: no redis-server on PATH (scripts/setup.sh redis installs it)")
	}
	var number int
	select {
	case number = <-redisNumbers:
	default:
		t.Fatalf("storetest: more than %d Redis databases at once", localdb.RedisDatabases)
	}
	t.Cleanup(func() { redisNumbers <- number })
	address, err := withNumber(address, number)
	if err == nil {
		err = flush(t.Context(), address)
	}
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return address
}

// server starts the shared pair on first use; a failure stays one.
func server() (*localdb.Server, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.started {
		shared.started = true
		shared.server, shared.err = localdb.Start(context.Background(), localdb.Options{Redis: true, Fast: true})
	}
	return shared.server, shared.err
}

func stop() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		return nil
	}
	return shared.server.Close()
}

// makeTemplate creates and migrates the database that the others are copies of.
func makeTemplate() error {
	s, err := server()
	if err != nil {
		return err
	}
	ctx := context.Background()
	address, err := s.NewDatabase(ctx, template)
	if err != nil || migrate == nil {
		return err
	}
	if err := migrate(ctx, address); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	return nil
}

// numbers is a stock of 0..n-1.
func numbers(n int) chan int {
	stock := make(chan int, n)
	for i := range n {
		stock <- i
	}
	return stock
}

func withNumber(address string, number int) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("redis URL: %w", err)
	}
	u.Path = "/" + strconv.Itoa(number)
	return u.String(), nil
}

// flush empties the numbered database of the URL.
func flush(ctx context.Context, address string) error {
	options, err := redis.ParseURL(address)
	if err != nil {
		return fmt.Errorf("redis URL: %w", err)
	}
	client := redis.NewClient(options)
	if err := errors.Join(client.FlushDB(ctx).Err(), client.Close()); err != nil {
		return fmt.Errorf("empty a Redis database: %w", err)
	}
	return nil
}
