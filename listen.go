package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/rs/cors"
)

// patience is how long a client may take. Streams set deadlines of their own.
type patience struct{ headers, request, answer, idle time.Duration }

var usualPatience = patience{headers: 5 * time.Second, request: time.Minute, answer: 2 * time.Minute, idle: 2 * time.Minute}

// httpServer is one that no client holds up.
func httpServer(h http.Handler, p patience, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: p.headers, ReadTimeout: p.request, WriteTimeout: p.answer, IdleTimeout: p.idle, MaxHeaderBytes: 128 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second},
	}
}

// encryption is where a certificate comes from.
type encryption struct {
	Cert string `name:"tls-cert" env:"TLS_CERT" placeholder:"FILE" help:"Certificate chain, PEM: serve HTTPS and HTTP/2. A renewed file is taken without a restart."`
	Key  string `name:"tls-key" env:"TLS_KEY" placeholder:"FILE" help:"Its private key, PEM."`
}

// listener encrypts what comes in, if a certificate is there.
func (e encryption) listener(l net.Listener, log *slog.Logger) (_ net.Listener, scheme string, err error) {
	if e.Cert == "" && e.Key == "" {
		return l, "http", nil
	}
	if e.Cert == "" || e.Key == "" {
		return nil, "", errors.New("TLS_CERT and TLS_KEY belong together: one of them is missing")
	}
	c := &certificate{files: e, log: log}
	if _, err = c.get(nil); err != nil {
		return nil, "", err
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"},
	}), "https", nil
}

// certificate is read again when its file is another.
type certificate struct {
	files encryption
	log   *slog.Logger
	mu    sync.Mutex
	read  time.Time // when the file was written that is held
	tried time.Time // when the file was written that was last tried
	held  *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var written time.Time
	info, err := os.Stat(c.files.Cert)
	if err == nil {
		written = info.ModTime()
	}
	if err == nil && c.held != nil && written.Equal(c.read) {
		return c.held, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.files.Cert, c.files.Key)
	}
	switch {
	case err == nil:
		c.held, c.read = &pair, written
	case c.held == nil:
		return nil, fmt.Errorf("TLS_CERT, TLS_KEY: %w", err)
	case !written.Equal(c.tried): // it may be half renewed
		c.log.Warn("the certificate cannot be read again, the one before it is used", "error", err)
	}
	c.tried = written
	return c.held, nil
}

var oneYear, closing = []string{"max-age=31536000"}, []string{"close"}

// share lets pages of the origins read what h answers, with a key that they send
// themselves.
func share(h http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Cache-Control", "Content-Type", "Content-Encoding", "If-None-Match",
			"X-Footfall-Cost", "X-Footfall-Dry-Run", "X-Footfall-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name", "GraphQL-Require-Preflight", "Prefer",
		},
		ExposedHeaders: []string{"Age", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Warning"},
		MaxAge:         7200,
	}).Handler(h)
}
