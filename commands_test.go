package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"footfall/internal/await"
	"footfall/internal/storetest"
	"footfall/internal/testlog"
)

// operator runs commands over a database, as at a prompt.
type operator struct {
	t        testing.TB
	database string
}

// outcome is what a command left behind.
type outcome struct {
	t        testing.TB
	what     string
	code     int
	out, err string
}

func newOperator(t testing.TB) operator {
	t.Helper()
	return operator{t, storetest.Database(t)}
}

func (o operator) run(arguments ...string) outcome {
	o.t.Helper()
	return o.pipe("", arguments...)
}

// pipe runs a command with standard input.
func (o operator) pipe(stdin string, arguments ...string) outcome {
	o.t.Helper()
	if o.database != "" {
		arguments = append(arguments, "--database-url", o.database)
	}
	var out, errOut testlog.Log
	code := run(o.t.Context(), arguments, strings.NewReader(stdin), &out, &errOut)
	return outcome{o.t, strings.Join(arguments, " "), code, out.String(), errOut.String()}
}

// good is the output of a command that must go well.
func (o outcome) good() string {
	o.t.Helper()
	if o.code != 0 {
		o.t.Fatalf("%s exits with %d\n%s%s", o.what, o.code, o.out, o.err)
	}
	return o.out
}

// fails checks that a command says why it failed, on standard error alone.
func (o outcome) fails(code int, words ...string) {
	o.t.Helper()
	if o.code != code || o.out != "" || !strings.HasPrefix(o.err, "footfall: ") {
		o.t.Errorf("%s exits with %d, want %d\n%s%s", o.what, o.code, code, o.out, o.err)
	}
	for _, w := range words {
		if !strings.Contains(o.err, w) {
			o.t.Errorf("%s says %q, not %q", o.what, o.err, w)
		}
	}
}

// rows reads JSON values, one a line.
func (o outcome) rows() []any {
	o.t.Helper()
	rows := []any{}
	for line := range strings.Lines(o.good()) {
		var row any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			o.t.Fatalf("%s prints %q: %v", o.what, line, err)
		}
		rows = append(rows, row)
	}
	return rows
}

// row reads the only JSON object.
func (o outcome) row() any {
	o.t.Helper()
	rows := o.rows()
	if len(rows) != 1 {
		o.t.Fatalf("%s prints\n%s, want one object", o.what, o.out)
	}
	return rows[0]
}

func (o operator) tenant(key string) {
	o.t.Helper()
	o.run("tenants", "create", "--key", key, "--name", key).good()
}

// write makes a file and returns its name.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	ok(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	ok(t, err)
	ok(t, z.Close())
	return b.String()
}

func TestCommandMigrate(t *testing.T) {
	t.Parallel()
	const name = "commands_migrate"
	url, err := storetest.Server(t).NewDatabase(t.Context(), name)
	ok(t, err)
	t.Cleanup(func() { ok(t, storetest.Server(t).DropDatabase(context.Background(), name)) })
	o := operator{t, url}
	o.run("serve", "--listen", "127.0.0.1:0").fails(1, "the database's schema is not this version's: run footfall migrate")
	if first := o.run("migrate"); first.good() != "" || !strings.Contains(first.err, "the schema is up to date") {
		t.Errorf("says %q and %q", first.out, first.err)
	}
	if again := o.run("migrate"); again.good() != "" || !strings.Contains(again.err, "footfall: 0 migrations ran") {
		t.Errorf("again says %q", again.err)
	}
	equal(t, "tenants", o.run("tenants", "list").good(), "")
	equal(t, "verify", o.run("verify").good(), "")
}

func TestCommandTenants(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	matches(t, o.run("tenants", "create", "--key", "acme", "--name", "Acme & <Söhne>", "--time-zone", "Europe/Paris").row(),
		`{"key": "acme", "name": "Acme & <Söhne>", "timeZone": "Europe/Paris"}`)
	matches(t, o.run("tenants", "create", "--key", "other", "--name", "Other").row(), `{"key": "other", "name": "Other", "timeZone": "UTC"}`)
	list := o.run("tenants", "list")
	matches(t, list.rows(), `[{"key": "acme", "name": "Acme & <Söhne>", "timeZone": "Europe/Paris"}, {"key": "other", "name": "Other", "timeZone": "UTC"}]`)
	if !strings.Contains(list.out, "Acme & <Söhne>") {
		t.Errorf("a name is escaped: %s", list.out)
	}
	o.run("tenants", "create", "--key", "acme", "--name", "Again").fails(1, `a tenant with key "acme" exists already`)
	for _, zone := range []string{"Mars/Olympus", "Local", "+02:00", ""} {
		o.run("tenants", "create", "--key", "new", "--name", "New", "--time-zone", zone).fails(1, "--time-zone must be an IANA time zone such as Europe/Paris", zone)
	}
	o.run("tenants", "create", "--key", "a b", "--name", "New").fails(1, "letters, digits", "a b")
	equal(t, "tenants after refusals", len(o.run("tenants", "list").rows()), 2)
}

func TestCommandKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := operator{t, b.conf.database}
	o.tenant("other")
	made := o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read, events:write", "--name", "Nightly load", "--expires", "2099-01-01T00:00:00+02:00")
	secret := strings.TrimSuffix(made.good(), "\n")
	if !regexp.MustCompile(`^ff_\S{20,}$`).MatchString(secret) || made.err != "" {
		t.Fatalf("prints %q and %q", made.out, made.err)
	}
	admin := o.run("keys", "create", "--tenant=acme", "--scopes=admin", "--rate-limit=30").good()
	equal(t, "with the key", b.as(secret).post(`{ activations { nodes { id } } }`, nil, nil).status, http.StatusOK)

	rows := o.run("keys", "list", "--tenant", "acme").rows()
	equal(t, "keys", len(rows), 3) // the bundle's too
	matches(t, []any{at(rows, "1.rateLimit"), at(rows, "2.rateLimit")}, `[null, 30]`)
	equal(t, "name", at(rows, "1.name"), any("Nightly load"))
	matches(t, at(rows, "1.scopes"), `["analytics:read", "events:write"]`)
	matches(t, at(rows, "2.scopes"), `["admin"]`)
	equal(t, "documents", at(rows, "1.documents"), any("off"))
	equal(t, "expiry", instantOf(at(rows, "1.expiresAt").(string)), instantOf("2098-12-31T22:00:00Z"))
	matches(t, []any{at(rows, "1.revokedAt"), at(rows, "2.expiresAt")}, `[null, null]`)
	if prefix, _ := at(rows, "1.prefix").(string); prefix == "" || len(prefix) > 12 || !strings.HasPrefix(secret, prefix) {
		t.Errorf("the prefix %q does not help to recognise the key", prefix)
	}
	id := fmt.Sprint(number(rows, "1.id"))

	said := []outcome{o.run("keys", "list", "--tenant", "acme")}
	o.run("keys", "revoke", id, "--tenant", "other").fails(1, "no such key: "+id)
	equal(t, "after another tenant's revocation", b.as(secret).post(`{ activations { nodes { id } } }`, nil, fresh).status, http.StatusOK)
	revoke := o.run("keys", "revoke", id, "--tenant", "acme")
	equal(t, "revoke prints", revoke.good(), "")
	equal(t, "revoke says", revoke.err, "footfall: key "+id+" is revoked\n")
	equal(t, "with the revoked key", b.as(secret).post(`{ activations { nodes { id } } }`, nil, fresh).status, http.StatusUnauthorized)
	await.Until(t, "refused without no-cache too", func() bool {
		return b.as(secret).post(`{ activations { nodes { id } } }`, nil, nil).status == http.StatusUnauthorized
	})
	list := o.run("keys", "list", "--tenant", "acme")
	first, _ := at(list.rows(), "1.revokedAt").(string)
	if first == "" {
		t.Errorf("list does not say that it is revoked: %s", list.out)
	}
	again := o.run("keys", "revoke", id, "--tenant", "acme")
	again.good()
	equal(t, "revoked at, after a second revocation", at(o.run("keys", "list", "--tenant", "acme").rows(), "1.revokedAt"), any(first))
	for _, s := range append(said, revoke, list, again, o.run("keys", "list", "--tenant", "acme", "--log-level", "debug")) {
		for _, secret := range []string{secret, strings.TrimSpace(admin), secret[len(secret)-16:]} {
			if strings.Contains(s.out+s.err, secret) {
				t.Errorf("%s shows the secret\n%s%s", s.what, s.out, s.err)
			}
		}
	}
	equal(t, "another tenant's keys", o.run("keys", "list", "--tenant", "other").good(), "")
	o.run("keys", "revoke", "999", "--tenant", "acme").fails(1, "no such key: 999")
	o.run("keys", "revoke", "abc", "--tenant", "acme").fails(2, "abc")
	o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read,root").fails(1, "must be among analytics:read, events:write, admin", "root")
	o.run("keys", "create", "--tenant", "acme", "--scopes", "admin", "--expires", "tomorrow").fails(1, "--expires must be an instant such as 2026-03-31T12:00:00Z", "tomorrow")
	o.run("keys", "create", "--tenant", "acme", "--scopes", "admin", "--expires", "").fails(1, "--expires must be an instant", `""`)
	o.run("keys", "create", "--tenant", "acme", "--scopes", "admin", "--name", strings.Repeat("n", 257)).fails(1, "--name must be at most 256 bytes long, got 257")
	o.run("keys", "create", "--tenant", "acme").fails(2, "--scopes")
	o.run("keys", "create", "--tenant", "acme", "--scopes", "admin", "--rate-limit=-1").fails(1, "--rate-limit must be from 0 to 2147483647, got -1")
}

