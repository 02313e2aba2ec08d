package store

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
)

// neighbours are two tenants of one database, each with rows in every table.
func neighbours(t *testing.T) (own, other *world) {
	t.Helper()
	own = newWorld(t, 1)
	other = settle(t, own.Store, own.url, "other", 1)
	for _, w := range []*world{own, other} {
		kinds := []analytics.Kind{analytics.KindEvent, analytics.KindPartner, analytics.KindCampaign}
		for i, action := range []analytics.Action{analytics.Click, analytics.PageView, analytics.Watch} {
			w.record(t, analytics.Event{
				ID: fmt.Sprint(i), Action: action, Kind: kinds[i], Key: w.key(kinds[i], 0), Session: "s", Visitor: "v",
				Seconds: 60, LoggedIn: true, At: at("2026-03-01T00:00:00Z"),
			})
		}
		_, err := w.CreateKey(t.Context(), analytics.APIKey{Tenant: w.tenant, Prefix: "ff_x"}, [32]byte{byte(w.tenant.ID)})
		ok(t, err)
		_, _, err = w.CreateActivation(t.Context(), w.tenant.ID, analytics.Activation{
			ActivationID: fmt.Sprint("act", w.tenant.ID), EventKey: "e0", EventName: "n", Tier: "t", Status: analytics.Activated,
			StartAt: at("2026-03-01T00:00:00Z"), EndAt: at("2026-03-02T00:00:00Z"),
		}, [32]byte{byte(w.tenant.ID)})
		ok(t, err)
		for _, row := range []string{
			"partner_groups (tenant_id, kind, group_uuid, name) VALUES (%d, 'tier', gen_random_uuid(), 'g')",
			"horizons (tenant_id, events_from) VALUES (%d, '2020-01-01')",
			"kept_quarters (tenant_id, subject_id, quarter) VALUES (%d, 1, '2019-01-01')",
		} {
			w.exec(t, fmt.Sprintf("INSERT INTO "+row, w.tenant.ID))
		}
	}
	return own, other
}

// appended are the tables whose rows nobody changes.
var appended = []string{"acts"}

// isolated are the tables with a tenant_id, references too.
func isolated(t *testing.T) []string { return append(tenantTables(t), references...) }

// Statements that name no tenant, sent the way the store sends its own, see and
// change the rows of one tenant alone.
func TestAForgottenPredicateShowsNothing(t *testing.T) {
	t.Parallel()
	own, other := neighbours(t)
	count := func(rows pgx.Rows, err error) []int64 {
		ok(t, err)
		tenants, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		ok(t, err)
		return tenants
	}
	read := func(w *world, text string) []int64 {
		tenants, err := collect(t.Context(), w.Store, w.tenant.ID, text, args{}, pgx.RowTo[int64])
		ok(t, err)
		return tenants
	}
	for _, table := range isolated(t) {
		all := "SELECT DISTINCT tenant_id FROM " + table + " WHERE tenant_id IS NOT NULL ORDER BY 1"
		conn, err := pgx.Connect(t.Context(), own.url)
		ok(t, err)
		equal(t, table+" holds rows of", count(conn.Query(t.Context(), all)), []int64{own.tenant.ID, other.tenant.ID})
		ok(t, conn.Close(t.Context()))

		equal(t, table+" shows a read", read(own, all), []int64{own.tenant.ID})
		if slices.Contains(appended, table) {
			continue
		}
		err = own.write(t.Context(), own.tenant.ID, func(tx pgx.Tx) error {
			equal(t, table+" shows a write", count(tx.Query(t.Context(), all)), []int64{own.tenant.ID})
			var n int
			ok(t, tx.QueryRow(t.Context(), "SELECT count(DISTINCT tenant_id) FROM "+table).Scan(&n))
			equal(t, table+" shows one row", n, 1)
			ok(t, tx.SendBatch(t.Context(), batchOf("DELETE FROM "+table+" WHERE tenant_id <> $1", own.tenant.ID)).Close())
			_, err := tx.Exec(t.Context(), "DELETE FROM "+table+" WHERE tenant_id = $1", other.tenant.ID)
			return err
		})
		ok(t, err)
		err = own.enter(t.Context(), own.tenant.ID, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), fmt.Sprintf("UPDATE %s SET tenant_id = %d", table, other.tenant.ID))
			return err
		})
		if err == nil {
			t.Errorf("%s: rows were given away", table)
		}
	}
	for _, table := range isolated(t) {
		equal(t, table+" keeps the other's", read(other, "SELECT DISTINCT tenant_id FROM "+table), []int64{other.tenant.ID})
	}
	equal(t, "the other's clicks", other.total(t, analytics.KindEvent, "e0", analytics.Always, wantAll).Of[analytics.Click].Events, int64(1))
}

