package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"footfall/chaos/ledger"
)

const (
	// promise is how old an answer may be that nobody asked to be newer.
	promise = time.Second
	// maxStale is what the gateways are told about answers that stand in for Postgres.
	maxStale = 15 * time.Second
	// readDeadline and writeDeadline are within which everything is answered: the
	// gateway's own bounds, and a second for a busy machine.
	readDeadline  = requestTimeout + time.Second
	writeDeadline = 31 * time.Second
	// requestTimeout is what the gateways are told.
	requestTimeout = 10 * time.Second
)

// outcome is what became of a request.
type outcome int

const (
	whole       outcome = iota // answered, and right
	stale                      // right, and marked as of a while ago
	unavailable                // 503 with Retry-After, or its like within GraphQL
	refused                    // no connection, or 502 of the proxy
	wrong                      // what must not be
)

// verdict is an outcome, and for people why.
type verdict struct {
	outcome
	why string
}

func bad(format string, args ...any) verdict { return verdict{wrong, fmt.Sprintf(format, args...)} }

// reply is what came back.
type reply struct {
	status       int
	header       http.Header
	body         []byte
	asked, until time.Time
}

func (r reply) took() time.Duration { return r.until.Sub(r.asked) }

// client sends requests to one address.
type client struct {
	http *http.Client
	base string
}

func (c client) send(ctx context.Context, method, target, key, body string, header ...string) (r reply, err error) {
	r.asked = time.Now()
	response, err := c.open(ctx, method, target, key, body, header...)
	if err == nil {
		r.status, r.header = response.StatusCode, response.Header
		r.body, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	r.until = time.Now()
	return r, err
}

// open sends a request; its answer is still to be read, and closed.
func (c client) open(ctx context.Context, method, target, key, body string, header ...string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return c.http.Do(request)
}

// ask asks a question and judges the answer. An exact one must be what it will
// be for good: nothing is on its way.
func (c client) ask(ctx context.Context, q question, fresh, exact bool, truth *ledger.Ledger) (verdict, time.Duration) {
	header := []string{"Content-Type", "application/json"}
	if fresh {
		header = append(header, "Cache-Control", "no-cache")
	}
	r, err := c.send(ctx, q.method, q.target, q.key, q.body, header...)
	return judge(q, r, err, fresh, exact, truth), r.took()
}

// judge says what an answer is worth.
func judge(q question, r reply, err error, fresh, exact bool, truth *ledger.Ledger) verdict {
	if v, over := refusal(r, err, readDeadline); over {
		return v
	}
	since, kind := r.asked, whole
	if !fresh {
		since = since.Add(-promise)
	}
	if strings.HasPrefix(r.header.Get("Warning"), "110") {
		age, err := strconv.Atoi(r.header.Get("Age"))
		switch limit := time.Duration(age) * time.Second; {
		case err != nil:
			return bad("stale, but how old? Age: %q", r.header.Get("Age"))
		case fresh || exact:
			return bad("stale by %s although it was asked for as of now", limit)
		case limit > maxStale+time.Second:
			return bad("stale by %s, over the bound of %s", limit, maxStale)
		default:
			since, kind = since.Add(-limit-time.Second), stale // Age is in whole seconds
		}
	}
	if v, _ := q.weigh(r.body, since, r.until, exact, truth); v.outcome != whole {
		return v
	}
	return verdict{kind, ""}
}

// weigh reads an answer that holds what was acknowledged by since, and came at
// until.
func (q *question) weigh(body []byte, since, until time.Time, exact bool, truth *ledger.Ledger) (verdict, []figure) {
	figures, err := q.figures(body)
	if errors.Is(err, errUnavailable) {
		return verdict{unavailable, ""}, nil
	}
	if err != nil {
		return bad("%v: %.300s", err, body), nil
	}
	if why := outside(figures, since, until, exact, truth); why != "" {
		return bad("%s", why), nil
	}
	return verdict{whole, ""}, figures
}

// outside says which figure is not what it may be, "" when all are. An exact one
// can be one thing only.
func outside(figures []figure, since, until time.Time, exact bool, truth *ledger.Ledger) string {
	for _, f := range figures {
		least, most := truth.Bounds(f.tally, since, until)
		if f.value < least || f.value > most || exact && least != most {
			return fmt.Sprintf("%s is %d, and must be from %d to %d", f.tally, f.value, least, most)
		}
	}
	return ""
}

// refusal judges what is not 200; false when it is.
func refusal(r reply, err error, deadline time.Duration) (verdict, bool) {
	switch {
	case r.took() > deadline:
		return bad("took %s", r.took().Round(time.Millisecond)), true
	case err != nil:
		return verdict{refused, err.Error()}, true
	case r.status == http.StatusBadGateway && r.header.Get(proxyMark) != "":
		return verdict{refused, string(r.body)}, true
	case r.status == http.StatusServiceUnavailable || r.status == http.StatusTooManyRequests:
		if r.header.Get("Retry-After") == "" {
			return bad("status %d without Retry-After: %.300s", r.status, r.body), true
		}
		return verdict{unavailable, ""}, true
	case r.status != http.StatusOK && r.status != partialSuccess:
		return bad("status %d: %.300s", r.status, r.body), true
	}
	return verdict{}, false
}

// partialSuccess is the status of a GraphQL answer with data and errors.
const partialSuccess = 294

var errUnavailable = errors.New("the gateway says that it cannot tell")

// graphQLErrors is errUnavailable when all errors say so.
func graphQLErrors(text json.RawMessage) error {
	var found []struct{ Extensions struct{ Code string } }
	if err := json.Unmarshal(text, &found); err != nil {
		return err
	}
	for _, e := range found {
		if e.Extensions.Code != "UNAVAILABLE" {
			return fmt.Errorf("the error %q", e.Extensions.Code)
		}
	}
	return errUnavailable
}
