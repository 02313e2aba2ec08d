package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"footfall/internal/await"
	"footfall/internal/storetest"
)

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer func() { _ = taken.Close() }()
	o.run("serve", "--listen", taken.Addr().String()).fails(1, "--listen (LISTEN) must be an address that is free", "address already in use")
	o.run("serve", "--listen", "nowhere").fails(1, "nowhere")
	redis := o.run("serve", "--listen", "127.0.0.1:0", "--redis-url", "redis://:hunter2@127.0.0.1:notaport/0")
	redis.fails(2, "--redis-url (REDIS_URL)")
	if strings.Contains(redis.err, "hunter2") {
		t.Errorf("the password of Redis is shown: %s", redis.err)
	}
}

// A demo whose address is taken says so before it makes anything.
func TestDemoListensFirst(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	defer func() { _ = taken.Close() }()
	data := filepath.Join(t.TempDir(), "data")
	operator{t: t}.run("demo", "--data", data, "--listen", taken.Addr().String()).fails(1, "--listen (LISTEN) must be an address that is free", "address already in use")
	if _, err = os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the demo's folder: %v", err)
	}
}

// What trying again cannot mend is named by commands, and no gateway starts with it.
func TestRefusalsOfTheDatabaseAreNamed(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	name := path.Base(strings.SplitN(o.database, "?", 2)[0])
	execOn(t, o.database)("CREATE ROLE stranger LOGIN PASSWORD 'hunter2'; REVOKE CONNECT ON DATABASE " + name + " FROM PUBLIC")
	t.Cleanup(func() { execOn(t, storetest.Server(t).DatabaseURL())("DROP ROLE stranger") })
	own, err := url.Parse(o.database)
	ok(t, err)
	password, _ := own.User.Password()
	for words, address := range map[string]string{
		`password authentication failed for user "footfall" (SQLSTATE 28P01): check the user and the password`: asUser(t, o.database, "footfall", "hunter2"),
		`unrecognized configuration parameter "nonsense" (SQLSTATE 42704): check the parameters`:               o.database + "&nonsense=1",
		`invalid value for parameter "TimeZone": "Mars" (SQLSTATE 22023): check the parameters`:                o.database + "&timezone=Mars",
		`database "none" does not exist (SQLSTATE 3D000): create the database`:                                 storetest.Server(t).URLOf("none"),
		`permission denied for database "` + name + `" (SQLSTATE 42501): grant what is missing`:                asUser(t, o.database, "stranger", "hunter2"),
	} {
		for _, command := range [][]string{{"verify"}, {"tenants", "list"}, {"migrate"}, {"serve", "--listen", "127.0.0.1:0"}} {
			said := operator{t, address}.run(command...)
			said.fails(1, "the database (DATABASE_URL) refuses: "+words)
			for _, not := range []string{"try again", "hunter2", password} {
				if strings.Contains(said.err, not) {
					t.Errorf("%s says %s", said.what, said.err)
				}
			}
		}
	}
	encrypted := strings.Replace(o.database, "sslmode=disable", "sslmode=require", 1)
	operator{t, encrypted}.run("verify").fails(1, "the database (DATABASE_URL) refuses TLS: check sslmode in its URL")
	operator{t, encrypted}.run("serve", "--listen", "127.0.0.1:0").fails(1, "the database (DATABASE_URL) refuses TLS: check sslmode in its URL")
	o.tenant("acme")
	for _, command := range [][]string{{"migrate"}, {"prune", "--before", "2025-01-01"}, {"tenants", "create", "--key", "zeta", "--name", "Zeta"}} {
		said := operator{t, o.database + "&default_transaction_read_only=on"}.run(command...)
		said.fails(1, "(SQLSTATE 25006): the database is read-only: a standby, or default_transaction_read_only is set")
	}
}

// A gateway whose user does not own the tables is not ready, and none starts as one.
func TestServeRefusesAUserWhoIsNoOwner(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t) // roles are a cluster's
	ok(t, migrate(t.Context(), server.DatabaseURL()))
	execOn(t, server.DatabaseURL())("CREATE ROLE guest LOGIN PASSWORD 'x'; GRANT footfall_tenant TO guest; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest")
	const why = "the database user must own Footfall's tables, or be a member of the role that does"
	o := operator{t, asUser(t, server.DatabaseURL(), "guest", "x")}
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"migrate"}, {"tenants", "list"}, {"verify"}} {
		o.run(command...).fails(1, why)
	}
	b := start(t, settings{database: o.database, redis: "none", log: slog.New(slog.DiscardHandler)})
	isProblem(t, "/readyz", b.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, why)
	execOn(t, server.DatabaseURL())("ALTER ROLE guest BYPASSRLS") // which makes no partitions
	isProblem(t, "/readyz with BYPASSRLS", b.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, why)
	execOn(t, server.DatabaseURL())("GRANT footfall TO guest")
	equal(t, "/readyz of a member", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
}

// A refusal that begins later is told from a Postgres that is away.
func TestRefusedWhileServing(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t)
	ok(t, migrate(t.Context(), server.DatabaseURL()))
	admin := execOn(t, server.DatabaseURL())
	admin("CREATE ROLE guest LOGIN PASSWORD 'x'; GRANT footfall TO guest")
	b := start(t, settings{database: asUser(t, server.DatabaseURL(), "guest", "x"), redis: "none", log: slog.New(slog.DiscardHandler)})
	equal(t, "/readyz", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
	admin("ALTER ROLE guest PASSWORD 'y'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guest'")
	var got answer
	await.Until(t, "no connection of before is left", func() bool {
		got = b.do(http.MethodGet, "/readyz", "", nil)
		return !strings.Contains(got.body, "does not answer")
	})
	isProblem(t, "/readyz", got, http.StatusServiceUnavailable, "Postgres refuses what the gateway asks: its log says why")
}
