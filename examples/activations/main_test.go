package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

const (
	sample   = "testdata/events.csv"
	oneEvent = "Title,Date,Event Key\nGarden Party,21-06-2026,evt_1\n"
)

func execute(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestInputs(t *testing.T) {
	t.Parallel()
	code, out, errs := execute("", sample)
	if code != 1 || !strings.Contains(errs, "3 rows taken, 7 not") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	got := []string{}
	for line := range strings.Lines(out) {
		var variables struct{ Input input }
		if err := json.Unmarshal([]byte(line), &variables); err != nil {
			t.Fatal(err)
		}
		in := variables.Input
		got = append(got, fmt.Sprintf("%s %q %s %s", in.EventKey, in.EventName, in.StartAt.Format(time.RFC3339), in.EndAt.Format(time.RFC3339)))
	}
	want := []string{
		`evt_1 "Garden Party" 2026-05-21T22:00:00Z 2026-06-21T22:00:00Z`,
		`evt_2 "Long \"Night\",\nwith a second line" 2026-02-17T23:00:00Z 2026-03-29T22:00:00Z`, // over the change to summer time
		`evt_8 "Last One" 2026-05-22T22:00:00Z 2026-06-22T22:00:00Z`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRowsNotTakenAreNamed(t *testing.T) {
	t.Parallel()
	_, _, errs := execute("", sample)
	for _, want := range []string{
		"row 4: no Event Key", "row 5: no Title", `row 6: Date must be a date such as 21-06-2026, got ""`,
		`row 7: Date must be a date such as 21-06-2026, got "2026-06-21"`, "row 8: Date To 2026-06-19 is before Date 2026-06-21",
		"row 9: no Event Key", "row 10: ",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("stderr misses %q:\n%s", want, errs)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	code, out, errs := execute(oneEvent, "--days", "0", "--time-zone", "Asia/Kolkata", "--tier", "premium", "-")
	if code != 0 || !strings.Contains(out, `"tier":"premium","startAt":"2026-06-20T18:30:00Z","endAt":"2026-06-21T18:30:00Z"`) {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, args := range [][]string{
		{"--time-zone", "Mars/Olympus"}, {"--time-zone", "Local"}, {"--days", "-1"}, {"--days", "x"}, {"a.csv", "b.csv"}, {"--url", "http://127.0.0.1:1", "--key="},
	} {
		if code, _, errs := execute(oneEvent, args...); code != 2 || errs == "" {
			t.Errorf("%v: exit code %d, stderr %q", args, code, errs)
		}
	}
	for stdin, want := range map[string]string{"": "cannot read the header", "Title,Date\n": `no column "Event Key"`} {
		if code, _, errs := execute(stdin); code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d, stderr %q", stdin, code, errs)
		}
	}
}

func TestUnreadableInputEnds(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader(oneEvent), iotest.ErrReader(errors.New("disk gone")))
	var out, errs bytes.Buffer
	if code := run(nil, in, &out, &errs); code != 1 || !strings.Contains(errs.String(), "disk gone; stopped here") {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

// gateway answers each createActivation as told.
func gateway(t *testing.T, answer func(w http.ResponseWriter, in input)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Query     string
			Variables struct{ Input input }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Query != createActivation || r.Method != http.MethodPost || r.URL.Path != "/graphql" {
			t.Errorf("%s %s with %+v: %v", r.Method, r.URL, body, err)
		}
		if r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", r.Header)
		}
		answer(w, body.Variables.Input)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestCreate(t *testing.T) {
	t.Parallel()
	url := gateway(t, func(w http.ResponseWriter, in input) {
		if in.EventKey == "evt_2" {
			fmt.Fprint(w, `{"data":null,"errors":[{"message":"activationId: is taken","extensions":{"code":"CONFLICT"}}]}`)
			return
		}
		fmt.Fprintf(w, `{"data":{"createActivation":{"activation":{"activationId":%q},"token":"tok_%s"}}}`, in.ActivationID, in.EventKey)
	})
	code, out, errs := execute("", "--url", url+"/", "--key", "secret", sample)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || len(lines) != 3 || lines[0] != "activationId,eventKey,token" {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if !strings.HasPrefix(lines[1], "act_") || !strings.HasSuffix(lines[1], ",evt_1,tok_evt_1") || !strings.HasSuffix(lines[2], ",evt_8,tok_evt_8") {
		t.Errorf("printed %s", out)
	}
	if !strings.Contains(errs, "row 3: activationId: is taken") || !strings.Contains(errs, "2 rows taken, 8 not") || strings.Contains(errs, "secret") {
		t.Errorf("stderr %s", errs)
	}
	again, printed, _ := execute("", "--url", url, "--key", "secret", sample)
	if again != code || printed != out {
		t.Errorf("a second run asks for other activations: %s", printed)
	}
}

func TestWhatStopsAll(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, input){
		"the gateway answers 401": func(w http.ResponseWriter, _ input) { http.Error(w, "no such key", http.StatusUnauthorized) },
		"the gateway answers 500": func(w http.ResponseWriter, _ input) { http.Error(w, "oh", http.StatusInternalServerError) },
		"not an answer of":        func(w http.ResponseWriter, _ input) { fmt.Fprint(w, "<html>") },
		"needs the scope admin": func(w http.ResponseWriter, _ input) {
			fmt.Fprint(w, `{"errors":[{"message":"needs the scope admin","extensions":{"code":"FORBIDDEN"}}]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			url := gateway(t, func(w http.ResponseWriter, in input) { asked.Add(1); answer(w, in) })
			code, out, errs := execute("", "--url", url, "--key", "secret", sample)
			if code != 1 || out != "" || asked.Load() != 1 || !strings.Contains(errs, "row 2: ") || !strings.Contains(errs, name) {
				t.Errorf("asked %d times, exit code %d, stdout %q, stderr %s", asked.Load(), code, out, errs)
			}
		})
	}
	if code, _, errs := execute(oneEvent, "--url", "http://127.0.0.1:1", "--key", "secret"); code != 1 || !strings.Contains(errs, "row 2: ") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestComesBackWhenAsked(t *testing.T) {
	t.Parallel()
	var asked int
	url := gateway(t, func(w http.ResponseWriter, _ input) {
		if asked++; asked < 3 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, `{"data":{"createActivation":{"activation":{"activationId":"act_1"},"token":"tok_1"}}}`)
	})
	waited := time.Duration(0)
	c := newClient(url, "secret")
	c.wait = func(d time.Duration) { waited += d }
	id, token, err := c.create(input{EventKey: "evt_1"})
	if err != nil || id != "act_1" || token != "tok_1" || waited != 14*time.Second {
		t.Errorf("%s %s %v after %s", id, token, err, waited)
	}
}
