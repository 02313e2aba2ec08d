package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/chaos/ledger"
)

// tenClicks is a ledger with ten clicks acknowledged and two on their way.
func tenClicks() (*tenant, *ledger.Ledger) {
	t := &tenant{nouns: few, accessKey: "acme", tokens: make([]string, few.pages)}
	truth := ledger.New()
	for i := range 12 {
		marks := []ledger.Mark{{Tally: t.tally("page", 0, "click")}}
		truth.Send(marks)
		if i < 10 {
			truth.Acknowledge(marks)
		}
	}
	return t, truth
}

// activation is an answer with so many clicks.
func activation(clicks int) string {
	return fmt.Sprintf(`{"data":{"activation":{"metrics":{"clickCount":%d}}}}`, clicks)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	acme, truth := tenClicks()
	q := acme.asksActivation(0, http.MethodPost)
	later := time.Now().Add(2 * time.Second)
	for _, c := range []struct {
		name    string
		status  int
		body    string
		header  []string
		took    time.Duration
		err     error
		fresh   bool
		exact   bool
		want    outcome
		because string
	}{
		{name: "the least", status: 200, body: activation(10), want: whole},
		{name: "the most", status: 200, body: activation(12), want: whole},
		{name: "lost", status: 200, body: activation(9), want: wrong, because: "click is 9, and must be from 10 to 12"},
		{name: "counted twice", status: 200, body: activation(13), want: wrong, because: "click is 13"},
		{name: "a zero", status: 200, body: activation(0), want: wrong, because: "click is 0"},
		{name: "still on its way when it should not be", status: 200, body: activation(11), fresh: true, exact: true, want: wrong, because: "must be"},
		{name: "stale", status: 200, body: activation(0), header: []string{"Warning", "110 - stale", "Age", "9"}, want: stale},
		{name: "stale and too much", status: 200, body: activation(13), header: []string{"Warning", "110 - stale", "Age", "9"}, want: wrong, because: "click is 13"},
		{name: "stale and less than it says", status: 200, body: activation(0), header: []string{"Warning", "110 - stale", "Age", "0"}, want: wrong, because: "click is 0"},
		{name: "stale beyond the bound", status: 200, body: activation(0), header: []string{"Warning", "110 - stale", "Age", "17"}, want: wrong, because: "over the bound"},
		{name: "stale without age", status: 200, body: activation(10), header: []string{"Warning", "110 - stale"}, want: wrong, because: "how old"},
		{name: "stale to no-cache", status: 200, body: activation(10), header: []string{"Warning", "110 - stale", "Age", "0"}, fresh: true, want: wrong, because: "as of now"},
		{name: "503", status: 503, header: []string{"Retry-After", "1"}, want: unavailable},
		{name: "503 that says nothing", status: 503, want: wrong, because: "without Retry-After"},
		{name: "500", status: 500, header: []string{"Retry-After", "1"}, want: wrong, because: "status 500"},
		{name: "401", status: 401, want: wrong, because: "status 401"},
		{name: "502 of the gateway", status: 502, want: wrong, because: "status 502"},
		{name: "502 of the proxy", status: 502, header: []string{proxyMark, "failed"}, want: refused},
		{name: "no connection", err: errors.New("connection refused"), want: refused},
		{name: "hung", status: 200, body: activation(10), took: readDeadline + time.Second, want: wrong, because: "took"},
		{name: "unavailable within", status: 294, body: `{"data":null,"errors":[{"extensions":{"code":"UNAVAILABLE"}}]}`, want: unavailable},
		{name: "another error within", status: 200, body: `{"data":null,"errors":[{"extensions":{"code":"UNAVAILABLE"}},{"extensions":{"code":"INTERNAL"}}]}`, want: wrong, because: "INTERNAL"},
		{name: "no JSON", status: 200, body: `{"data`, want: wrong, because: "JSON"},
		{name: "a rate of other numbers", status: 200, want: wrong, because: "outboundSessionRate is not 1 of 3",
			body: `{"data":{"activation":{"metrics":{"clickCount":10,"uniqueViewSessionCount":3,"uniqueOutboundSessionCount":1,"outboundSessionRate":33.4}}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := reply{status: c.status, body: []byte(c.body), header: http.Header{}, asked: later, until: later.Add(c.took)}
			for i := 0; i < len(c.header); i += 2 {
				r.header.Set(c.header[i], c.header[i+1])
			}
			v := judge(q, r, c.err, c.fresh, c.exact, truth)
			if v.outcome != c.want || !strings.Contains(v.why, c.because) {
				t.Errorf("outcome %d, %s", v.outcome, v.why)
			}
		})
	}
}

// What is drawn counts in what is asked about.
func TestEventsAreAskedAbout(t *testing.T) {
	t.Parallel()
	acme := &tenant{nouns: few, accessKey: "acme", first: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days), tokens: make([]string, few.pages)}
	known := map[string]bool{}
	for _, q := range acme.questions() {
		if q.kind == "" || q.figures == nil || !strings.HasPrefix(q.target, "/") {
			t.Errorf("%+v is no question", q)
		}
	}
	for i := range 2000 {
		e := acme.draw(fmt.Sprint(i))
		if len(e.marks) == 0 || e.At.Before(acme.from()) || !e.At.Before(acme.until()) {
			t.Fatalf("%+v counts nowhere", e)
		}
		known[e.Action] = true
	}
	if len(known) != 7 {
		t.Errorf("actions drawn: %v", known)
	}
}
