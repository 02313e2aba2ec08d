package ingest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"footfall/analytics"
)

// endless is a body that repeats itself without an end, and counts what is read.
type endless struct {
	text string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.read%len(e.text):])
	e.read += n
	return n, nil
}

func clicks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(click(i))
		b.WriteByte('\n')
	}
	return b.String()
}

func array(lines string) string {
	return "[" + strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",") + "]"
}

func TestLimitOfEvents(t *testing.T) {
	t.Parallel()
	row := "click,jazz,2026-03-02T10:00:00Z,e\n"
	for _, tc := range []struct {
		name, contentType, exact, over string
	}{
		{"lines", ndjson, clicks(MaxEvents) + "\n\n", clicks(MaxEvents + 1)},
		{"array", "application/json", array(clicks(MaxEvents)), array(clicks(MaxEvents + 1))},
		{"rows", "text/csv", "action,event,at,id\n" + strings.Repeat(row, MaxEvents), "action,event,at,id\n" + strings.Repeat(row, MaxEvents+1)},
		{"bad lines count", ndjson, "{}\n" + strings.Repeat("x\n", MaxEvents-1), "{}\n" + strings.Repeat("x\n", MaxEvents)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.post(t, tc.contentType, strings.NewReader(tc.over))
			b.wantProblem(t, a, http.StatusRequestEntityTooLarge, "TOO_LARGE", "at most 10000 events")
			a = b.post(t, tc.contentType, strings.NewReader(tc.exact))
			if a.Status != 200 || a.Accepted+a.Duplicates+len(a.Rejected) != MaxEvents {
				t.Error(a.Status, a.Accepted, a.Duplicates, len(a.Rejected))
			}
		})
	}
}

func TestLimitOfBytes(t *testing.T) {
	t.Parallel()
	padded := func(n int) string { return click(1) + "\n" + strings.Repeat(" ", n-len(click(1))-1) }
	type body func(s string) io.Reader
	known := body(func(s string) io.Reader { return strings.NewReader(s) })
	for _, tc := range []struct {
		name string
		body body
		gzip bool
	}{
		{"length known", known, false},
		{"chunked", func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) }, false},
		{"gzip", func(s string) io.Reader { return zip(t, s) }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			encoding := "identity"
			if tc.gzip {
				encoding = "gzip"
			}
			a := b.post(t, ndjson, tc.body(padded(MaxBytes+1)), "Content-Encoding", encoding)
			b.wantProblem(t, a, http.StatusRequestEntityTooLarge, "TOO_LARGE", "at most 8388608 bytes")
			if a = b.post(t, ndjson, tc.body(padded(MaxBytes)), "Content-Encoding", encoding); a.Accepted != 1 {
				t.Error(a.Status, a.Body)
			}
		})
	}
}

// serve calls the handler without a network, which would read ahead.
func (b *bundle) call(body io.Reader, length int64, contentType, encoding string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/v1/events", body)
	req.ContentLength = length
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Content-Encoding", encoding)
	rec := httptest.NewRecorder()
	b.Handler(func(http.ResponseWriter, *http.Request) (int64, error) { return 1, nil }).ServeHTTP(rec, req)
	return rec
}

func TestReadingStopsAtTheBound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		name, contentType, encoding, text string
		length                            int64
		most                              int
	}{
		{"declared length", ndjson, "", "x", MaxBytes + 1, 0},
		{"declared length, gzip", ndjson, "gzip", "x", MaxBytes + MaxBytes/256 + 1, 0},
		{"lines without end", ndjson, "", click(1) + "\n", -1, 2 << 20},
		{"one line without end", ndjson, "", "x", -1, MaxBytes + 1},
		{"spaces without end", "application/json", "", " ", -1, MaxBytes + 1},
		{"spaces in an array", "application/json", "", "[" + strings.Repeat(" ", 4*MaxBytes), -1, MaxBytes + 1},
		{"array without end", "application/json", "", "[", -1, MaxBytes + 1},
		{"header without end", "text/csv", "", "a,", -1, MaxBytes + 1},
		{"gzip of nothing without end", ndjson, "gzip", zip(t, "").String(), -1, MaxBytes + MaxBytes/256 + 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := &endless{text: strings.Repeat(tc.text, 1+MaxBytes/100/len(tc.text))}
			rec := b.call(e, tc.length, tc.contentType, tc.encoding)
			if rec.Code != http.StatusRequestEntityTooLarge {
				t.Error(rec.Code, rec.Body)
			}
			if e.read > tc.most {
				t.Errorf("read %d bytes", e.read)
			}
		})
	}
	bomb := zip(t, strings.Repeat("\n", 32<<20))
	size := bomb.Len()
	if rec := b.call(bomb, int64(size), ndjson, "gzip"); rec.Code != http.StatusRequestEntityTooLarge {
		t.Error(rec.Code, rec.Body)
	}
	if bomb.Len() < size/2 {
		t.Errorf("%d of %d bytes of the bomb were read", size-bomb.Len(), size)
	}
}

func TestMemoryOfBodiesIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.BodyBytes = 400_000 })
	refused := func(media, body string, status int, code, says string) {
		t.Helper()
		a := b.post(t, media, strings.NewReader(body))
		b.wantProblem(t, a, status, code, says)
		if a.Header.Get("Retry-After") == "" {
			t.Error(a.Header)
		}
	}
	refused(ndjson, clicks(1000), http.StatusTooManyRequests, "RATE_LIMITED", "100000 bytes")
	refused("text/csv", strings.Repeat(",", 2000), http.StatusTooManyRequests, "RATE_LIMITED", "100000 bytes")
	for tenant := range int64(4) { // not this one's
		if err := b.held.Take(-tenant, 99_000); err != nil {
			t.Fatal(err)
		}
	}
	refused(ndjson, clicks(100), http.StatusServiceUnavailable, "UNAVAILABLE", "try again")
	for tenant := range int64(4) {
		b.held.Give(-tenant, 99_000)
	}
	if a := b.post(t, ndjson, strings.NewReader(clicks(10))); a.Accepted != 10 {
		t.Error(a.Body)
	}
	if n := b.held.Taken(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

func TestRecordLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Record(t.Context(), 1, make([]analytics.EventInput, MaxEvents+1))
	var typed *analytics.Error
	if !errors.As(err, &typed) || typed.Code != analytics.CodeTooLarge {
		t.Error(err)
	}
	v, err := b.Record(t.Context(), 1, nil)
	if err != nil || v.Rejected == nil || len(b.store.groups) != 0 {
		t.Error(v, err, b.store.groups)
	}
}
