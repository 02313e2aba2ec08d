package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os/user"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
	"footfall/internal/storetest"
)

const twoYears = `{"id":"e1","action":"click","event":"jazz","session":"s1","visitor":"ann","at":"2024-03-01T10:07:00Z"}
{"id":"e2","action":"click","event":"jazz","session":"s2","visitor":"bob","at":"2025-03-01T10:07:00Z"}
`

// A prune beside another has not done what was asked, and fails; what a compaction was
// to do the other one does.
func TestUpkeepThatIsBusy(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	conn, err := pgx.Connect(t.Context(), o.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	for _, c := range []struct {
		lock      string // of whoever is at work
		arguments []string
		code      int
		says      string
	}{
		{"footprun", []string{"prune", "--before", "2025-01-01"}, 1, "footfall: nothing was done: another pruner is at work, try again after it\n"},
		{"compact\x00", []string{"compact"}, 0, "footfall: another compactor is at work: merging is left to it\n"},
	} {
		if _, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", int64(binary.BigEndian.Uint64([]byte(c.lock)))); err != nil {
			t.Fatal(err)
		}
		got := o.run(c.arguments...)
		equal(t, c.arguments[0]+" exits with", got.code, c.code)
		equal(t, c.arguments[0]+" says", got.err, c.says)
		got.code = 0
		equal(t, c.arguments[0]+" is busy", at(got.row(), "busy"), any(true))
	}
}

