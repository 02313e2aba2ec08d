package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
)

// ceilingCommand makes this program the ceiling instead: a server in a process
// of its own, as the gateway is.
const ceilingCommand = "ceiling"

// answer is what the gateway said to a request.
type answer struct {
	Header http.Header
	Body   []byte
}

// prebuilt is a request with the answer to it.
type prebuilt struct {
	Request request
	Answer  answer
}

// ceiling is the hand-written handler: it looks up what the client sent, the
// path or the body, and writes the prebuilt headers and bytes. It knows nobody,
// asks nothing and computes nothing: the most that net/http can do here.
type ceiling map[string]*answer

// ServeHTTP implements http.Handler.
func (c ceiling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a *answer
	if r.Method == http.MethodPost {
		body := make([]byte, max(r.ContentLength, 0))
		if _, err := io.ReadFull(r.Body, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a = c[string(body)]
	} else {
		a = c[r.RequestURI]
	}
	if a == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	_, _ = w.Write(a.Body)
}

// serveCeiling reads the answers from in, says on out where it listens, and
// serves until ctx ends.
func serveCeiling(ctx context.Context, in io.Reader, out io.Writer) error {
	var list []prebuilt
	if err := json.NewDecoder(in).Decode(&list); err != nil {
		return err
	}
	c := ceiling{}
	for i := range list {
		key := list[i].Request.Target
		if list[i].Request.Method == http.MethodPost {
			key = list[i].Request.Body
		}
		c[key] = &list[i].Answer
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(out, "ceiling on http://%s\n", listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: grace}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

var ceilingIsUp = regexp.MustCompile(`ceiling on http://(\S+)`)

// startCeiling starts the ceiling for a job.
func startCeiling(ctx context.Context, requests []request, answers []answer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	list := make([]prebuilt, len(requests))
	for i := range requests {
		list[i] = prebuilt{requests[i], answers[i]}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return launch(ctx, command{path: self, args: []string{ceilingCommand}, stdin: bytes.NewReader(text), announce: ceilingIsUp})
}
