package storetest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

func TestMain(m *testing.M) {
	Prepare(func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, "CREATE TABLE migrated (n int)")
		return err
	})
	Main(m)
}

func TestEachTestHasItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkDatabase(t, Database(t))
			checkRedis(t, Redis(t))
		})
	}
}

func checkDatabase(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), "INSERT INTO migrated VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM migrated").Scan(&n); err != nil || n != 1 {
		t.Errorf("rows: %d, %v", n, err)
	}
}

func checkRedis(t *testing.T, url string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	if n, err := client.Incr(t.Context(), "k").Result(); err != nil || n != 1 {
		t.Errorf("key: %d, %v", n, err)
	}
}

func TestPrivateServerIsAnother(t *testing.T) {
	t.Parallel()
	s := PrivateServer(t)
	if s.DatabaseURL() == Server(t).DatabaseURL() {
		t.Error("the private server is the shared one")
	}
	if err := s.Postgres().Kill(); err != nil {
		t.Error(err)
	}
}

func BenchmarkDatabase(b *testing.B) {
	Database(b)
	for b.Loop() {
		Database(b)
	}
}
