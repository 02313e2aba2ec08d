package main

import (
	stdlog "log"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// timeouts is how long a client may take. Streams set deadlines of their own.
type timeouts struct{ headers, request, answer, idle time.Duration }

var usualTimeouts = timeouts{headers: 5 * time.Second, request: time.Minute, answer: 2 * time.Minute, idle: 2 * time.Minute}

// connectionLog writes down what net/http says of connections, with the peer's address:
// as a value, so that the lines are the same.
type connectionLog struct{ log *slog.Logger }

// Write implements io.Writer.
func (c connectionLog) Write(line []byte) (int, error) {
	c.log.Warn("a connection failed", "error", strings.TrimSpace(string(line)))
	return len(line), nil
}

// httpServer bounds every phase of a request, so that no client holds it up.
func httpServer(h http.Handler, p timeouts, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ErrorLog: stdlog.New(connectionLog{log}, "", 0),
		ReadHeaderTimeout: p.headers, ReadTimeout: p.request, WriteTimeout: p.answer, IdleTimeout: p.idle, MaxHeaderBytes: 128 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second},
	}
}
