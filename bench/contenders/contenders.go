// Package contenders is what the gateway is measured beside: what a competent
// engineer would write by hand for these jobs, and bare parts of the gateway's
// kind. Each is a process with one HTTP handler. None remembers more than it
// says, and none may know the gateway's caches or loaders.
package contenders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"footfall/bench/load"
)

// Names of the contenders.
const (
	Ceiling = "ceiling" // the gateway's own bytes, prebuilt
	Redis   = "redis-get"
	Bare    = "bare gqlgen"
	Cells   = "cells by hand"
	Events  = "events by hand"
)

// Config is what a contender may know when it starts.
type Config struct {
	Database, Redis string
	Tenant          int64
	Answers         []Prebuilt // the gateway's
}

// Prebuilt is a question with the gateway's answer to it.
type Prebuilt struct {
	Request load.Request
	Answer  load.Answer
}

var openers = map[string]func(ctx context.Context, c Config) (http.Handler, error){
	Ceiling: openCeiling, Redis: openRedis, Bare: openBare, Cells: openCells, Events: openEvents,
}

// Serve makes the process a contender: it reads its Config from in, says on out
// where it listens, and serves until ctx ends.
func Serve(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	open := openers[name]
	if open == nil {
		return fmt.Errorf("no contender is called %q", name)
	}
	var c Config
	if err := json.NewDecoder(in).Decode(&c); err != nil {
		return err
	}
	handler, err := open(ctx, c)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(out, "contender on http://%s\n", listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: counting(handler), ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// counting says under /metrics how much the process has allocated, as the gateway
// does.
func counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			h.ServeHTTP(w, r)
			return
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_, _ = fmt.Fprintf(w, "go_memstats_mallocs_total %d\n", m.Mallocs)
	})
}

// Question is what a job asks, for those who speak no GraphQL.
type Question struct {
	Job      string // J1 to J5
	IDs      []string
	Partner  string
	From, To time.Time // half-open
	Zone     string
}

// Request is the question over HTTP.
func (q Question) Request() load.Request {
	values := url.Values{}
	if q.IDs != nil {
		values.Set("ids", strings.Join(q.IDs, ","))
	}
	if q.Partner != "" {
		values.Set("partner", q.Partner)
	}
	if !q.From.IsZero() {
		values.Set("from", q.From.Format(time.RFC3339))
		values.Set("to", q.To.Format(time.RFC3339))
	}
	if q.Zone != "" {
		values.Set("zone", q.Zone)
	}
	return load.Request{Method: http.MethodGet, Target: "/" + q.Job + "?" + values.Encode(), Header: http.Header{"Accept": {"application/json"}}}
}

func parseQuestion(r *http.Request) (q Question, err error) {
	values := r.URL.Query()
	q = Question{Job: strings.TrimPrefix(r.URL.Path, "/"), Partner: values.Get("partner"), Zone: values.Get("zone")}
	if ids := values.Get("ids"); ids != "" {
		q.IDs = strings.Split(ids, ",")
	}
	if from := values.Get("from"); from != "" {
		if q.From, err = time.Parse(time.RFC3339, from); err == nil {
			q.To, err = time.Parse(time.RFC3339, values.Get("to"))
		}
	}
	return q, err
}

// answerer answers questions; it is a handler.
type answerer func(ctx context.Context, q Question) (any, error)

// ServeHTTP implements http.Handler.
func (a answerer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuestion(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := a(r.Context(), q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, answer)
}

func writeJSON(w http.ResponseWriter, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text)
}
