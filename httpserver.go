package main

import (
	"log/slog"
	"net/http"
	"time"
)

// timeouts is how long a client may take. Streams set deadlines of their own.
type timeouts struct{ headers, request, answer, idle time.Duration }

var usualTimeouts = timeouts{headers: 5 * time.Second, request: time.Minute, answer: 2 * time.Minute, idle: 2 * time.Minute}

// httpServer is one that no client holds up.
func httpServer(h http.Handler, p timeouts, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: p.headers, ReadTimeout: p.request, WriteTimeout: p.answer, IdleTimeout: p.idle, MaxHeaderBytes: 128 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second},
	}
}
