package telemetry

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A panic is 500, and logged without what it says; one in the middle of an answer
// breaks that off.
func TestPanics(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	answers := map[string]func(w http.ResponseWriter){
		"/before": func(http.ResponseWriter) { panic("a secret") },
		"/within": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("a secret")
		},
		"/abort": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewUnstartedServer(NewMetrics().Watch("route", slog.New(slog.NewTextHandler(&log, nil)),
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w) })))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	get := func(path string) (status int, body string, err error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}
	if status, body, err := get("/before"); status != http.StatusInternalServerError || body != "internal error\n" || err != nil {
		t.Errorf("before: %d %q %v", status, body, err)
	}
	if status, body, err := get("/within"); status != http.StatusOK || body != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("within: %d %q %v", status, body, err)
	}
	if _, _, err := get("/abort"); err == nil {
		t.Error("an answer that was broken off is whole")
	}
	server.Close()
	if said := log.String(); strings.Count(said, "panic: a string") != 2 || strings.Contains(said, "secret") {
		t.Errorf("the log says %s", said)
	}
}
