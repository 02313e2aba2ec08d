package scalar_test

import (
	"strings"
	"testing"
	"time"

	"footfall/graph/scalar"
)

// A uuid has one form, in either case: what only looks like one is refused, not read as another.
func TestUnmarshalUUID(t *testing.T) {
	t.Parallel()
	const uuid = "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10"
	for text, want := range map[string]bool{
		uuid: true, strings.ToUpper(uuid): true, "": false, "acme": false, strings.Repeat("x", 36): false,
		"{" + uuid + "}": false, "urn:uuid:" + uuid: false, strings.ReplaceAll(uuid, "-", ""): false,
	} {
		got, err := scalar.UnmarshalUUID(text)
		if (err == nil) != want || want && got.String() != uuid {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// An offset of seconds, as zones had them once, is not of RFC 3339: then UTC is written.
func TestAppendDateTime(t *testing.T) {
	t.Parallel()
	at := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	for offset, want := range map[int]string{0: `"1900-01-01T00:00:00Z"`, 3600: `"1900-01-01T01:00:00+01:00"`, 561: `"1900-01-01T00:00:00Z"`} {
		if got := string(scalar.AppendDateTime(nil, at.In(time.FixedZone("", offset)))); got != want {
			t.Errorf("offset %d: %s, want %s", offset, got, want)
		}
	}
}
