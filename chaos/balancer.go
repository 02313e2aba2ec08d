package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// proxyMark is a header of what the proxy itself answers.
const proxyMark = "X-Chaos-Proxy"

const (
	probeEvery = 100 * time.Millisecond
	probeFor   = time.Second
)

// balancer is a reverse proxy before the gateways, as operators have one: it
// asks each whether it is ready, passes requests to those that are, in turn,
// and tries no request twice. When none is ready it passes them to those that are
// there at least: a gateway without its database has answers still.
type balancer struct {
	server    *http.Server
	address   string
	transport *http.Transport
	turn      atomic.Int64
	mu        sync.RWMutex
	backends  []*backend
}

// backend is a gateway as the proxy sees it.
type backend struct {
	address string
	is      atomic.Int32 // a standing
	stop    context.CancelFunc
}

// How a gateway stands: it is gone or goes, it is there, it is ready.
const (
	leaving int32 = iota
	there
	ready
)

func newBalancer(ctx context.Context) (*balancer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{address: listener.Addr().String(), transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	b.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", b.pick()
		},
		Transport: b.transport,
		ErrorLog:  log.New(io.Discard, "", 0), // of streams that end with their gateway
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set(proxyMark, "failed")
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}}
	go func() { _ = b.server.Serve(listener) }()
	return b, nil
}

// add sends requests to a gateway from when it is ready on.
func (b *balancer) add(ctx context.Context, address string) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it is asked until it is removed
	to := &backend{address: address, stop: stop}
	to.is.Store(b.probe(ctx, address))
	b.mu.Lock()
	b.backends = append(b.backends, to)
	b.mu.Unlock()
	go every(ctx, probeEvery, func() { to.is.Store(b.probe(ctx, address)) })
}

// await waits until a gateway is ready.
func (b *balancer) await(ctx context.Context, address string) error {
	for ctx.Err() == nil {
		if b.probe(ctx, address) == ready {
			return nil
		}
		pause(ctx, probeEvery)
	}
	return ctx.Err()
}

// remove forgets a gateway that is gone.
func (b *balancer) remove(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = slices.DeleteFunc(b.backends, func(to *backend) bool {
		if to.address == address {
			to.stop()
		}
		return to.address == address
	})
}

func (b *balancer) probe(ctx context.Context, address string) int32 {
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return leaving
	}
	request.Close = true // says what a new connection meets
	response, err := b.transport.RoundTrip(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return leaving
	}
	if err != nil {
		return there
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return ready
	}
	why, _ := io.ReadAll(response.Body)
	if bytes.Contains(why, []byte("shutting down")) {
		return leaving
	}
	return there
}

func (b *balancer) pick() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := len(b.backends)
	if n == 0 {
		return "127.0.0.1:1" // refuses
	}
	turn := int(b.turn.Add(1))
	for _, least := range []int32{ready, there, leaving} {
		for i := range n {
			if to := b.backends[(turn+i)%n]; to.is.Load() >= least {
				return to.address
			}
		}
	}
	return ""
}

// lie alters a number of one answer in a hundred, so that one can see that it
// is noticed.
func (b *balancer) lie() {
	b.server.Handler.(*httputil.ReverseProxy).ModifyResponse = func(r *http.Response) error {
		streams := strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream")
		if r.StatusCode != http.StatusOK || r.Request.URL.Path == "/v1/events" || streams || rand.IntN(100) > 0 {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = aNumber.ReplaceAllFunc(body, func(n []byte) []byte { return append(n[:len(n)-1:len(n)-1], '9'-(n[len(n)-1]-'0')) })
		r.Body = io.NopCloser(bytes.NewReader(body))
		return nil
	}
}

var aNumber = regexp.MustCompile(`"(clickCount|totalSessions|total_sessions|totalViewers)":\d+`)

func (b *balancer) close() {
	b.mu.Lock()
	for _, to := range b.backends {
		to.stop()
	}
	b.mu.Unlock()
	_ = b.server.Close()
	b.transport.CloseIdleConnections()
}
