package store

import (
	"context"
	"maps"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// subjectKey is what a client calls a subject.
type subjectKey struct {
	kind analytics.Kind
	key  string
}

// subject is a subject's key among all tenants'.
type subject struct {
	tenant int64
	subjectKey
}

func findSubjects(ctx context.Context, tx pgx.Tx, tenant int64, keys []subjectKey) (map[subjectKey]int64, error) {
	if len(keys) == 0 {
		return map[subjectKey]int64{}, nil
	}
	kinds, names, n := make([]int16, len(keys)), make([]string, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		kinds[i], names[i], n[i] = int16(k.kind), k.key, int32(i)
	}
	rows, err := tx.Query(ctx, sql("find_subjects"), args{"tenant_id": tenant, "n": n, "kinds": kinds, "keys": names})
	if err != nil {
		return nil, err
	}
	found := map[subjectKey]int64{}
	var id int64
	var i int
	_, err = pgx.ForEachRow(rows, []any{&id, &i}, func() error { found[keys[i]] = id; return nil })
	return found, err
}

func addSubjects(ctx context.Context, tx pgx.Tx, tenant int64, kind analytics.Kind, keys []string) (map[subjectKey]int64, error) {
	added := map[subjectKey]int64{}
	if len(keys) == 0 {
		return added, nil
	}
	first, err := take(ctx, tx, tenant, "subject", len(keys))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i] = first + int64(i)
		added[subjectKey{kind, key}] = ids[i]
	}
	_, err = tx.Exec(ctx, sql("insert_subjects"), args{"tenant_id": tenant, "kind": int16(kind), "subject_ids": ids, "keys": keys})
	return added, err
}

// ensureSubjects numbers the keys, adding those that are new.
func ensureSubjects(ctx context.Context, tx pgx.Tx, tenant int64, kind analytics.Kind, names []string) (map[subjectKey]int64, error) {
	keys := make([]subjectKey, len(names))
	for i, name := range names {
		keys[i] = subjectKey{kind, name}
	}
	keys = unique(keys)
	found, err := findSubjects(ctx, tx, tenant, keys)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, k := range keys {
		if found[k] == 0 {
			missing = append(missing, k.key)
		}
	}
	added, err := addSubjects(ctx, tx, tenant, kind, missing)
	maps.Copy(found, added)
	return found, err
}

// unique drops repeats, keeping the order of first appearance.
func unique[T comparable](in []T) []T {
	seen := make(map[T]bool, len(in))
	out := make([]T, 0, len(in))
	for _, v := range in {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
