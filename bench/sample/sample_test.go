package sample

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

var end = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// Every event is one that ingest takes, none is there twice, and each kind has its
// share to the event.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := New(3000, end)
	var text bytes.Buffer
	written := 0
	if err := s.WriteEvents(&text, func(n int) { written += n }); err != nil {
		t.Fatal(err)
	}
	if written != s.Total() {
		t.Errorf("%d events, want %d", written, s.Total())
	}
	kinds, ids := map[string]int{}, map[string]bool{}
	for line := range strings.Lines(text.String()) {
		e := check(t, line)
		if ids[e.ID] || e.At.Before(s.Start()) || e.At.After(s.End().Add(24*time.Hour)) {
			t.Fatalf("%s", line)
		}
		ids[e.ID] = true
		kinds[e.Kind.String()]++
	}
	if kinds["event"] != 3000 || kinds["partner"] != 3000 || kinds["campaign"] != 3000 {
		t.Errorf("kinds: %v", kinds)
	}
}

func check(t *testing.T, line string) analytics.Event {
	t.Helper()
	var in analytics.EventInput
	if err := json.Unmarshal([]byte(line), &in); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	e, err := in.Check(end.Add(48 * time.Hour))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return e
}

func TestSampleIsRepeatable(t *testing.T) {
	t.Parallel()
	var texts [2]bytes.Buffer
	for i := range texts {
		if err := New(300, end).WriteEvents(&texts[i], func(int) {}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0].Bytes(), texts[1].Bytes()) {
		t.Error("two samples of one size differ")
	}
}

func TestLiveEventsAreNew(t *testing.T) {
	t.Parallel()
	s, ids := New(300, end), map[string]bool{}
	for _, name := range []string{"a-", "b-"} {
		l := s.Live(name, 1)
		for range 2 {
			lines := strings.Split(strings.TrimSpace(string(l.Batch(1000, end))), "\n")
			if len(lines) != 1000 {
				t.Fatalf("%d events", len(lines))
			}
			for _, line := range lines {
				e := check(t, line)
				if ids[e.ID] {
					t.Fatalf("twice: %s", line)
				}
				ids[e.ID] = true
			}
		}
	}
}
