package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"hash"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"footfall/analytics"
)

// maxIdentities bounds a tenant's dictionary: its numbers fit the sets.
const maxIdentities = 1<<32 - 1

// digest is what the dictionary keeps of an identity: the first half of a keyed
// hash.
type digest [16]byte

// hasher digests clients' words under a tenant's key.
type hasher struct{ mac hash.Hash }

func newHasher(key []byte) hasher { return hasher{hmac.New(sha256.New, key)} }

// digest keeps sessions and visitors of one name apart by their domain.
func (h hasher) digest(domain byte, words ...string) digest {
	h.mac.Reset()
	h.mac.Write([]byte{domain})
	for _, w := range words {
		h.mac.Write([]byte(w))
		h.mac.Write([]byte{0}) // no word holds a NUL
	}
	return digest(h.mac.Sum(nil)[:16])
}

func (h hasher) visitor(f *fact) digest { return h.digest('v', f.Visitor) }

// session names a session: a partner's is one visitor's, so two visitors who
// send the same name have two.
func (h hasher) session(f *fact) digest {
	if f.Kind == analytics.KindPartner {
		return h.digest('p', f.Session, f.Visitor)
	}
	return h.digest('s', f.Session)
}

// number looks up the identities of the fresh events, numbering new ones in
// order of appearance.
func (r *recording) number(ctx context.Context, tx pgx.Tx) error {
	var order []digest
	place := map[digest]int{}
	want := func(d digest) int {
		i, seen := place[d]
		if !seen {
			i = len(order)
			place[d] = i
			order = append(order, d)
		}
		return i
	}
	hash := newHasher(r.identityKey)
	sessions, visitors := make([]int, len(r.fresh)), make([]int, len(r.fresh))
	for i := range r.fresh {
		f := &r.fresh[i]
		if f.Session != "" {
			sessions[i] = want(hash.session(f))
		}
		if f.Visitor != "" {
			visitors[i] = want(hash.visitor(f))
		}
	}
	numbers, err := r.findIdentities(ctx, tx, order)
	if err != nil {
		return err
	}
	for i := range r.fresh {
		f := &r.fresh[i]
		if f.Session != "" {
			f.session = numbers[sessions[i]]
		}
		if f.Visitor != "" {
			f.visitor = numbers[visitors[i]]
		}
	}
	return nil
}

// findIdentities is the number of each digest.
func (r *recording) findIdentities(ctx context.Context, tx pgx.Tx, order []digest) ([]uint32, error) {
	numbers := make([]uint32, len(order))
	if len(order) == 0 {
		return numbers, nil
	}
	n, digests := make([]int32, len(order)), make([]pgtype.UUID, len(order))
	for i, d := range order {
		n[i], digests[i] = int32(i), pgtype.UUID{Bytes: d, Valid: true}
	}
	rows, err := tx.Query(ctx, sql("find_identities"), args{"tenant_id": r.tenant, "n": n, "digests": digests})
	if err != nil {
		return nil, err
	}
	var i int
	var id int64
	if _, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error { numbers[i] = uint32(id); return nil }); err != nil {
		return nil, err
	}
	return numbers, r.addIdentities(ctx, tx, order, numbers)
}

// addIdentities numbers the digests that have no number yet.
func (r *recording) addIdentities(ctx context.Context, tx pgx.Tx, order []digest, numbers []uint32) error {
	var missing []int
	for i := range order {
		if numbers[i] == 0 {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	first, err := take(ctx, tx, r.tenant, "identity", len(missing))
	if err != nil {
		return err
	}
	if first+int64(len(missing)) > maxIdentities {
		return analytics.Errorf(analytics.CodeTooLarge, "this tenant has used up its %d identities", int64(maxIdentities))
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"identities"}, []string{"tenant_id", "digest", "identity_id"},
		pgx.CopyFromSlice(len(missing), func(i int) ([]any, error) {
			id := first + int64(i)
			numbers[missing[i]] = uint32(id)
			return []any{r.tenant, pgtype.UUID{Bytes: order[missing[i]], Valid: true}, id}, nil
		}))
	return err
}

// identityKey is the tenant's secret, remembered: it never changes.
func (s *Store) identityKey(ctx context.Context, tenant int64) ([]byte, error) {
	if key, ok := s.identityKeys.Load(tenant); ok {
		return key.([]byte), nil
	}
	var key []byte
	rows, err := query(ctx, s.pool, tenant, sql("identity_key"), args{"tenant_id": tenant})
	err = row{rows, err}.Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, analytics.Errorf(analytics.CodeNotFound, "no such tenant: %d", tenant)
	}
	if err != nil {
		return nil, wrap(err)
	}
	s.identityKeys.Store(tenant, key)
	return key, nil
}
