package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// copying is rows on their way into a table by COPY, in its binary format. pgx's
// own CopyFrom looks up how to write a value for every value of every row. Each row
// begins with row, and gives each column its value in order.
type copying struct {
	table   string
	columns []string
	rows    []byte
}

var (
	copyHead = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTail = []byte{0xff, 0xff}
)

// newCopying expects so many bytes of rows.
func newCopying(table string, columns []string, size int) *copying {
	return &copying{table: table, columns: columns, rows: append(make([]byte, 0, size), copyHead...)}
}

// send stores the rows.
func (c *copying) send(ctx context.Context, tx pgx.Tx) error {
	text := "COPY " + c.table + " (" + strings.Join(c.columns, ", ") + ") FROM STDIN (FORMAT binary)"
	_, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(append(c.rows, copyTail...)), text)
	return err
}

func (c *copying) row() { c.rows = binary.BigEndian.AppendUint16(c.rows, uint16(len(c.columns))) }

func (c *copying) size(n int32) { c.rows = binary.BigEndian.AppendUint32(c.rows, uint32(n)) }

func (c *copying) null() { c.size(-1) }

func (c *copying) bigint(v int64) {
	c.size(8)
	c.rows = binary.BigEndian.AppendUint64(c.rows, uint64(v))
}

func (c *copying) integer(v int32) {
	c.size(4)
	c.rows = binary.BigEndian.AppendUint32(c.rows, uint32(v))
}

func (c *copying) smallint(v int16) {
	c.size(2)
	c.rows = binary.BigEndian.AppendUint16(c.rows, uint16(v))
}

func (c *copying) boolean(v bool) {
	c.size(1)
	if v {
		c.rows = append(c.rows, 1)
	} else {
		c.rows = append(c.rows, 0)
	}
}

// Postgres counts from the year 2000.
var copyEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *copying) instant(t time.Time) { c.bigint(t.UnixMicro() - copyEpoch.UnixMicro()) }

// date is the day that begins at t.
func (c *copying) date(t time.Time) { c.integer(int32((t.Unix() - copyEpoch.Unix()) / (24 * 60 * 60))) }

func (c *copying) uuid(v [16]byte) {
	c.size(16)
	c.rows = append(c.rows, v[:]...)
}

func (c *copying) text(v string) {
	c.size(int32(len(v)))
	c.rows = append(c.rows, v...)
}

// bytea is null for nil.
func (c *copying) bytea(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.size(int32(len(v)))
	c.rows = append(c.rows, v...)
}

// bigintOrNull is null for 0.
func (c *copying) bigintOrNull(v int64) {
	if v == 0 {
		c.null()
	} else {
		c.bigint(v)
	}
}

// textOrNull is null for "".
func (c *copying) textOrNull(v string) {
	if v == "" {
		c.null()
	} else {
		c.text(v)
	}
}
