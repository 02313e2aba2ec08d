package main

import (
	"net/http"
	"sync/atomic"
	"time"
)

// drain is graceful shutdown: announce that the gateway is not ready, answer on until
// proxies look elsewhere, accept nothing new, and finish what is under way.
type drain struct{ going atomic.Bool }

// announce says that the gateway goes, and waits for so long, or until the server
// failed.
func (d *drain) announce(delay time.Duration, failed <-chan error) error {
	d.going.Store(true)
	select {
	case err := <-failed:
		return err
	case <-time.After(delay):
		return nil
	}
}

// handler lets every answer say whether the connection may be used again: one
// that is closed while the next request is on its way would fail it.
func (d *drain) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.going.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}
