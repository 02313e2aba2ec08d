package cache

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// The bounds of what we ask of Redis.
const (
	callTimeout  = 100 * time.Millisecond // of a call, and a little for each command in it
	largestValue = 1 << 20
	eraFor       = 750 * time.Millisecond // how long an era is believed
)

// remote is level 2. Each topic has a version token, replaced when something of
// it changed; a value carries the token from before it was read from the store,
// and is current while that is the topic's. Tokens are random, so neither a
// flush nor a lost write ever brings one back.
//
// A Redis that restarts from a snapshot, or a replica that takes over, may hold
// tokens older than the last ones, with values to match. So all keys begin with
// the era: a digest of the processes that hold them and of their reigns as masters.
// A new one is a new era, and starts out cold. So does a store that was restored:
// what is remembered may never have happened there.
type remote struct {
	client      redis.UniversalClient
	prefix      string
	keepFor     time.Duration // tokens
	breaker     breaker
	failed      clockMark     // the last failure
	self        string        // who sends our messages
	incarnation func() string // of the store
	counters    *counters
	log         *slog.Logger
	lookups     lookups
	connections atomic.Int64 // that were made

	mu    sync.Mutex
	era   string
	eraAt time.Time
	eraOf int64 // the connections made until then
	clock clockReading
}

func newRemote(client redis.UniversalClient, incarnation func() string, prefix string, keepFor time.Duration, n *counters, log *slog.Logger) *remote {
	r := &remote{
		incarnation: incarnation, client: client, prefix: prefix, keepFor: keepFor, counters: n, log: log, self: strconv.Itoa(database(client)) + ":" + rand.Text(),
		breaker: breaker{most: 3, rest: time.Second},
	}
	r.lookups.send = r.look
	countConnections(client, &r.connections)
	return r
}

// database is the number of the one that the client's keys are in.
func database(client redis.UniversalClient) int {
	if c, ok := client.(*redis.Client); ok {
		return c.Options().DB
	}
	return 0 // a cluster has no other
}

// token is a version of a topic: when it was made, in milliseconds by Redis' clock, and
// chance.
type token [16]byte

func newToken(at time.Time) (t token) {
	binary.BigEndian.PutUint64(t[:], uint64(at.UnixMilli()))
	_, _ = rand.Read(t[8:]) // never fails
	return t
}

// tokenOf reads what Redis holds, which may be nothing.
func tokenOf(found any) (t token) {
	if s, ok := found.(string); ok && len(s) == len(t) {
		copy(t[:], s)
	}
	return t
}

// recalled is what Redis knows of an item: the token of its topic, zero when
// unknown, and the value, nil when there is none.
type recalled struct {
	token token
	*envelope
}

// current reports whether the value may be served.
func (r *recalled) current(now time.Time) bool {
	return r.envelope != nil && r.token != (token{}) && r.token == r.envelope.token && now.Before(r.until)
}

// quiet reports whether the topic is known not to have changed since an instant of
// Redis' clock.
func (r *recalled) quiet(since time.Time) bool {
	return r.token != (token{}) && time.UnixMilli(int64(binary.BigEndian.Uint64(r.token[:]))).Before(since)
}

var errOpen = errors.New("cache: Redis failed a moment ago, its circuit breaker is open")

// do makes a call of about n commands: bounded in time, counted when it fails,
// and not made at all while the breaker is open.
func (r *remote) do(ctx context.Context, n int, call func(context.Context) error) error {
	if !r.breaker.allow() {
		r.failed.set(mark())
		return errOpen
	}
	limited, cancel := context.WithTimeout(ctx, callTimeout+time.Duration(n)*20*time.Microsecond)
	defer cancel()
	err := call(limited)
	if errors.Is(ctx.Err(), context.Canceled) { // nobody waits for it, and it says nothing about Redis
		return ctx.Err()
	}
	if err != nil {
		r.failed.set(mark())
		r.counters.redisErrors.Add(1)
	}
	r.breaker.tell(r.log, err, "Redis is out of reach, going on without", "Redis is back")
	return err
}

// recall fills out with what is known of the items: tokens, made where there is
// none, and values. One round trip, and one more for new tokens.
func (r *remote) recall(ctx context.Context, items []item, out []recalled) error {
	return r.do(ctx, 2*len(items), func(ctx context.Context) error {
		l := newLookup(items)
		if err := r.lookups.do(ctx, l); err != nil {
			return err
		}
		tokens, err := r.read(l, out)
		if err == nil && slices.Contains(tokens, token{}) {
			err = r.makeTokens(ctx, l.era, l.topics, tokens)
		}
		if err != nil {
			return err
		}
		for t, places := range l.places {
			for _, i := range places {
				out[i].token = tokens[t]
			}
		}
		return nil
	})
}

