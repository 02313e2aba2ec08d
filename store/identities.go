package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"footfall/analytics"
)

// maxIdentities bounds a tenant's dictionary: its numbers fit the sets.
const maxIdentities = 1<<32 - 1

// digest is what the dictionary keeps of an identity: the first half of a keyed
// hash.
type digest [16]byte

// identify hashes a client's word under the tenant's key. The domain keeps
// sessions and visitors of one name apart.
func identify(key []byte, domain byte, words ...string) digest {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte{domain})
	for _, w := range words {
		mac.Write([]byte(w))
		mac.Write([]byte{0}) // no word holds a NUL
	}
	return digest(mac.Sum(nil)[:16])
}

func (f *fact) visitorDigest(key []byte) digest { return identify(key, 'v', f.Visitor) }

// sessionDigest names a session: a partner's is one visitor's, so two visitors
// who send the same name have two.
func (f *fact) sessionDigest(key []byte) digest {
	if f.Kind == analytics.KindPartner {
		return identify(key, 'p', f.Session, f.Visitor)
	}
	return identify(key, 's', f.Session)
}

// number looks up the identities of the fresh events, numbering new ones in
// order of appearance.
func (r *recording) number(ctx context.Context, tx pgx.Tx) error {
	var order []digest
	numbers := map[digest]uint32{}
	want := func(d digest) {
		if _, seen := numbers[d]; !seen {
			numbers[d] = 0
			order = append(order, d)
		}
	}
	for i := range r.fresh {
		f := &r.fresh[i]
		if f.Session != "" {
			want(f.sessionDigest(r.identityKey))
		}
		if f.Visitor != "" {
			want(f.visitorDigest(r.identityKey))
		}
	}
	if err := r.findIdentities(ctx, tx, order, numbers); err != nil {
		return err
	}
	for i := range r.fresh {
		f := &r.fresh[i]
		if f.Session != "" {
			f.session = numbers[f.sessionDigest(r.identityKey)]
		}
		if f.Visitor != "" {
			f.visitor = numbers[f.visitorDigest(r.identityKey)]
		}
	}
	return nil
}

func (r *recording) findIdentities(ctx context.Context, tx pgx.Tx, order []digest, numbers map[digest]uint32) error {
	if len(order) == 0 {
		return nil
	}
	n, digests := make([]int32, len(order)), make([]pgtype.UUID, len(order))
	for i, d := range order {
		n[i], digests[i] = int32(i), pgtype.UUID{Bytes: d, Valid: true}
	}
	rows, err := tx.Query(ctx, sql("find_identities"), args{"tenant_id": r.tenant, "n": n, "digests": digests})
	if err != nil {
		return err
	}
	var i int
	var id int64
	if _, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error { numbers[order[i]] = uint32(id); return nil }); err != nil {
		return err
	}
	var missing []digest
	for _, d := range order {
		if numbers[d] == 0 {
			missing = append(missing, d)
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
			return []any{r.tenant, pgtype.UUID{Bytes: missing[i], Valid: true}, id}, nil
		}))
	return err
}

// identityKey is the tenant's secret, remembered: it never changes.
func (s *Store) identityKey(ctx context.Context, tenant int64) ([]byte, error) {
	if key, ok := s.identityKeys.Load(tenant); ok {
		return key.([]byte), nil
	}
	var key []byte
	if err := s.pool.QueryRow(ctx, sql("identity_key"), args{"tenant_id": tenant}).Scan(&key); err != nil {
		return nil, wrap(err)
	}
	s.identityKeys.Store(tenant, key)
	return key, nil
}
