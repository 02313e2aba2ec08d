package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
)

// portal is a query that reads sets, sums and a time series.
const portal = `{ activation(activationId: "act_1") { metrics { clickCount uniqueSessionCount }
	timeSeries(interval: DAY) { points { start metrics { clickCount uniqueSessionCount } } } } }`

// clicksOn are n clicks of a day, from as many sessions.
func clicksOn(day string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"%s-%d","action":"click","event":"jazz","session":"s%d","at":"%sT%02d:%02d:00Z"}`+"\n", day, i, i%(n/2+1), day, i%24, i%60)
	}
	return b.String()
}

// TestDumpAndRestore moves everything into a new database by the lines of
// docs/operations.md: it verifies, answers the same, and caches of the old one are not believed.
func TestDumpAndRestore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_1", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	o := operator{t, b.conf.database}
	o.pipe(clicksOn("2026-03-02", 50), "load", "--tenant", "acme", "-").good()
	o.run("forget", "--tenant", "acme", "--session", "s1").good()
	page, err := os.ReadFile("docs/operations.md")
	ok(t, err)
	dump := regexp.MustCompile(`(?m)^pg_dump .*\n`).FindString(string(page))
	restore := regexp.MustCompile(`(?m)^psql .*\n(RESTORED_URL=.*\n)pg_restore .*\n`).FindStringSubmatch(string(page))
	if dump == "" || restore == nil {
		t.Fatal("the page has no such lines")
	}
	folder := t.TempDir()
	paste := func(lines string) string {
		return program(t, "env", "DATABASE_URL="+b.conf.database, "sh", "-ec", "cd '"+folder+"'\n"+lines)
	}
	paste(dump)
	before := b.post(portal, nil, fresh)
	log := o.run("audit").good()
	// What comes after the dump is lost, in Postgres alone.
	o.pipe(clicksOn("2026-03-03", 30), "load", "--tenant", "acme", "-", "--redis-url", b.conf.redis).good()
	b.cached(portal, 80)

	paste(restore[0])
	t.Cleanup(func() { ok(t, storetest.Server(t).DropDatabase(context.Background(), "footfall_restored")) })
	url := paste(restore[1] + `printf %s "$RESTORED_URL"`)
	equal(t, "the new database", url, storetest.Server(t).URLOf("footfall_restored"))
	restored := operator{t, url}
	equal(t, "verify", restored.run("verify").good(), "")
	equal(t, "migrate", strings.Contains(restored.run("migrate").err, "0 migrations ran"), true)
	equal(t, "the log", restored.run("audit").good(), log)
	after := b.another(func(c *settings) { c.database = url })
	equal(t, "answers", jsonText(after.post(portal, nil, nil).data), jsonText(before.data))
	restored.pipe(clicksOn("2026-03-03", 30), "load", "--tenant", "acme", "-").good()
	equal(t, "verify, with events sent again", restored.run("verify").good(), "")
}

// cached asks until the answer comes out of Redis or memory with so many clicks.
func (b *bundle) cached(query string, clicks int) {
	b.t.Helper()
	await.Until(b.t, "the answer is remembered", func() bool {
		got := b.post(query, nil, nil)
		return fmt.Sprint(at(got.data, "activation.metrics.clickCount")) == fmt.Sprint(clicks)
	})
}

// TestPointInTimeRecovery loses what came after an instant, on purpose: a base backup
// and the archived log make the database of that instant, which verifies. Caches that
// know more are not believed.
func TestPointInTimeRecovery(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short: starts two servers")
	}
	server := storetest.PrivateServer(t)
	folder := sharedFolder(t, filepath.Join(server.Dir(), "postgres"))
	archive := filepath.Join(folder, "archive")
	ok(t, os.Mkdir(archive, 0o700))
	give(t, archive, filepath.Join(server.Dir(), "postgres"))
	admin := execOn(t, server.DatabaseURL())
	admin("ALTER SYSTEM SET archive_mode = on")
	admin("ALTER SYSTEM SET archive_command = 'test ! -f " + archive + "/%f && cp %p " + archive + "/%f'")
	ok(t, server.Postgres().Stop())
	ok(t, server.Postgres().Start(t.Context()))

	b := setup(t, privately(t, server))
	b.activate("act_1", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	o := operator{t, server.DatabaseURL()}
	home := filepath.Join(folder, "restored")
	program(t, "pg_basebackup", "--pgdata="+filepath.Join(home, "postgres"), "--checkpoint=fast", "--dbname="+server.DatabaseURL())
	o.pipe(clicksOn("2026-03-02", 50), "load", "--tenant", "acme", "-").good()
	before := b.post(portal, nil, fresh)
	instant := now(t, server.DatabaseURL())
	o.pipe(clicksOn("2026-03-03", 30), "load", "--tenant", "acme", "-", "--redis-url", server.RedisURL()).good()
	b.cached(portal, 80)
	b.stop()
	admin("SELECT pg_switch_wal()")
	ok(t, server.Postgres().Stop()) // archives what is left

	recovered := recoverTo(t, server, home, archive, instant)
	r := operator{t, recovered.DatabaseURL()}
	equal(t, "verify", r.run("verify").good(), "")
	after := b.another(func(c *settings) { c.database = recovered.DatabaseURL() })
	equal(t, "answers", jsonText(after.post(portal, nil, nil).data), jsonText(before.data))
	r.pipe(clicksOn("2026-03-03", 30), "load", "--tenant", "acme", "-").good()
	equal(t, "verify, with events sent again", r.run("verify").good(), "")
}

// recoverTo starts a server on a base backup, which reads the archive up to an
// instant and then goes on by itself.
func recoverTo(t *testing.T, of *localdb.Server, home, archive, instant string) *localdb.Server {
	t.Helper()
	data := filepath.Join(home, "postgres")
	settings := fmt.Sprintf("archive_mode = off\nrestore_command = 'cp %s/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = promote\n", archive, instant)
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	ok(t, err)
	_, err = conf.WriteString(settings)
	ok(t, errors.Join(err, conf.Close()))
	ok(t, os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o600))
	password, err := os.ReadFile(filepath.Join(of.Dir(), "password"))
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(home, "password"), password, 0o600))
	ok(t, os.Chmod(home, 0o711))
	ok(t, filepath.WalkDir(data, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			give(t, path, filepath.Join(of.Dir(), "postgres"))
		}
		return err
	}))
	give(t, filepath.Join(home, "password"), filepath.Join(of.Dir(), "postgres"))
	s, err := localdb.Start(t.Context(), localdb.Options{Dir: home, Log: t.Output()})
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	await.Until(t, "recovery is over", func() bool {
		conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close(t.Context()) }()
		var recovering bool
		return conn.QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&recovering) == nil && !recovering
	})
	return s
}

// sharedFolder is a folder that the servers' user can reach.
func sharedFolder(t *testing.T, like string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "footfall-backup-")
	ok(t, err)
	t.Cleanup(func() { ok(t, os.RemoveAll(dir)) })
	ok(t, os.Chmod(dir, 0o711))
	give(t, dir, like)
	return dir
}

// give makes the owner of one path that of another.
func give(t *testing.T, path, like string) {
	t.Helper()
	info, err := os.Stat(like)
	ok(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	if os.Geteuid() == 0 {
		ok(t, os.Lchown(path, int(owner.Uid), int(owner.Gid)))
	}
}

func now(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	ok(t, err)
	defer func() { ok(t, conn.Close(t.Context())) }()
	var at time.Time
	ok(t, conn.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&at))
	return at.UTC().Format("2006-01-02 15:04:05.999999") + "+00"
}

// program runs one of Postgres' own.
func program(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said.String())
	}
	return said.String()
}