// read fills out with the values that a look-up found and returns the tokens of its
// topics, zero where there is none.
func (r *remote) read(l *lookup, out []recalled) ([]token, error) {
	tokens := make([]token, len(l.topics))
	for t, places := range l.places {
		found, err := l.found[t].Result()
		if err != nil {
			return nil, err
		}
		if len(found) != 1+len(places) {
			return nil, errCorrupt
		}
		tokens[t] = tokenOf(found[0])
		for j, i := range places {
			if tokens[t] != (token{}) { // or else it may be of any time
				out[i].envelope = r.decode(found[1+j])
			}
		}
	}
	return tokens, nil
}

// look makes the round trip of look-ups.
func (r *remote) look(ctx context.Context, asked []*lookup) {
	err := r.inEra(ctx, false, func(era string) error {
		r.lookIn(ctx, era, asked)
		return nil
	})
	if err == nil {
		return
	}
	for _, l := range asked {
		l.err = err
	}
}

// lookIn asks for keys of the era. What a topic's answers depend on is in one slot of
// a cluster.
func (r *remote) lookIn(ctx context.Context, era string, asked []*lookup) {
	// Each command has its own error.
	_, _ = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, l := range asked {
			l.era, l.found = era, l.found[:0]
			for t, places := range l.places {
				keys := make([]string, 0, 1+len(places))
				keys = append(keys, l.topics[t].tokenKey(era))
				for _, i := range places {
					keys = append(keys, l.items[i].valueKey(era))
				}
				l.found = append(l.found, p.MGet(ctx, keys...))
			}
		}
		return nil
	})
}

// notMissing is err unless that says that a key does not exist.
func notMissing(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

func (r *remote) decode(found any) *envelope {
	s, ok := found.(string)
	if !ok {
		return nil
	}
	e, err := decodeEnvelope([]byte(s))
	if err != nil {
		if errors.Is(err, errCorrupt) {
			r.counters.corrupt.Add(1)
		}
		return nil
	}
	return e
}

// makeTokens gives a token to each topic that has none; of two gateways that do,
// the first wins.
func (r *remote) makeTokens(ctx context.Context, era string, topics []topic, tokens []token) error {
	made := make([]*redis.StringCmd, len(topics))
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, t := range topics {
			if tokens[i] == (token{}) {
				fresh := newToken(r.now())
				p.SetNX(ctx, t.tokenKey(era), fresh[:], r.keepFor)
				made[i] = p.Get(ctx, t.tokenKey(era))
			}
		}
		return nil
	})
	if err = notMissing(err); err != nil {
		return err
	}
	for i, cmd := range made {
		if cmd != nil {
			tokens[i] = tokenOf(cmd.Val())
		}
	}
	return nil
}

// kept is a value on its way to Redis.
type kept struct {
	key
	envelope
}

// keep stores values, for stale longer than they are believed. That it failed
// was counted.
func (r *remote) keep(ctx context.Context, values []kept, stale time.Duration) {
	_ = r.do(ctx, len(values), func(ctx context.Context) error {
		era, err := r.currentEra(ctx, false)
		if err != nil {
			return err
		}
		_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, v := range values {
				if len(v.payload) <= largestValue {
					p.Set(ctx, v.valueKey(era), v.encode(), max(time.Until(v.until)+stale, time.Second))
				}
			}
			return nil
		})
		return err
	})
}

// replace gives the topics new tokens. It is done when they are replaced in the
// era that was current afterwards: a reader of that era finds them.
func (r *remote) replace(ctx context.Context, topics []topic) error {
	return r.do(ctx, 2*len(topics), func(ctx context.Context) error {
		return r.inEra(ctx, true, func(era string) error {
			return r.eachPipe(ctx, len(topics), func(p redis.Pipeliner, i int) {
				fresh := newToken(r.now())
				p.Set(ctx, topics[i].tokenKey(era), fresh[:], r.keepFor)
			})
		})
	})
}

// pipeCommands is how many commands travel together: many more would not be answered
// within the client's time for an answer.
const pipeCommands = 5000

// eachPipe sends n commands, as many together as may be.
func (r *remote) eachPipe(ctx context.Context, n int, add func(p redis.Pipeliner, i int)) error {
	for from := 0; from < n; from += pipeCommands {
		_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := from; i < min(from+pipeCommands, n); i++ {
				add(p, i)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
