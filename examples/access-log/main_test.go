package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

const sample = "testdata/access.log"

// execute runs the program and gives what it printed.
func execute(t *testing.T, stdin string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, strings.NewReader(stdin), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	return out.String(), errs.String()
}

// events reads what the program printed the way the gateway does.
func events(t *testing.T, ndjson string) []analytics.Event {
	t.Helper()
	var out []analytics.Event
	for line := range strings.Lines(ndjson) {
		var e event
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		in := analytics.EventInput{
			ID: e.ID, Action: e.Action, Partner: new(e.Partner.String()), Visitor: &e.Visitor, At: e.At,
			Dimensions: analytics.Dimensions{Path: e.Path, Referrer: e.Referrer},
		}
		checked, err := in.Check(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, checked)
	}
	return out
}

func TestEvents(t *testing.T) {
	t.Parallel()
	out, errs := execute(t, "", sample)
	got := events(t, out)
	if len(got) != 10 {
		t.Fatalf("%d events, want 10", len(got))
	}
	second := got[1]
	if want := time.Date(2025, time.December, 31, 23, 55, 0, 0, time.UTC); !second.At.Equal(want) || second.Path != "/blog" || second.Referrer != "https://site.example/blog/first" {
		t.Errorf("the second event is %+v", second)
	}
	if got[0].Path != "/blog/first" || got[0].Referrer != "" || got[0].Key != second.Key || got[0].Visitor != second.Visitor {
		t.Errorf("the first event is %+v, the second %+v", got[0], second)
	}
	if got[4].Visitor == got[3].Visitor {
		t.Error("two user agents are one visitor")
	}
	if want := time.Date(2026, time.January, 1, 0, 40, 0, 0, time.UTC); !got[5].At.Equal(want) || got[5].Key != got[6].Key {
		t.Errorf("the events at home are %+v and %+v", got[5], got[6])
	}
	for _, want := range []string{"line 8: ", "line 10: ", "line 11: ", "10 lines taken, 3 not understood"} {
		if !strings.Contains(errs, want) {
			t.Errorf("stderr misses %q:\n%s", want, errs)
		}
	}
}

func TestEventsAreRepeatable(t *testing.T) {
	t.Parallel()
	line := `192.0.2.1 - - [31/Dec/2025:23:50:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"` + "\r\n"
	first, _ := execute(t, line+line)
	again, _ := execute(t, line+line, "-")
	if first != again {
		t.Errorf("printed %s, then %s", first, again)
	}
	if two := events(t, first); two[0].ID == two[1].ID {
		t.Error("two equal lines are one event")
	}
}

func TestLongTextIsClipped(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("é", 400)
	out, _ := execute(t, fmt.Sprintf(`192.0.2.1 - - [31/Dec/2025:23:50:00 +0000] "GET %s HTTP/1.1" 200 5 "https://x.example%s" "%s"`, long, long, strings.Repeat("agent ", 500)))
	got := events(t, out)
	if len(got) != 1 || len(got[0].Path) != 511 || len(got[0].Referrer) > 512 {
		t.Errorf("got %+v", got)
	}
}

func TestPartners(t *testing.T) {
	t.Parallel()
	out, _ := execute(t, "", "--partners", sample)
	var body struct {
		Query     string
		Variables struct{ Input []partner }
	}
	if err := json.Unmarshal([]byte(out), &body); err != nil {
		t.Fatal(err)
	}
	names, known := []string{}, map[string]bool{}
	for _, p := range body.Variables.Input {
		names = append(names, p.Name)
		known[p.UUID.String()] = p.Type == string(analytics.Referral)
	}
	if want := []string{"blog", "home", "shop"}; !slices.Equal(names, want) || !strings.Contains(body.Query, "upsertPartners(input: $input)") {
		t.Errorf("query %q with the partners %v", body.Query, names)
	}
	printed, _ := execute(t, "", sample)
	for _, e := range events(t, printed) {
		if !known[e.Key] {
			t.Errorf("event %s is of the unknown partner %s", e.ID, e.Key)
		}
	}
}

func TestPartnersComeInChunks(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	for i := range 2001 {
		fmt.Fprintf(&log, "192.0.2.1 - - [31/Dec/2025:23:50:00 +0000] \"GET /p%d/x HTTP/1.1\" 200 5 \"-\" \"x\"\n", i)
	}
	out, _ := execute(t, log.String(), "--partners")
	if got := strings.Count(out, "\n"); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--nothing"}, {"testdata/none.log"}, {sample, sample}} {
		var out, errs bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &errs); code == 0 || errs.Len() == 0 {
			t.Errorf("%v: exit code %d, stderr %q", args, code, &errs)
		}
	}
}

// TestCheckScript compares awk's count with ours.
func TestCheckScript(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("awk"); err != nil {
		t.Skip("no awk")
	}
	got, err := exec.Command("sh", "check.sh", sample, "3").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "partner,views,users,sessions\nblog,5,2,3\nhome,2,2,2\nshop,3,1,1\n"
	if string(got) != want {
		t.Errorf("check.sh prints\n%s, want\n%s", got, want)
	}
	printed, _ := execute(t, "", sample)
	views := map[string]map[string][]int64{}
	for _, e := range events(t, printed) {
		if views[e.Key] == nil {
			views[e.Key] = map[string][]int64{}
		}
		views[e.Key][e.Visitor] = append(views[e.Key][e.Visitor], e.At.UnixMicro())
	}
	counts := []string{}
	for _, users := range views {
		all, sessions := 0, 0
		for _, each := range users {
			all, sessions = all+len(each), sessions+len(analytics.CutSessions(each))
		}
		counts = append(counts, fmt.Sprintf("%d,%d,%d", all, len(users), sessions))
	}
	slices.Sort(counts)
	if want := []string{"2,2,2", "3,1,1", "5,2,3"}; !slices.Equal(counts, want) {
		t.Errorf("counted %v, want %v", counts, want)
	}
}
