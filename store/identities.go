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

func (h hasher) visitor(e *analytics.Event) digest { return h.digest('v', e.Visitor) }

// session names a session: a partner's is one visitor's, so two visitors who
// send the same name have two.
func (h hasher) session(e *analytics.Event) digest {
	if e.Kind == analytics.KindPartner {
		return h.digest('p', e.Session, e.Visitor)
	}
	return h.digest('s', e.Session)
}

// identitySet is the distinct identities of events, in order of appearance.
type identitySet struct {
	order []digest
	place map[digest]int
}

// add returns the places of an event's session and visitor, -1 for none.
func (v *identitySet) add(hash hasher, e *analytics.Event) (session, visitor int) {
	session, visitor = -1, -1
	if e.Session != "" {
		session = v.of(hash.session(e))
	}
	if e.Visitor != "" {
		visitor = v.of(hash.visitor(e))
	}
	return session, visitor
}

func (v *identitySet) of(d digest) int {
	i, seen := v.place[d]
	if !seen {
		if v.place == nil {
			v.place = map[digest]int{}
		}
		i = len(v.order)
		v.place[d] = i
		v.order = append(v.order, d)
	}
	return i
}

// number looks up the identities of the fresh events, numbering new ones in
// order of appearance.
func (r *recording) number(ctx context.Context, tx pgx.Tx) error {
	hash := newHasher(r.state.key)
	sessions, visitors := make([]int, len(r.fresh)), make([]int, len(r.fresh))
	for i := range r.fresh {
		sessions[i], visitors[i] = r.words.add(hash, r.fresh[i].Event)
	}
	var err error
	if r.numbers, err = r.findIdentities(ctx, tx, r.words.order); err != nil {
		return err
	}
	for i := range r.fresh {
		f := &r.fresh[i]
		if sessions[i] >= 0 {
			f.session = r.numbers[sessions[i]]
		}
		if visitors[i] >= 0 {
			f.visitor = r.numbers[visitors[i]]
		}
	}
	return nil
}

// findIdentities is the number of each digest.
func (r *recording) findIdentities(ctx context.Context, tx pgx.Tx, order []digest) ([]uint32, error) {
	numbers := make([]uint32, len(order))
	unknown := places(len(order))
	if !r.again {
		unknown = r.dictionary.recall(r.tenant, r.completeBelow, order, numbers)
	}
	if len(unknown) > 0 {
		if err := r.lookUp(ctx, tx, order, unknown, numbers); err != nil {
			return nil, err
		}
	}
	return numbers, r.addIdentities(ctx, tx, order, numbers)
}

// lookUp reads the numbers of the digests at some places.
func (r *recording) lookUp(ctx context.Context, tx pgx.Tx, order []digest, at []int, numbers []uint32) error {
	asked := make([]digest, len(at))
	for i, place := range at {
		asked[i] = order[place]
	}
	rows, err := tx.Query(ctx, sql("find_identities"), digestArgs(r.tenant, asked))
	if err != nil {
		return err
	}
	var i int
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error { numbers[at[i]] = uint32(id); return nil })
	return err
}

// digestArgs binds digests and their places.
func digestArgs(tenant int64, order []digest) args {
	n, digests := make([]int32, len(order)), make([]pgtype.UUID, len(order))
	for i, d := range order {
		n[i], digests[i] = int32(i), pgtype.UUID{Bytes: d, Valid: true}
	}
	return args{"tenant_id": tenant, "n": n, "digests": digests}
}

// places is all of n places.
func places(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
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
	r.added = idRange{first, first + int64(len(missing))}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"identities"}, []string{"tenant_id", "digest", "identity_id"},
		pgx.CopyFromSlice(len(missing), func(i int) ([]any, error) {
			id := first + int64(i)
			numbers[missing[i]] = uint32(id)
			return []any{r.tenant, pgtype.UUID{Bytes: order[missing[i]], Valid: true}, id}, nil
		}))
	return err
}

// identityKey is the tenant's secret, remembered. In another history it may be
// another: what is written is hashed under the key that its transaction reads.
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