func batchOf(text string, a ...any) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(text, a...)
	return b
}

// Where nobody said which tenant, a statement fails rather than find nothing, and
// the next one on the connection is another tenant's or nobody's again.
func TestWithoutATenantThereIsAnError(t *testing.T) {
	t.Parallel()
	own, other := neighbours(t)
	conn, err := own.pool.Acquire(t.Context())
	ok(t, err)
	defer conn.Release()
	for _, tenant := range []int64{own.tenant.ID, other.tenant.ID, own.tenant.ID} {
		rows, err := queryOn(t.Context(), conn, tenant, "SELECT DISTINCT tenant_id FROM cells")
		ok(t, err)
		seen, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		ok(t, err)
		equal(t, "tenants", seen, []int64{tenant})
		var left string
		ok(t, conn.QueryRow(t.Context(), "SELECT current_setting('footfall.tenant') || current_user").Scan(&left))
		equal(t, "left on the connection", left, "footfall")
	}
	for _, table := range isolated(t) {
		_, err = conn.Exec(t.Context(), "BEGIN; SET LOCAL role TO "+tenantRole+"; SELECT count(*) FROM "+table)
		if sqlState(err) != "22P02" { // '' is no bigint
			t.Errorf("%s without a tenant: %v", table, err)
		}
		_, err = conn.Exec(t.Context(), "ROLLBACK")
		ok(t, err)
	}
}

// The role has what statements of tenants need, and no partition to go round by.
func TestTheRoleIsNarrow(t *testing.T) {
	t.Parallel()
	own, _ := neighbours(t)
	rows, err := own.pool.Query(t.Context(), `SELECT c.relname || ' ' || p FROM pg_class c,
		unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege($1, c.oid, p) ORDER BY 1`, tenantRole)
	ok(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	ok(t, err)
	want := map[string]bool{}
	for _, table := range isolated(t) {
		want[table+" SELECT"], want[table+" INSERT"] = true, true
		if !slices.Contains(appended, table) {
			want[table+" UPDATE"], want[table+" DELETE"] = true, true
		}
	}
	for _, g := range got {
		if !want[g] {
			t.Errorf("the role may %s", g)
		}
	}
	equal(t, "privileges", len(got), len(want))
	for _, table := range isolated(t) {
		rows, err := own.pool.Query(t.Context(), `SELECT cmd || coalesce(' USING ' || qual, '') || coalesce(' CHECK ' || with_check, '')
			FROM pg_policies WHERE tablename = $1 AND permissive = 'PERMISSIVE' ORDER BY 1`, table)
		ok(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		ok(t, err)
		const itsTenant = "(tenant_id = (current_setting('footfall.tenant'::text))::bigint)"
		want := []string{"ALL USING " + itsTenant}
		if slices.Contains(appended, table) {
			want = []string{"INSERT CHECK " + itsTenant, "SELECT USING " + itsTenant}
		}
		equal(t, table+": policies (see 00004_row_security.sql)", got, want)
	}
}

// unlimited are the functions that reach the database without a tenant, and why.
var unlimited = map[string]string{
	"collectAll":       "looks credentials and tenants up, drains the outbox",
	"CreateTenant":     "makes the tenant",
	"Verify":           "wraps its transaction",
	"enter":            "names its tenant",
	"writeNumbered":    "names its tenant",
	"readAhead":        "names its tenant",
	"Horizon":          "names its tenant",
	"Prune":            "has the connection of its lock",
	"raiseHorizons":    "asks which tenants there are",
	"raiseHorizon":     "names its tenant",
	"dropMonths":       "asks which tables there are",
	"dropMonth":        "drops a table",
	"pooled":           "asks whose sessions these are",
	"Compact":          "has the connection of its lock",
	"run":              "asks which tenants there are",
	"countWork":        "names its tenant",
	"find":             "names its tenant",
	"light":            "names its tenant",
	"merge":            "names its tenant",
	"RewriteCells":     "rewrites a table",
	"Schema":           "asks for the version",
	"Connections":      "counts them",
	"read":             "names its tenant",
	"identityKey":      "names its tenant",
	"Settle":           "names its tenant",
	"withAdvisoryLock": "holds a lock; what it runs names its tenants",
	"ensurePartitions": "makes tables",
	"prepareRole":      "makes the role",
	"Migrate":          "makes the tables",
	"migrations":       "makes the tables",
	"Ping":             "asks for nothing",
	"Open":             "opens it",
	"Close":            "closes it",
	"acquire":          "opens it",
	"measure":          "asks how far it has written",
}

// Whoever adds a way to the database names the tenant there, or says why not.
func TestFewReachTheDatabaseWithoutATenant(t *testing.T) {
	t.Parallel()
	packages, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // files of one package are enough
	ok(t, err)
	met := map[string]bool{}
	for name, file := range packages["store"].Files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, is := n.(*ast.SelectorExpr); is && slices.Contains([]string{"pool", "upkeep", "primary", "conn"}, s.Sel.Name) {
					met[f.Name.Name] = true
				}
				return true
			})
		}
	}
	for name := range met {
		if unlimited[name] == "" {
			t.Errorf("%s reaches the database past Store.read, enter and write", name)
		}
	}
	for name := range unlimited {
		if !met[name] {
			t.Errorf("%s does not reach the database: strike it off the list", name)
		}
	}
}

