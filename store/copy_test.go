package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// TestCopying reads back what was copied: on either side of the year that Postgres
// counts from, at the bounds of the types, and null.
func TestCopying(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	columns := []string{"a_bigint", "an_integer", "a_smallint", "a_boolean", "an_instant", "a_date", "a_uuid", "a_text", "a_bytea", "nothing"}
	id := uuid.Max
	instants := []time.Time{at("1970-01-01T00:00:00Z"), at("1999-12-31T23:59:59.999999Z"), at("2000-01-01T00:00:00Z"), at("9999-12-31T23:59:59.999999Z")}
	var got []string
	ok(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `CREATE TEMPORARY TABLE copied (a_bigint bigint, an_integer integer, a_smallint smallint, a_boolean boolean,
			an_instant timestamptz, a_date date, a_uuid uuid, a_text text, a_bytea bytea, nothing text) ON COMMIT DROP`); err != nil {
			return err
		}
		c := newCopying("copied", columns, 0)
		for _, instant := range instants {
			c.row()
			c.bigintOrNull(-1 << 63)
			c.integer(-1 << 31)
			c.smallint(-1 << 15)
			c.boolean(instant.Year() == 2000)
			c.instant(instant)
			c.date(instant.Truncate(24 * time.Hour))
			c.uuid(id)
			c.textOrNull("é")
			c.bytea([]byte{})
			c.null()
		}
		c.row()
		c.bigintOrNull(0)
		for range columns[1:7] {
			c.null()
		}
		c.textOrNull("")
		c.bytea(nil)
		c.null()
		if err := c.send(t.Context(), tx); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), "SELECT copied::text FROM copied ORDER BY an_instant")
		if err != nil {
			return err
		}
		got, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	row := func(boolean, instant, date string) string {
		return fmt.Sprintf(`(-9223372036854775808,-2147483648,-32768,%s,"%s+00",%s,%s,é,"\\x",)`, boolean, instant, date, id)
	}
	equal(t, "rows", got, []string{
		row("f", "1970-01-01 00:00:00", "1970-01-01"),
		row("f", "1999-12-31 23:59:59.999999", "1999-12-31"),
		row("t", "2000-01-01 00:00:00", "2000-01-01"),
		row("f", "9999-12-31 23:59:59.999999", "9999-12-31"),
		"(,,,,,,,,,)",
	})
}

// TestMeanwhilePanics hands a panic to who waits, as without a goroutine.
func TestMeanwhilePanics(t *testing.T) {
	t.Parallel()
	result := meanwhile(func() int { panic("of f") })
	defer func() { equal(t, "panic", recover(), any("of f")) }()
	result()
	t.Fatal("no panic")
}
