package store

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/internal/storetest"
)

// The rules that let the schema be distributed by tenant, as far as a test can
// see them.

// unbound are the statements that do not bind a tenant, and why.
var unbound = map[string]string{
	"find_key":      "the digest is unique over all tenants: whose key it is is the question (reference table)",
	"find_link":     "the token's digest or the id is unique over all tenants: whose link it is is the question (reference table)",
	"insert_tenant": "makes the tenant",
	"list_tenants":  "lists them",
	"find_tenant":   "finds one by its access key",
	"read_outbox":   "the drainer serves all tenants",

	"list_acts":       "the log is the operator's, who may ask about all tenants (reference table)",
	"list_partitions": "asks the catalog: a month is all tenants'",
	"aware_tenants":   "asks about all of them, before a month is dropped",
	"tenant_ids":      "lists them, before a month is dropped",
}

// references are the tables that every node would hold whole.
var references = []string{"tenants", "api_keys", "links", "acts"}

var (
	comments   = regexp.MustCompile(`--[^\n]*`)
	tableNamed = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|USING|INTO)\s+([a-z_]+)\b(?:\s*\()?`)
	bindings   = regexp.MustCompile(`\btenant_id = (?:@tenant_id|[a-z]+\.tenant_id)`)
	inserts    = regexp.MustCompile(`(?s)^\s*INSERT INTO \w+ \((?:activation_id, )?tenant_id\b.*?(?:SELECT|VALUES \()\s*(?:@activation_id, )?@tenant_id\b`)
)

func TestEveryStatementBindsItsTenant(t *testing.T) {
	t.Parallel()
	tables := tenantTables(t)
	for _, name := range slices.Sorted(maps.Keys(queries)) {
		text := comments.ReplaceAllString(queries[name], "")
		if _, listed := unbound[name]; listed {
			if strings.Contains(text, "@tenant_id") {
				t.Errorf("%s binds a tenant: strike it off the list", name)
			}
			continue
		}
		named := 0
		for _, m := range tableNamed.FindAllStringSubmatch(text, -1) {
			if slices.Contains(tables, m[1]) {
				named++
			}
		}
		bound := len(bindings.FindAllString(text, -1)) + len(inserts.FindAllString(text, -1))
		if bound == 0 || bound < named {
			t.Errorf("%s names %d tables of tenants and binds tenant_id %d times", name, named, bound)
		}
	}
	for name := range unbound {
		if queries[name] == "" {
			t.Errorf("%s is no query", name)
		}
	}
}

func TestStatementsKeepTheRules(t *testing.T) {
	t.Parallel()
	volatile := regexp.MustCompile(`(?i)\b(now|random|clock_timestamp|statement_timestamp|gen_random_uuid|nextval)\s*\(|\bcurrent_(?:timestamp|date)\b`)
	for name, text := range queries {
		text = comments.ReplaceAllString(text, "")
		if volatile.MatchString(text) && name != "insert_tenant" { // its secret is in no log
			t.Errorf("%s calls the database's clock or dice: pass the value", name)
		}
		if strings.Contains(text, "@identity_key") {
			t.Errorf("%s binds a tenant's secret, which Postgres may log", name)
		}
		if regexp.MustCompile(`(?i)\bMERGE INTO\b|\bTEMP\b`).MatchString(text) {
			t.Errorf("%s uses MERGE or a temporary table", name)
		}
		returnsRows := regexp.MustCompile(`(?i)^\s*(SELECT|WITH)\b`).MatchString(text)
		if returnsRows && !strings.Contains(text, "ORDER BY") && !unordered[name] {
			t.Errorf("%s returns rows in no order", name)
		}
	}
}

// unordered are the statements that return one row, or whose rows are folded in
// any order.
var unordered = map[string]bool{
	"count_activations": true, "count_campaigns": true, "count_events": true, "count_loose_cells": true, "find_tenant": true, "identity_key": true, "lock_tenant": true, "dictionary_moment": true,
	"horizon": true, "older_cells": true, "find_key": true, "find_link": true, "totals_cells": true, "totals_ends": true, "sliced_cells": true, "partners_all": true, "partners_by_uuid": true,
}

func TestMigrationsKeepTheRules(t *testing.T) {
	t.Parallel()
	files, err := migrationFiles.ReadDir("migration")
	ok(t, err)
	for _, f := range files {
		raw, err := migrationFiles.ReadFile("migration/" + f.Name())
		ok(t, err)
		for statement := range strings.SplitSeq(comments.ReplaceAllString(string(raw), ""), ";") {
			words := strings.ToUpper(statement)
			if strings.Contains(words, "ALTER TABLE") && len(regexp.MustCompile(`\b(ADD|DROP|ALTER COLUMN|RENAME|SET|ATTACH|DETACH)\b`).FindAllString(words, -1)) > 1 {
				t.Errorf("%s: more than one change in %s", f.Name(), statement)
			}
			if regexp.MustCompile(`(?s)\bADD COLUMN\b.*\bCHECK\b`).MatchString(words) {
				t.Errorf("%s: a CHECK without a name of its own in %s", f.Name(), statement)
			}
			for _, never := range []string{"CREATE TRIGGER", "PARTITION OF EVENTS DEFAULT", "DETACH", "SERIAL", "ON DELETE SET NULL", "RESET LOCK_TIMEOUT"} {
				if strings.Contains(words, never) {
					t.Errorf("%s: %s", f.Name(), never)
				}
			}
		}
	}
}

// tenantTables asks the catalog which tables belong to tenants.
func tenantTables(t *testing.T) []string {
	t.Helper()
	return column(t, `SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND c.relname <> ALL ($1) AND c.relname NOT LIKE 'goose%' ORDER BY 1`, references)
}

func TestTheSchemaKeepsTheRules(t *testing.T) {
	t.Parallel()
	tables := tenantTables(t)
	for _, c := range []struct {
		wrong, query string
		args         []any
	}{
		{"has no tenant_id bigint NOT NULL", `SELECT r FROM unnest($1::text[]) r WHERE NOT EXISTS (SELECT FROM pg_attribute
			WHERE attrelid = r::regclass AND attname = 'tenant_id' AND atttypid = 'bigint'::regtype AND attnotnull)`, []any{tables}},
		{"has no primary key", `SELECT r FROM unnest($1::text[]) r WHERE NOT EXISTS (SELECT FROM pg_index
			WHERE indrelid = r::regclass AND indisprimary)`, []any{tables}},
		{"is a key without the tenant first", `SELECT i.indexrelid::regclass::text FROM pg_index i
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indisunique AND i.indrelid = ANY ($1::text[]::regclass[]) AND a.attname <> 'tenant_id'`, []any{tables}},
		{"is an index without the tenant", `SELECT i.indexrelid::regclass::text FROM pg_index i
			JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'tenant_id'
			WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND a.attnum <> ALL (i.indkey)`, []any{tables}},
		{"is a foreign key out of the tenant", `SELECT conname::text FROM pg_constraint
			WHERE contype = 'f' AND confrelid <> ALL ($1::text[]::regclass[])
				AND NOT conkey && (SELECT array_agg(attnum) FROM pg_attribute WHERE attrelid = conrelid AND attname = 'tenant_id')`, []any{references}},
		{"is a foreign key that acts on its own", `SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'a'`, nil},
		{"is a trigger", `SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal`, nil},
		{"is a default partition", `SELECT partrelid::regclass::text FROM pg_partitioned_table WHERE partdefid <> 0`, nil},
		{"is numbered, but not by bigint", `SELECT attrelid::regclass || '.' || attname FROM pg_attribute
			WHERE attidentity <> '' AND atttypid <> 'bigint'::regtype AND attrelid::regclass::text NOT LIKE 'goose%'`, nil},
		{"is a sequence of no identity column", `SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'S' AND c.relname NOT LIKE 'goose%'
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')`, nil},
	} {
		for _, found := range column(t, c.query, c.args...) {
			t.Errorf("%s %s", found, c.wrong)
		}
	}
}

// column runs a query of one text column on a migrated database.
func column(t *testing.T, query string, args ...any) []string {
	t.Helper()
	s := open(t, storetest.Database(t))
	rows, err := s.pool.Query(t.Context(), query, args...)
	ok(t, err)
	var out []string
	for rows.Next() {
		var v string
		ok(t, rows.Scan(&v))
		out = append(out, v)
	}
	ok(t, rows.Err())
	s.Close()
	return out
}