// As an owner who may make no roles the gateway works, and says what is missing;
// when an administrator has made the role, it is in force. As an owner who may
// make roles, and as a superuser, it is from the start.
func TestWhoeverConnects(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t) // roles are a cluster's
	admin := connect(t, server.DatabaseURL())
	run := func(statements ...string) {
		for _, statement := range statements {
			_, err := admin.Exec(t.Context(), statement)
			ok(t, err)
		}
	}
	run("CREATE ROLE plain LOGIN PASSWORD 'x'", "CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'x'",
		"CREATE DATABASE plain OWNER plain", "CREATE DATABASE maker OWNER maker", "CREATE DATABASE super")
	plain, maker := asUser(t, server, "plain"), asUser(t, server, "maker")
	equal(t, "without the role", runs(t, plain), false)
	equal(t, "again, without the role", runs(t, plain), false)
	equal(t, "as who makes roles", runs(t, maker), true)
	equal(t, "as a superuser", runs(t, server.URLOf("super")), true)
	equal(t, "where the role is another's", runs(t, plain), false)
	run("GRANT " + tenantRole + " TO plain")
	equal(t, "with the role", runs(t, plain), true)
}

// A user who does not own the tables is refused: row-level security binds it outside of
// tenants' statements too, and who bypasses that cannot make partitions.
func TestWhoMayNotConnect(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t) // roles are a cluster's
	own := open(t, server.DatabaseURL())
	_, err := own.Migrate(t.Context())
	ok(t, err)
	run := func(statement string) {
		_, err := own.pool.Exec(t.Context(), statement)
		ok(t, err)
	}
	run("CREATE ROLE guest LOGIN PASSWORD 'x'")
	run("GRANT " + tenantRole + " TO guest")
	run("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest")
	u, err := url.Parse(server.DatabaseURL())
	ok(t, err)
	u.User = url.UserPassword("guest", "x")
	guest := open(t, u.String())
	for _, rights := range []string{"NOBYPASSRLS", "BYPASSRLS"} {
		run("ALTER ROLE guest " + rights)
		schema, err := guest.Schema(t.Context())
		ok(t, err)
		_, migrated := guest.Migrate(t.Context())
		for what, err := range map[string]error{"schema": schema.Err(), "migrate": migrated} {
			code(t, err, analytics.CodeConflict)
			if err == nil || !strings.Contains(err.Error(), "must own Footfall's tables, or be a member of the role that does") {
				t.Errorf("%s, %s: %v", rights, what, err)
			}
		}
	}
	run("ALTER ROLE guest NOBYPASSRLS")
	for _, grant := range []string{"GRANT footfall TO guest", "REVOKE footfall FROM guest", "ALTER ROLE guest SUPERUSER"} {
		run(grant)
		schema, err := guest.Schema(t.Context())
		ok(t, err)
		equal(t, "closed after "+grant, schema.Closed, strings.HasPrefix(grant, "REVOKE"))
	}
}

