package graph

import (
	"errors"
	"io"
	"sync/atomic"

	"footfall/analytics"
)

// maxBodies bounds the memory that long bodies take together, on their way in and
// while they are worked on.
const maxBodies = 256 << 20

var errBodies = analytics.Unavailable(errors.New("graph: bodies take all the memory that they may"))

// bodies counts the bytes of bodies, up to most.
type bodies struct {
	most int64
	held atomic.Int64
}

// heldBody counts what is read of one body.
type heldBody struct {
	io.Reader
	of *bodies
	n  int64
}

// Read fails with errBodies where there is no room for more.
func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n += int64(n)
	if b.of.held.Add(int64(n)) > b.of.most {
		return n, errBodies
	}
	return n, err
}

// release frees what was read; of nil it is nothing.
func (b *heldBody) release() {
	if b != nil {
		b.of.held.Add(-b.n)
	}
}
