package store

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"footfall/internal/storetest"
)

// Who is handed transactions has other sessions' statements, locks and settings: that is
// refused, and one who is handed a session is as good as connected.
func TestPoolers(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]bool{"transactions": true, "sessions": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := newPooler(t, storetest.Database(t), poolMode{shared, 100})
			s := open(t, url)
			for range 2 {
				v, err := s.Schema(t.Context())
				ok(t, err)
				equal(t, "pooled", v.Pooled, shared)
				if said := v.Err(); shared != (said != nil && strings.Contains(said.Error(), "pool_mode=session")) {
					t.Errorf("the schema's error is %v", said)
				}
			}
			if _, err := s.Migrate(t.Context()); (err != nil) != shared {
				t.Errorf("migrate: %v", err)
			}
		})
	}
}

// Where sessions run out before a second one, /readyz still has its answer in time.
func TestPoolerOfOneSession(t *testing.T) {
	t.Parallel()
	s := open(t, newPooler(t, storetest.Database(t), poolMode{sessions: 1}))
	ok(t, s.Ping(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	v, err := s.Schema(ctx)
	ok(t, err)
	ok(t, v.Err())
}

// poolMode is what a pooler hands out: one session's transactions, or so many sessions.
type poolMode struct {
	shared   bool
	sessions int
}

// pooler passes clients on to Postgres: each to a session of its own, or all to one, from
// one transaction's end to the next.
type pooler struct {
	t      testing.TB
	url    string
	shared *pooledSession // nil for a session each
	free   chan struct{}  // has a place for each session
}

// pooledSession is one of Postgres, which has greeted.
type pooledSession struct {
	sync.Mutex
	*pgconn.HijackedConn
}

// newPooler is the URL of a database by way of one.
func newPooler(t testing.TB, url string, mode poolMode) string {
	t.Helper()
	p := &pooler{t: t, url: url, free: make(chan struct{}, mode.sessions)}
	if mode.shared {
		p.shared = p.connect()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	cfg, err := pgx.ParseConfig(url)
	ok(t, err)
	return "postgres://anybody@" + listener.Addr().String() + "/" + cfg.Database + "?sslmode=disable"
}

func (p *pooler) connect() *pooledSession {
	conn, err := pgconn.Connect(p.t.Context(), p.url)
	if err != nil {
		p.t.Error(err)
		return nil
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		p.t.Error(err)
		return nil
	}
	p.t.Cleanup(func() { _ = hijacked.Conn.Close() })
	return &pooledSession{HijackedConn: hijacked}
}

// serve greets a client with a key that is not the session's, as poolers do.
func (p *pooler) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	b := pgproto3.NewBackend(client, client)
	start, err := b.ReceiveStartupMessage()
	if _, starts := start.(*pgproto3.StartupMessage); err != nil || !starts {
		return
	}
	on := p.shared
	if on == nil {
		select {
		case p.free <- struct{}{}:
			defer func() { <-p.free }()
		case <-p.t.Context().Done():
			return
		}
		if on = p.connect(); on == nil {
			return
		}
	}
	key := make([]byte, 4)
	_, _ = rand.Read(key)
	b.Send(&pgproto3.AuthenticationOk{})
	for name, value := range on.ParameterStatuses {
		b.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1 << 30, SecretKey: key})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil && p.transact(b, on) == nil {
	}
}

// transact passes on what a client sends, from its first word to the transaction's end.
func (p *pooler) transact(client *pgproto3.Backend, on *pooledSession) error {
	message, err := client.Receive()
	if err != nil {
		return err
	}
	if _, leaves := message.(*pgproto3.Terminate); leaves {
		return net.ErrClosed
	}
	on.Lock()
	defer on.Unlock()
	for {
		switch on.Frontend.Send(message); message.(type) {
		case *pgproto3.Query, *pgproto3.Sync:
			if err = on.Frontend.Flush(); err != nil {
				return err
			}
			status, err := passAnswer(client, on)
			if err != nil || status == 'I' {
				return err
			}
		}
		if message, err = client.Receive(); err != nil {
			return err
		}
	}
}

// passAnswer passes an answer back and tells the transaction's state behind it.
func passAnswer(client *pgproto3.Backend, on *pooledSession) (status byte, err error) {
	for {
		message, err := on.Frontend.Receive()
		if err != nil {
			return 0, err
		}
		client.Send(message)
		if ready, is := message.(*pgproto3.ReadyForQuery); is {
			return ready.TxStatus, client.Flush()
		}
	}
}
