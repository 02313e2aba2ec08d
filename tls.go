package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/alecthomas/kong"
)

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
	e.Cert, e.Key = kong.ExpandPath(e.Cert), kong.ExpandPath(e.Key)
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
