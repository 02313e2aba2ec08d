package analytics_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

func TestNewPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		first int
		after *string
		field string
		says  []string
	}{
		{"one", 1, nil, "", nil},
		{"a thousand", 1000, nil, "", nil},
		{"none", 0, nil, "first", []string{"1 to 1000", "got 0"}},
		{"a thousand and one", 1001, nil, "first", []string{"1 to 1000", "1001"}},
		{"negative", -1, nil, "first", []string{"-1"}},
		{"empty cursor", 5, new(""), "after", []string{`""`}},
		{"another list's", 5, new((&analytics.Campaign{Number: 42, ScheduledAt: utc2026}).Cursor().String()), "after", []string{"not a cursor of this list"}},
		{"no base64", 5, new("!"), "after", []string{`"!"`}},
		{"no key", 5, new(base64.RawURLEncoding.EncodeToString([]byte("Activation:5"))), "after", []string{}},
		{"no number", 5, new(base64.RawURLEncoding.EncodeToString([]byte("Activation:x:a"))), "after", []string{}},
		{"out of all time", 5, new(base64.RawURLEncoding.EncodeToString([]byte("Activation:9223372036854775807:a"))), "after", []string{}},
		{"key with NUL", 5, new(base64.RawURLEncoding.EncodeToString([]byte("Activation:5:a\x00"))), "after", []string{}},
		{"key that is no text", 5, new(base64.RawURLEncoding.EncodeToString([]byte("Activation:5:\xff"))), "after", []string{}},
	} {
		_, err := analytics.NewPage("Activation", c.first, c.after)
		refused(t, c.name, err, c.field, c.says)
	}
}

func TestCursorsComeBack(t *testing.T) {
	t.Parallel()
	at := utc2026.Add(123456 * time.Microsecond)
	for _, key := range []string{"act_1", "", "with:colon", strings.Repeat("k", 64)} {
		a := analytics.Activation{ActivationID: key, StartAt: at}
		p, err := analytics.NewPage("Activation", 10, new(a.Cursor().String()))
		ok(t, err)
		same(t, "page", p, analytics.Page{First: 10, After: analytics.Cursor{Of: "Activation", At: at, Key: key}})
	}
	c := analytics.Campaign{Number: 42, ScheduledAt: at}
	same(t, "campaign", c.Cursor(), analytics.Cursor{Of: "Campaign", At: at, Key: "42"})
}

func TestNodeIDs(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"act_1", "", "with:colon", "é"} {
		noun, back, known := analytics.DecodeID(analytics.EncodeID("Activation", key))
		if noun != "Activation" || back != key || !known {
			t.Errorf("%q comes back as %q %q (%v)", key, noun, back, known)
		}
	}
	for _, bad := range []string{"", "!", "YQ", "YQ==", analytics.EncodeID("Activation", "\x00"), analytics.EncodeID("Activation", "\xff")} {
		if noun, key, known := analytics.DecodeID(bad); known {
			t.Errorf("%q is read as %q %q", bad, noun, key)
		}
	}
}

// No cursor makes a page panic; one that is read writes itself alike.
func FuzzNewPage(f *testing.F) {
	f.Add(10, analytics.Cursor{Of: "Activation", At: utc2026, Key: "act_1"}.String())
	f.Add(1001, "!")
	f.Fuzz(func(t *testing.T, first int, after string) {
		p, err := analytics.NewPage("Activation", first, &after)
		if err != nil {
			return
		}
		again, err := analytics.NewPage("Activation", p.First, new(p.After.String()))
		ok(t, err)
		same(t, "page", again, p)
		if p.First < 1 || p.First > 1000 || !analytics.Always.Contains(p.After.At) || strings.Contains(p.After.Key, "\x00") {
			t.Fatalf("accepted: %+v", p)
		}
	})
}

func TestCheckNamed(t *testing.T) {
	t.Parallel()
	ok(t, analytics.CheckNamed("keys", make([]string, analytics.MaxNamed)))
	refused(t, "one more", analytics.CheckNamed("keys", make([]string, analytics.MaxNamed+1)), "keys", []string{"2000", "2001"})
}
