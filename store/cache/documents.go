package cache

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// documentsFor is how long a document is kept after it was last asked for.
const documentsFor = 7 * 24 * time.Hour

// Documents keeps the documents that clients register, for all gateways that
// share a Redis. A document's name is its hash, so nothing here can be out of
// date, and the keys need no era. Of a Redis that is away it knows nothing.
type Documents struct {
	client  redis.UniversalClient
	breaker breaker
	log     *slog.Logger
}

// NewDocuments keeps documents in the Redis that OpenRedis opened.
func NewDocuments(client redis.UniversalClient, log *slog.Logger) *Documents {
	return &Documents{client: client, log: log, breaker: breaker{most: 3, rest: time.Second}}
}

func documentKey(hash string) string { return "footfall:document:" + hash }

// Document is the document with the hash, as far as Redis knows it.
func (d *Documents) Document(ctx context.Context, hash string) (text string, ok bool) {
	key := documentKey(hash)
	var found *redis.StringCmd
	err := d.do(ctx, func(ctx context.Context) error {
		_, err := d.client.Pipelined(ctx, func(p redis.Pipeliner) error { // GETEX wants Redis 6.2
			found = p.Get(ctx, key)
			p.Expire(ctx, key, documentsFor)
			return nil
		})
		return notMissing(err)
	})
	if err != nil || found.Err() != nil {
		return "", false
	}
	return found.Val(), true
}

// KeepDocument tells the other gateways of a document.
func (d *Documents) KeepDocument(ctx context.Context, hash, text string) {
	_ = d.do(ctx, func(ctx context.Context) error {
		return d.client.Set(ctx, documentKey(hash), text, documentsFor).Err()
	})
}

// do makes a call, bounded in time, and none at all while Redis keeps failing. A
// caller that leaves says nothing about Redis.
func (d *Documents) do(ctx context.Context, call func(context.Context) error) error {
	if !d.breaker.allow() {
		return errOpen
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	err := call(ctx)
	d.breaker.tell(d.log, err, "Redis is out of reach, documents are kept in process alone", "documents are kept in Redis again")
	return err
}
