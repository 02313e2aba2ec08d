// Package scalar owns the wire forms of the schema's scalars that package
// analytics keeps as plain Go types.
package scalar

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"footfall/analytics"
)

// MarshalInt writes an Int.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads an Int. Null, which a variable may be where an argument has a
// default, is none.
func UnmarshalInt(v any) (int, error) {
	if v == nil {
		return 0, analytics.Invalidf("", "must be an integer, got null")
	}
	return graphql.UnmarshalInt(v)
}

// MarshalSafeInt writes a SafeInt.
func MarshalSafeInt(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.FormatInt(n, 10)) })
}

// UnmarshalSafeInt reads an integer within ±(2^53 − 1).
func UnmarshalSafeInt(v any) (int64, error) {
	var n int64
	var err error
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number:
		n, err = v.Int64()
	default:
		err = fmt.Errorf("is a %T", v)
	}
	if err != nil || n > analytics.MaxSafeInt || n < -analytics.MaxSafeInt {
		return 0, analytics.Invalidf("", "must be an integer up to %d, got %.40v", int64(analytics.MaxSafeInt), v)
	}
	return n, nil
}

// MarshalDateTime writes an instant with its offset; where the zone's is no
// whole number of minutes, which RFC 3339 cannot write, in UTC.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(AppendDateTime(nil, t)) })
}

// AppendDateTime appends what MarshalDateTime writes.
func AppendDateTime(b []byte, t time.Time) []byte {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// UnmarshalDateTime reads an RFC 3339 instant with an offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, ok := analytics.ParseInstant(s)
	if !ok {
		return t, analytics.Invalidf("", "must be an instant such as 2026-03-31T12:00:00Z, got %s", analytics.Show(v))
	}
	return t.UTC(), nil
}

// MarshalUUID writes a UUID.
func MarshalUUID(id uuid.UUID) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(id.String())) })
}

// UnmarshalUUID reads a UUID in its usual form of 36 characters.
func UnmarshalUUID(v any) (uuid.UUID, error) {
	s, _ := v.(string)
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.UUID{}, analytics.Invalidf("", "must be a UUID such as 7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10, got %s", analytics.Show(v))
	}
	return id, nil
}