func TestCommandActivations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := operator{t, b.conf.database}
	o.tenant("other")
	create := func(tenant string, more ...string) outcome {
		t.Helper()
		return o.run(append([]string{
			"activations", "create", "--tenant", tenant, "--event-key", "jazz", "--event-name", "Jazz", "--tier", "premium",
			"--start", "2026-03-01T00:00:00Z", "--end", "2026-04-01T00:00:00+02:00", "--redis-url", b.conf.redis,
		}, more...)...)
	}
	made := create("acme").row()
	id, _ := at(made, "activationId").(string)
	token, _ := at(made, "token").(string)
	if !regexp.MustCompile(`^act_[a-z0-9]{16}$`).MatchString(id) || !regexp.MustCompile(`^tok_\S{20,}$`).MatchString(token) {
		t.Fatalf("prints %s", encoded(made))
	}
	const rest = `"eventKey": "jazz", "eventName": "Jazz", "tier": "premium", "status": %q, "startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-31T22:00:00Z"}`
	matches(t, made, fmt.Sprintf(`{"activationId": %q, "token": %q, `+rest, id, token, "ACTIVATED"))
	b.record(click("1", "click", "jazz", "s", "2026-03-05T00:00:00Z"))

	nobody := b.as("")
	open := func(id, token string) answer {
		return nobody.do(http.MethodGet, "/api/partner-stats/"+id+"?token="+token, "", fresh)
	}
	if a := open(id, token); a.status != http.StatusOK || !strings.Contains(a.body, `"clickCount":1,`) {
		t.Errorf("the link gives %d %s", a.status, a.body)
	}
	second := create("acme", "--id", "act_mine", "--status", "pending").row()
	equal(t, "id", at(second, "activationId"), any("act_mine"))
	create("other", "--id", "act_mine").fails(1, `activationId: is taken: "act_mine"`)
	create("acme", "--status", "gone").fails(2, "--status", "pending", "gone")
	create("acme", "--id", "two words").fails(1, "activationId", "two words")
	create("acme", "--end", "2026-02-01T00:00:00Z").fails(1, "endAt")
	create("acme", "--start", "2026-03-01").fails(1, "--start must be an instant such as 2026-03-31T12:00:00Z", `"2026-03-01"`)
	create("acme", "--end", "soon").fails(1, "--end must be an instant such as", `"soon"`)
	create("nobody").fails(1, `no tenant has the key "nobody"`)

	list := o.run("activations", "list", "--tenant", "acme")
	equal(t, "listed", len(list.rows()), 2)
	for _, row := range list.rows() {
		want := fmt.Sprintf(`{"activationId": %q, `+rest, id, "ACTIVATED")
		if at(row, "activationId") == "act_mine" {
			want = fmt.Sprintf(`{"activationId": "act_mine", `+rest, "PENDING")
		}
		matches(t, row, want) // without a token
	}
	equal(t, "another tenant's", o.run("activations", "list", "--tenant", "other").good(), "")

	o.run("activations", "status", id, "activated", "--tenant", "other").fails(1, "no such activation", id)
	o.run("activations", "status", id, "gone", "--tenant", "acme").fails(2, "pending", "gone")
	o.run("activations", "status", id, "dismissed", "--tenant", "acme", "--redis-url", b.conf.redis).good()
	equal(t, "dismissed", open(id, token).status, http.StatusConflict)
	matches(t, o.run("activations", "status", id, "activated", "--tenant", "acme", "--redis-url", b.conf.redis).row(), fmt.Sprintf(`{"activationId": %q, `+rest, id, "ACTIVATED"))
	o.run("activations", "revoke", id, "--tenant", "other").fails(1, "no such activation", id)
	o.run("activations", "delete", id, "--tenant", "other").fails(1, "no such activation", id)
	equal(t, "the link, still", open(id, token).status, http.StatusOK)
	equal(t, "revoke says", o.run("activations", "revoke", id, "--tenant", "acme").err, "footfall: the link of "+id+" is revoked\n")
	equal(t, "a revoked link", open(id, token).status, http.StatusForbidden)
	matches(t, b.ask(fmt.Sprintf(`{ activation(activationId: %q) { metrics { clickCount } } }`, id)), `{"activation": {"metrics": {"clickCount": 1}}}`)
	deleted := o.run("activations", "delete", id, "--tenant", "acme", "--redis-url", b.conf.redis)
	equal(t, "delete prints", deleted.good(), "")
	equal(t, "delete says", deleted.err, "footfall: "+id+" is deleted\n")
	matches(t, b.ask(fmt.Sprintf(`{ activation(activationId: %q) { id } }`, id)), `{"activation": null}`)
	equal(t, "a deleted link", open(id, token).status, http.StatusNotFound)
	o.run("activations", "delete", id, "--tenant", "acme").fails(1, "no such activation", id)
	o.run("activations", "revoke", id, "--tenant", "acme").fails(1, "no such activation", id)
	equal(t, "listed", len(o.run("activations", "list", "--tenant", "acme").rows()), 1)
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Whoever was not shown a secret hears what was made, and takes it back with the
// command that the error names.
func TestCommandsTellOfSecretsThatNobodySaw(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	for create, made := range map[string]*regexp.Regexp{
		"keys create --scopes admin": regexp.MustCompile(`^footfall: key \d+ was made, but not shown: footfall (keys revoke \d+ --tenant acme) takes it back: no space left`),
		"activations create --event-key jazz --event-name Jazz --tier t --start 2026-03-01T00:00:00Z --end 2026-04-01T00:00:00Z": regexp.MustCompile(
			`^footfall: activation \S+ was made, but not shown: footfall (activations delete \S+ --tenant acme) takes it back: no space left`),
	} {
		var said testlog.Log
		code := run(t.Context(), append(strings.Fields(create), "--tenant", "acme", "--database-url", o.database), strings.NewReader(""), full{}, &said)
		found := made.FindStringSubmatch(said.String())
		if code != 1 || found == nil {
			t.Errorf("%s exits with %d and says %s", create, code, said.String())
			continue
		}
		o.run(strings.Fields(found[1])...).good()
	}
	if at(o.run("keys", "list", "--tenant", "acme").row(), "revokedAt") == nil {
		t.Error("the key is not revoked")
	}
	equal(t, "activations", len(o.run("activations", "list", "--tenant", "acme").rows()), 0)
}

func TestHelpThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	for _, arguments := range []string{"--help", "-h", "--version", "serve --help", "keys create -h"} {
		var said testlog.Log
		equal(t, arguments, run(t.Context(), strings.Fields(arguments), strings.NewReader(""), full{}, &said), 1)
		equal(t, arguments+" says", said.String(), "footfall: no space left on device\n")
	}
}

// More activations than a page holds are all listed, once.
func TestCommandListsAllPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_first", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	b.exec(`INSERT INTO activations SELECT tenant_id, 'act_' || n, subject_id, event_key, event_name, tier, status, start_at, end_at, created_at
		FROM activations, generate_series(1, 2050) n`)
	seen := map[any]bool{}
	for _, row := range (operator{t, b.conf.database}).run("activations", "list", "--tenant", "acme").rows() {
		seen[at(row, "activationId")] = true
	}
	equal(t, "activations", len(seen), 2051)
}

func TestCommandUsage(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	bare := operator{t: t}
	help := bare.run("--help").good()
	for _, leaf := range commandLine(&cli{}).Model.Leaves(true) {
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(leaf.Path()) + ` `).MatchString(help) {
			t.Errorf("--help does not list %q", leaf.Path())
		}
		if text := bare.run(append(strings.Fields(leaf.Path()), "--help")...).good(); !strings.Contains(text, "Usage: footfall "+leaf.Path()) {
			t.Errorf("%s --help prints %s", leaf.Path(), text)
		}
	}
	o.run("tenants", "list", "--colour").fails(2, "unknown flag --colour")
	o.run("tenants", "burn").fails(2, "burn")
	o.run("verify", "--tenant", "").fails(1, `no tenant has the key ""`)
	if said := bare.run("--version").good(); !regexp.MustCompile(`^footfall \S+, schema \d+, go1\.`).MatchString(said) {
		t.Errorf("--version prints %s", said)
	}
	bare.run().fails(2, "serve", "migrate", "\nfootfall --help lists")
	bare.run("tenants").fails(2, "create", "list", "\nfootfall tenants --help lists")
	bare.run("serv").fails(2, `did you mean "serve"`, "\nfootfall --help lists")
	o.run("keys", "create", "--colour").fails(2, "\nfootfall keys create --help lists")
	equal(t, "help", bare.run("help").good(), help)
	equal(t, "help keys create", bare.run("help", "keys", "create").good(), bare.run("keys", "create", "--help").good())
	equal(t, "version", bare.run("version").good(), bare.run("--version").good())
	bare.run("help", "me").fails(2, "me", "\nfootfall --help lists")
	o.run("tenants", "list", "--log-level", "loud").fails(2, `--log-level: must be debug, info, warn or error, got "loud"`)
	o.run("serve", "--timeout", "5").fails(2, "--timeout", "duration", "5")
	o.run("load", "--tenant", "acme").fails(2, "<file>")
	o.tenant("acme")
	for _, arguments := range [][]string{
		{"keys", "list"}, {"keys", "create", "--scopes", "admin"}, {"keys", "revoke", "1"}, {"activations", "list"}, {"activations", "revoke", "a"},
		{"activations", "delete", "a"}, {"load", "-"}, {"verify"}, {"rebuild"},
	} {
		o.run(append(arguments, "--tenant", "acmee")...).fails(1, `no tenant has the key "acmee"`)
	}
	// What cannot be reached or read is said without its password.
	const form = "must be a URL such as postgres://user@host/database\n"
	for url, want := range map[string]string{
		"postgres://gate:hunter2@127.0.0.1:1/footfall": "connection refused",
		"postgres://gate:hunter2@[::1/x":               form, "mysql://gate:hunter2@host/x": form, "hunter2": form,
		"postgres://gate:hunter2@host/x?default_query_exec_mode=exec":                                        "must not have a default_query_exec_mode",
		"postgres://gate:hunter2@host/x?default_query_exec_mode=simple_protocol":                             "must not have a default_query_exec_mode",
		"postgres://gate:hunter2@host/x?statement_cache_capacity=0":                                          "must not have a statement_cache_capacity",
		"postgres://gate:hunter2@host/x?default_query_exec_mode=cache_describe&description_cache_capacity=0": "must not have a description_cache_capacity",
		"": "is empty or not set, and " + form,
	} {
		for _, command := range []string{"migrate", "verify", "rebuild", "compact"} {
			failed := bare.run(command, "--database-url", url)
			if want == "connection refused" {
				failed.fails(1, want)
			} else {
				failed.fails(2, "--database-url (DATABASE_URL) "+want)
			}
			if strings.Contains(failed.err, "hunter2") {
				t.Errorf("%s shows the password: %s", command, failed.err)
			}
		}
	}
	for _, redis := range []string{"redis://:hunter2@ /", "hunter2", "mysql://hunter2@host", "redis://:hunter2@127.0.0.1:notaport/0"} {
		failed := o.run("load", "-", "--tenant", "acme", "--redis-url", redis)
		failed.fails(2, "--redis-url (REDIS_URL) must be a URL such as redis://host:6379/0\n")
		if strings.Contains(failed.err, "hunter2") {
			t.Errorf("the password of Redis is shown: %s", failed.err)
		}
	}
	o.run("serve", "--database-read-url", "mysql://host").fails(2, "--database-read-url (DATABASE_READ_URL) "+form)
}

// Settings come from the environment, flags go first; what is missing is named.
func TestCommandSettings(t *testing.T) { //nolint:paralleltest // the environment is the process's
	for _, name := range []string{"DATABASE_URL", "DATABASE_READ_URL", "REDIS_URL", "LOG_LEVEL"} {
		t.Setenv(name, "")
		ok(t, os.Unsetenv(name))
	}
	bare := operator{t: t}
	bare.run("tenants", "list").fails(2, "--database-url", "DATABASE_URL")
	bare.run("serve").fails(2, "DATABASE_URL")
	o := newOperator(t)
	t.Setenv("DATABASE_URL", o.database)
	bare.tenant("acme")
	equal(t, "tenants", len(bare.run("tenants", "list").rows()), 1)
	t.Setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
	equal(t, "tenants by flag", len(o.run("tenants", "list").rows()), 1)
	bare.run("tenants", "list").fails(1, "connection refused")
	t.Setenv("LOG_LEVEL", "loud")
	o.run("tenants", "list").fails(2, "loud")
}