// A command waits for a writer for longer than the database lets answers wait.
func TestCommandsAreNotLimited(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	var conns [2]*pgx.Conn
	for i := range conns {
		conn, err := pgx.Connect(t.Context(), o.database)
		ok(t, err)
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
		conns[i] = conn
	}
	writer, watcher := conns[0], conns[1]
	execOn(t, o.database)("ALTER DATABASE " + pgx.Identifier{writer.Config().Database}.Sanitize() + " SET lock_timeout = '1ms'")
	for _, statement := range []string{"BEGIN", "SELECT FROM counters FOR UPDATE"} {
		_, err := writer.Exec(t.Context(), statement)
		ok(t, err)
	}
	done := make(chan outcome, 1)
	go func() { done <- o.run("rebuild") }()
	await.Until(t, "rebuild waits, or has ended", func() (waits bool) {
		ok(t, watcher.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '100ms')`).Scan(&waits))
		return waits || len(done) > 0
	})
	_, err := writer.Exec(t.Context(), "COMMIT")
	ok(t, err)
	await.Value(t, "rebuild", done).good()
}

func TestCommandPrune(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := operator{t, b.conf.database}
	o.pipe(twoYears, "load", "--tenant", "acme", "-").good()
	clicks := func(start, end string) answer {
		return b.post(`query($start: DateTime!, $end: DateTime!) { activation(activationId: "act_1") { metrics(range: {instants: {start: $start, end: $end}}) { clickCount uniqueSessionCount } } }`,
			map[string]any{"start": start, "end": end}, fresh)
	}
	b.activate("act_1", "jazz", "2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
	const whole = `{"activation": {"metrics": {"clickCount": 2, "uniqueSessionCount": 2}}}`
	matches(t, clicks("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z").data, whole)
	o.run("prune", "--before", "2025-01-15").fails(1, "before: must be the first day of a month (UTC), such as 2025-01-01")
	o.run("prune", "--before", "January").fails(1, "--before must be a day such as 2025-01-01", "January")
	o.run("prune", "--before", "2199-01-01").fails(1, "so that events of the last 31 days are kept")
	pruned := o.run("prune", "--before", "2025-01-01")
	equal(t, "months", at(pruned.row(), "months.0"), any("2024-03"))
	matches(t, clicks("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z").data, whole)
	matches(t, clicks("2024-03-01T10:00:00Z", "2024-03-01T10:15:00Z").data, `{"activation": {"metrics": {"clickCount": 1, "uniqueSessionCount": 1}}}`)
	cut := clicks("2024-03-01T10:01:00Z", "2026-01-01T00:00:00Z")
	equal(t, "code", cut.errors[0].code(), "GONE")
	for _, word := range []string{"2024-03-01T10:01:00Z", "2025-01-01T00:00:00Z", "quarter-hour"} {
		if !strings.Contains(cut.errors[0].Message, word) {
			t.Errorf("the refusal does not say %s: %s", word, cut.errors[0].Message)
		}
	}
	matches(t, clicks("2025-03-01T10:01:00Z", "2026-01-01T00:00:00Z").data, `{"activation": {"metrics": {"clickCount": 1, "uniqueSessionCount": 1}}}`)
	again := o.pipe(twoYears, "load", "--tenant", "acme", "-")
	equal(t, "load of pruned time exits", again.code, 1)
	again.code = 0
	matches(t, again.row(), `{"accepted": 0, "duplicates": 1, "rejected": 1}`)
	if !strings.Contains(again.err, "line 1: GONE: at: must not be before 2025-01-01T00:00:00Z, from when on events are kept, got 2024-03-01T10:07:00Z") {
		t.Errorf("load says %s", again.err)
	}
	verified := o.run("verify")
	equal(t, "verify prints", verified.good(), "")
	if !strings.Contains(verified.err, "events are kept of acme from 2025-01-01 on") {
		t.Errorf("verify says %s", verified.err)
	}
	rebuilt := o.run("rebuild")
	equal(t, "rebuild exits", rebuilt.code, 1)
	if !strings.Contains(rebuilt.err, "events are kept from 2025-01-01 on") || !strings.Contains(rebuilt.err, "nothing was rebuilt") {
		t.Errorf("rebuild says %s", rebuilt.err)
	}
	o.run("serve", "--listen", "127.0.0.1:0", "--retention", "1").fails(2, "--retention (RETENTION) must be 0, or 2 to 1200 months, got 1")
}

func TestCommandForget(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	o.pipe(twoYears, "load", "--tenant", "acme", "-").good()
	o.run("forget", "--tenant", "acme").fails(1, "--visitor", "--session")
	equal(t, "part of a name", at(o.run("forget", "--tenant", "acme", "--session", "s1,s2").row(), "known"), any(false))
	none := o.run("forget", "--tenant", "acme", "--visitor", "nobody")
	matches(t, none.row(), `{"known": false, "identities": 0, "removed": false, "events": []}`)
	ann := o.run("forget", "--tenant", "acme", "--visitor", "ann")
	matches(t, ann.row(), `{"known": true, "identities": 2, "removed": false, "events": [{"action": "click", "events": 1, "subjects": 1}]}`)
	if !strings.Contains(ann.err, "no count changes") {
		t.Errorf("says %s", ann.err)
	}
	bob := o.run("forget", "--tenant", "acme", "--visitor", "bob", "--session", "s2", "--remove")
	matches(t, bob.row(), `{"known": true, "identities": 2, "removed": true, "events": [{"action": "click", "events": 1, "subjects": 1}]}`)
	equal(t, "verify", o.run("verify").good(), "")
	log := o.run("audit", "--act", "forget").good()
	for _, name := range []string{"ann", "bob", "s1", "s2"} {
		if strings.Contains(log, `"`+name) {
			t.Errorf("the log names %s: %s", name, log)
		}
	}
	equal(t, "erasures", strings.Count(log, "\n"), 2)
}

