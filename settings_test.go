package main

import (
	"strings"
	"testing"
)

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	o := operator{t, "postgres://nobody@127.0.0.1:1/none"}
	for setting, want := range map[string]string{
		"listen=":                "LISTEN) must be an address such as 127.0.0.1:8080, got \"\"",
		"timeout=0s":             "REQUEST_TIMEOUT) must be 1ms or more, got 0s",
		"queue-time=0s":          "QUEUE_TIME) must be 1ms or more, got 0s",
		"rate-limit=-1":          "RATE_LIMIT) must be 0 or more, got -1",
		"reads-at-once=-1":       "READS_AT_ONCE) must be 0 or more, got -1",
		"cost-limit=-1":          "COST_LIMIT) must be 0 or more, got -1",
		"max-stale=-1s":          "MAX_STALE) must be 0s or more, got -1s",
		"compact-every=1ns":      "COMPACT_EVERY) must be 0, or a second or more, got 1ns",
		"compact-every=-1s":      "COMPACT_EVERY) must be 0s or more, got -1s",
		"retention=1":            "RETENTION) must be 0, or 2 to 1200 months, got 1",
		"retention=99999":        "RETENTION) must be 0, or 2 to 1200 months, got 99999",
		"root-field-limit=-2":    "ROOT_FIELD_LIMIT) must be 0 or more, got -2",
		"failure-rate-limit=-20": "FAILURE_RATE_LIMIT) must be 0 or more, got -20",
	} {
		o.run("serve", "--"+setting).fails(2, "--"+strings.Split(setting, "=")[0], want)
	}
}

func TestCommandsNeedTheSchema(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	execOn(t, o.database)("DELETE FROM goose_db_version WHERE version_id = 7")
	for _, command := range [][]string{
		{"tenants", "list"}, {"tenants", "create", "--key", "a", "--name", "A"}, {"keys", "list", "--tenant", "acme"}, {"load", "--tenant", "acme", "-"},
		{"rebuild"}, {"verify"}, {"compact"}, {"prune", "--before", "2025-01-01"}, {"forget", "--tenant", "acme", "--visitor", "v"}, {"audit"},
	} {
		o.run(command...).fails(1, "run footfall migrate")
	}
}
