// Package link is a TCP proxy that can be made to misbehave: to hold what
// passes, to cut a connection in the middle of a reply, to refuse, or to lead
// somewhere else. It knows nothing of what passes.
package link

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Link leads from a loopback address to a target. It is safe for concurrent use.
type Link struct {
	listener net.Listener
	pumps    sync.WaitGroup

	mu      sync.Mutex
	target  string
	trouble Trouble
	pairs   map[*pair]bool
	closed  bool
}

// Trouble is what is wrong with a link; the zero value is nothing.
type Trouble struct {
	Delay  time.Duration // before each piece of a reply
	CutIn  int           // bytes of reply after which a connection is cut
	Refuse bool          // connections end as they begin
}

// pair is a connection to the link and the one that it leads to.
type pair struct{ near, far net.Conn }

func (p *pair) close() { _ = p.near.Close(); _ = p.far.Close() }

// To opens a link to host:port.
func To(target string) (*Link, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{listener: listener, target: target, pairs: map[*pair]bool{}}
	l.pumps.Go(l.accept)
	return l, nil
}

// Address is where the link listens.
func (l *Link) Address() string { return l.listener.Addr().String() }

// Suffer makes trouble from now on, for open connections too.
func (l *Link) Suffer(t Trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = t
}

// Lead makes new connections go elsewhere, and cuts those that are open.
func (l *Link) Lead(target string) {
	l.mu.Lock()
	l.target = target
	l.mu.Unlock()
	l.Cut()
}

// Cut ends all connections; new ones are welcome.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		p.close()
	}
}

// Close ends everything.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.listener.Close()
	l.Cut()
	l.pumps.Wait()
}

func (l *Link) now() (Trouble, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trouble, l.target
}

func (l *Link) accept() {
	for {
		near, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of files, say
			continue
		}
		l.pumps.Go(func() { l.lead(near) })
	}
}

// lead joins near with a connection to the target until either ends.
func (l *Link) lead(near net.Conn) {
	trouble, target := l.now()
	if trouble.Refuse {
		_ = near.Close()
		return
	}
	far, err := net.DialTimeout("tcp4", target, 5*time.Second)
	if err != nil {
		_ = near.Close()
		return
	}
	p := &pair{near, far}
	l.mu.Lock()
	gone := l.closed
	l.pairs[p] = true
	l.mu.Unlock()
	if gone {
		p.close()
	}
	l.pumps.Go(func() {
		defer p.close()
		_, _ = io.Copy(far, near)
	})
	l.reply(p)
	l.mu.Lock()
	delete(l.pairs, p)
	l.mu.Unlock()
}

// reply carries what the target says, with the trouble of the moment.
func (l *Link) reply(p *pair) {
	defer p.close()
	buffer, passed := make([]byte, 16<<10), 0
	var since Trouble
	for {
		n, err := p.far.Read(buffer)
		trouble, _ := l.now()
		if trouble != since {
			since, passed = trouble, 0
		}
		time.Sleep(trouble.Delay)
		piece := buffer[:n]
		if trouble.CutIn > 0 && passed+n >= trouble.CutIn {
			piece = piece[:max(trouble.CutIn-passed, 0)]
			err = io.EOF
		}
		passed += len(piece)
		if _, failed := p.near.Write(piece); failed != nil || err != nil {
			return
		}
	}
}
