package graph

import (
	"errors"
	"io"
	"sync"

	"footfall/analytics"
)

// The bounds of the memory that long bodies take, on their way in and while they are
// worked on: all together, and those of one principal.
const (
	maxBodies          = 256 << 20
	maxPrincipalBodies = maxBodies / 4
)

var (
	errBodies          = analytics.Unavailable(errors.New("graph: bodies take all the memory that they may"))
	errPrincipalBodies = analytics.Errorf(analytics.CodeRateLimited, "at most %d bytes of a key's or token's requests at a time", maxPrincipalBodies)
)

// bodies counts the bytes of bodies, up to most, and of each principal's up to each.
type bodies struct {
	most, each int64

	mu          sync.Mutex
	held        int64
	byPrincipal map[string]int64
}

func newBodies(most, each int64) *bodies {
	return &bodies{most: most, each: each, byPrincipal: map[string]int64{}}
}

// add takes n bytes for the principal, or gives back -n. It fails, and takes none,
// where there is no room.
func (b *bodies) add(principal string, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case n > 0 && b.held+n > b.most:
		return errBodies
	case n > 0 && b.byPrincipal[principal]+n > b.each:
		return errPrincipalBodies
	}
	b.held += n
	if b.byPrincipal[principal] += n; b.byPrincipal[principal] == 0 {
		delete(b.byPrincipal, principal)
	}
	return nil
}

// heldBody counts what is held of one body.
type heldBody struct {
	of        *bodies
	principal string
	n         int64
}

func (h *heldBody) hold(n int) error {
	err := h.of.add(h.principal, int64(n))
	if err == nil {
		h.n += int64(n)
	}
	return err
}

// release frees what was held; of nil it is nothing.
func (h *heldBody) release() {
	if h != nil {
		_ = h.of.add(h.principal, -h.n)
		h.n = 0
	}
}

// heldReader holds what is read, and fails where there is no room for more.
type heldReader struct {
	io.Reader
	held *heldBody
}

func (r heldReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if full := r.held.hold(n); full != nil {
		return n, full
	}
	return n, err
}
