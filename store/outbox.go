package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// announce writes into the transaction which topics caches must forget.
func announce(ctx context.Context, tx pgx.Tx, tenant int64, topics []analytics.Topic) (analytics.Change, error) {
	c := analytics.Change{Tenant: tenant, Topics: topics}
	if len(topics) == 0 {
		return c, nil
	}
	err := tx.QueryRow(ctx, sql("insert_outbox"), args{"tenant_id": tenant, "topics": topics}).Scan(&c.Seq)
	return c, err
}

// subjectTopics are the topics of subjects whose events changed.
func subjectTopics(subjects map[int64]analytics.Kind) []analytics.Topic {
	var topics []analytics.Topic
	for id := range subjects {
		topics = append(topics, analytics.SubjectTopic(id))
	}
	slices.Sort(topics)
	return topics
}

// Pending lists changes whose word has not reached every cache, oldest first:
// their writer died, or the cache was away. It ends after as many changes, or with
// the one that makes up as many topics.
func (s *Store) Pending(ctx context.Context, most, topics int) ([]analytics.Change, error) {
	return collectAll(ctx, s, sql("read_outbox"), args{"most": most, "topics": topics}, func(row pgx.CollectableRow) (analytics.Change, error) {
		var c analytics.Change
		err := row.Scan(&c.Tenant, &c.Seq, &c.Topics)
		return c, err
	})
}

// Settle forgets changes that every cache has heard of. It waits for no disk: a
// row that comes back is announced once more, which does no harm.
func (s *Store) Settle(ctx context.Context, tenant int64, seqs []int64) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return wrap(err)
	}
	defer conn.Release()
	batch := &pgx.Batch{} // one round trip, one transaction
	if bindsTenants(conn.Conn()) {
		batch.Queue(enterTenant, tenant)
	}
	batch.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	batch.Queue(sql("delete_outbox"), args{"tenant_id": tenant, "seqs": seqs})
	return wrap(conn.SendBatch(ctx, batch).Close())
}