// Logins that take turns are members of the owner, whose tables of events remain: what
// one of them makes, another prunes.
func TestLoginsTakeTurns(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t) // roles are a cluster's
	admin := connect(t, server.DatabaseURL())
	for _, statement := range []string{
		`CREATE ROLE "The House" NOLOGIN`, `CREATE DATABASE house OWNER "The House"`,
		`CREATE ROLE spring LOGIN PASSWORD 'x' IN ROLE "The House"`, `CREATE ROLE autumn LOGIN PASSWORD 'x' IN ROLE "The House"`,
	} {
		_, err := admin.Exec(t.Context(), statement)
		ok(t, err)
	}
	login := func(name string) string {
		u, err := url.Parse(server.URLOf("house"))
		ok(t, err)
		u.User = url.UserPassword(name, "x")
		return u.String()
	}
	ok(t, migrateURL(t.Context(), login("spring")))
	house := connect(t, server.URLOf("house"))
	_, err := house.Exec(t.Context(), `REASSIGN OWNED BY spring TO "The House"`)
	ok(t, err)

	spring := settle(t, open(t, login("spring")), login("spring"), "acme", 1)
	window := at("2025-01-10T00:07:00Z")
	_, _, err = spring.CreateActivation(t.Context(), spring.tenant.ID, analytics.Activation{
		ActivationID: "act", EventKey: "e0", EventName: "e", Tier: "t", Status: analytics.Activated, StartAt: window, EndAt: window.AddDate(0, 3, 0),
	}, [32]byte{1})
	ok(t, err)
	for i, when := range []time.Time{window, at("2025-01-20T00:00:00Z"), at("2025-02-01T00:00:00Z")} {
		spring.record(t, analytics.Event{ID: fmt.Sprint(i), Action: analytics.Click, Kind: analytics.KindEvent, Key: "e0", At: when})
	}
	done, err := open(t, login("autumn")).Prune(t.Context(), at("2025-03-01T00:00:00Z"))
	ok(t, err)
	equal(t, "months that were pruned", done.Months, []string{"2025-01", "2025-02"})
	equal(t, "events that are kept", done.Kept, int64(1))
	spring.record(t, analytics.Event{ID: "later", Action: analytics.Click, Kind: analytics.KindEvent, Key: "e0", At: at("2025-03-01T00:00:00Z")})
	rows, err := house.Query(t.Context(), `SELECT c.relname || ' of ' || pg_get_userbyid(c.relowner) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'events'::regclass ORDER BY 1`)
	ok(t, err)
	owners, err := pgx.CollectRows(rows, pgx.RowTo[string])
	ok(t, err)
	equal(t, "partitions", owners, []string{"events_2025_01 of The House", "events_2025_03 of The House"})
}

// asUser is the URL of a user's database of the same name.
func asUser(t *testing.T, server *localdb.Server, user string) string {
	t.Helper()
	u, err := url.Parse(server.URLOf(user))
	ok(t, err)
	u.User = url.UserPassword(user, "x")
	return u.String()
}

// runs migrates and does everything there is as the URL's user. It reports whether
// a statement without a predicate saw its tenant alone, as the store believes.
func runs(t *testing.T, url string) bool {
	t.Helper()
	s := open(t, url)
	_, err := s.Migrate(t.Context())
	ok(t, err)
	before, err := s.Tenants(t.Context())
	ok(t, err)
	w := settle(t, s, url, fmt.Sprint("t", len(before)), 1)
	neighbour := settle(t, s, url, fmt.Sprint("n", len(before)), 1)
	for i := range 2 {
		w.record(t, analytics.Event{ID: fmt.Sprint(i), Action: analytics.Click, Kind: analytics.KindEvent, Key: "e0", At: at("2026-03-01T00:00:00Z")})
	}
	_, err = s.Compact(t.Context(), func(int, int) {})
	ok(t, err)
	ok(t, s.Rebuild(t.Context(), w.tenant, func(int, int) {}))
	verifyClean(t, s, w.tenant)
	equal(t, "clicks", w.total(t, analytics.KindEvent, "e0", analytics.Always, wantAll).Of[analytics.Click].Events, int64(2))
	pending, err := s.Pending(t.Context(), 100, 1_000_000)
	ok(t, err)
	for _, c := range pending {
		ok(t, s.Settle(t.Context(), c.Tenant, []int64{c.Seq}))
	}
	pending, err = s.Pending(t.Context(), 100, 1_000_000)
	ok(t, err)
	equal(t, "pending", len(pending), 0)
	others, err := collect(t.Context(), s, w.tenant.ID, fmt.Sprint("SELECT 1 FROM partners WHERE tenant_id = ", neighbour.tenant.ID), args{}, pgx.RowTo[int])
	ok(t, err)
	equal(t, "the store believes that it is bound", s.Bound(), len(others) == 0)
	return s.Bound()
}