// Every administrative act is in the log, by whom, and none of the secrets.
func TestCommandAudit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := operator{t, b.conf.database}
	o.tenant("other")
	secret := strings.TrimSpace(o.run("keys", "create", "--tenant", "other", "--scopes", "admin", "--name", "Ops").good())
	made := o.run("activations", "create", "--tenant", "other", "--event-key", "e", "--event-name", "E", "--tier", "t",
		"--start", "2026-03-01T00:00:00Z", "--end", "2026-03-02T00:00:00Z", "--id", "act_o").row()
	o.run("activations", "revoke", "--tenant", "other", "act_o").good()
	byKey := b.as(secret).post(`mutation { deleteActivation(activationId: "act_o") { activationId } }`, nil, nil)
	equal(t, "errors", len(byKey.errors), 0)
	keys := o.run("keys", "list", "--tenant", "other").rows()
	id := at(keys[0], "id")
	o.run("keys", "revoke", "--tenant", "other", jsonText(id)).good()
	o.run("rebuild", "--tenant", "other").good()
	o.run("prune", "--before", "2020-01-01").good()

	log := o.run("audit", "--tenant", "other")
	var acts, actors []string
	for _, row := range log.rows() {
		acts, actors = append(acts, at(row, "act").(string)), append(actors, at(row, "actor").(string))
	}
	equal(t, "acts", strings.Join(acts, " "), "prune rebuild key.revoke activation.delete activation.revoke activation.create key.create tenant.create")
	who, err := user.Current()
	ok(t, err)
	for i, actor := range actors {
		want := who.Username + "@"
		if acts[i] == "activation.delete" {
			want = "key:" + jsonText(id)
		}
		if !strings.HasPrefix(actor, want) {
			t.Errorf("%s by %s, want %s", acts[i], actor, want)
		}
	}
	for _, hidden := range []string{secret, secret[len("ff_"):], at(made, "token").(string)} {
		if strings.Contains(log.out, hidden) {
			t.Errorf("the log shows a secret: %s", log.out)
		}
	}
	equal(t, "of keys", len(o.run("audit", "--tenant", "other", "--act", "key").rows()), 2)
	equal(t, "by the key", len(o.run("audit", "--actor", "key:"+jsonText(id)).rows()), 1)
	equal(t, "limited", len(o.run("audit", "--limit", "3").rows()), 3)
	equal(t, "before", len(o.run("audit", "--tenant", "other", "--until", "2020-01-01T00:00:00Z").rows()), 0)
	o.run("audit", "--since", "yesterday").fails(1, "--since must be an instant")
	if !slices.Contains(rowsOf(o.run("audit").rows(), "act"), "migrate") {
		t.Error("the migration is not in the log")
	}
}

func rowsOf(rows []any, name string) (out []string) {
	for _, row := range rows {
		out = append(out, at(row, name).(string))
	}
	return out
}

// Whoever owns the database's tables cannot change what the log says.
func TestTheLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	server := storetest.Server(t)
	const name = "append_only"
	url, err := server.NewDatabase(t.Context(), name)
	ok(t, err)
	t.Cleanup(func() { ok(t, server.DropDatabase(context.Background(), name)) })
	admin := execOn(t, url)
	admin("CREATE ROLE log_owner LOGIN PASSWORD 'x'")
	t.Cleanup(func() { execOn(t, server.DatabaseURL())("DROP ROLE IF EXISTS log_owner") })
	t.Cleanup(func() { execOn(t, url)("DROP OWNED BY log_owner") })
	admin("GRANT ALL ON SCHEMA public TO log_owner")
	o := operator{t, asUser(t, url, "log_owner", "x")}
	o.run("migrate").good()
	o.tenant("acme")
	for _, statement := range []string{"UPDATE acts SET actor = 'nobody'", "DELETE FROM acts", "TRUNCATE acts"} {
		if err := tryOn(t, o.database, statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	equal(t, "acts", len(o.run("audit").rows()), 2)
}

// A schema from the future is refused by whoever starts. A gateway that serves goes
// on: newer ones take its place one by one.
func TestANewerSchema(t *testing.T) {
	t.Parallel()
	b := setup(t)
	equal(t, "/readyz", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
	b.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	o := operator{t, b.conf.database}
	const newer = "the database's schema has version 99999, newer than"
	for _, command := range []string{"migrate", "rebuild", "verify", "compact"} {
		o.run(command).fails(1, newer, "run a newer footfall")
	}
	o.run("serve", "--listen", "127.0.0.1:0").fails(1, newer)
	equal(t, "/readyz of a gateway that serves", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
	late := b.another(func(c *settings) { c.log = slog.New(slog.DiscardHandler) })
	isProblem(t, "/readyz of one that came late", late.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, newer)
	b.exec("DELETE FROM goose_db_version WHERE version_id = 5")
	isProblem(t, "/readyz without a migration", b.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, newer)
}

// execOn runs statements on a database.
func execOn(t *testing.T, url string) func(statement string) {
	return func(statement string) {
		t.Helper()
		ok(t, tryOn(t, url, statement))
	}
}

func tryOn(t *testing.T, url, statement string) error {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // clean-ups too
	conn, err := pgx.Connect(ctx, url)
	ok(t, err)
	defer func() { ok(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

func asUser(t *testing.T, address, name, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	ok(t, err)
	u.User = url.UserPassword(name, password)
	return u.String()
}

func jsonText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
