package store

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// dictionarySize is how many identities are remembered: some groups' of a busy
// tenant, about 10 MiB.
const dictionarySize = 1 << 16

// dictionary remembers the numbers of identities and, until somebody else adds
// some, which have none yet. What is read ahead waits here for the transaction
// that needs it. It may be wrong at worst about what is missing, and the key of
// identities refuses to number one twice. It is safe for concurrent use.
type dictionary struct {
	numbers *lru.Cache[identity, numbered]

	mu  sync.Mutex
	own map[int64]run // by tenant
}

type identity struct {
	tenant int64
	digest digest
}

// numbered is an identity's number, or 0 and what the tenant's next number was
// when it had none.
type numbered struct {
	id   uint32
	next int64
}

// run is identities numbered one after the other by this process alone: those
// from its first number up to the tenant's next.
type run struct{ first, next int64 }

func newDictionary() *dictionary {
	numbers, err := lru.New[identity, numbered](dictionarySize)
	if err != nil {
		panic(err) // the size is not positive
	}
	return &dictionary{numbers: numbers, own: map[int64]run{}}
}

// sure tells, of a tenant who is locked and whose next number is known, since
// which number all that were given are remembered.
func (d *dictionary) sure(tenant, next int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own[tenant].next != next { // somebody else gave some
		d.own[tenant] = run{next, next}
	}
	return d.own[tenant].first
}

// recall fills in the numbers that are known, 0 for those known to be missing,
// and returns the places of the rest.
func (d *dictionary) recall(tenant, sure int64, order []digest, numbers []uint32) (unknown []int) {
	for i, of := range order {
		n, ok := d.numbers.Get(identity{tenant, of})
		if ok && (n.id != 0 || n.next >= sure) {
			numbers[i] = n.id
		} else {
			unknown = append(unknown, i)
		}
	}
	return unknown
}

// learn remembers numbers that were committed, and what has none while the
// tenant's next number is next.
func (d *dictionary) learn(tenant, next int64, order []digest, numbers []uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, of := range order {
		key := identity{tenant, of}
		if known, ok := d.numbers.Peek(key); ok && known.id != 0 {
			continue // given meanwhile
		}
		d.numbers.Add(key, numbered{numbers[i], next})
	}
}

// extend says that this process has committed the numbers from first up to next.
func (d *dictionary) extend(tenant, first, next int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.own[tenant]; r.next == first {
		d.own[tenant] = run{r.first, next}
	}
}

// ReadAhead looks up what Record will need of the events, while others of the
// tenant are recorded: so a writer holds the tenant's lock for less. It changes
// no answer of Record, and need not be called.
func (s *Store) ReadAhead(ctx context.Context, tenant int64, events []analytics.Event) error {
	key, err := s.identityKey(ctx, tenant)
	if err != nil {
		return err
	}
	var words vocabulary
	hash := newHasher(key)
	for i := range events {
		words.add(hash, &events[i])
	}
	const anySure = 1 << 62 // what has no number may have one by now
	numbers := make([]uint32, len(words.order))
	unknown := s.dictionary.recall(tenant, anySure, words.order, numbers)
	if len(unknown) == 0 {
		return nil
	}
	order := make([]digest, len(unknown))
	for i, at := range unknown {
		order[i] = words.order[at]
	}
	found, next, err := readAhead(ctx, s, tenant, order)
	if err != nil {
		return wrap(err)
	}
	s.dictionary.learn(tenant, next, order, found)
	return nil
}

// readAhead reads numbers and the tenant's next in one snapshot.
func readAhead(ctx context.Context, s *Store, tenant int64, order []digest) (numbers []uint32, next int64, err error) {
	rows, err := query(ctx, s.pool, tenant, sql("read_ahead"), digestArgs(tenant, order))
	if err != nil {
		return nil, 0, err
	}
	numbers = make([]uint32, len(order))
	var i *int
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error {
		if i == nil {
			next = id
		} else {
			numbers[*i] = uint32(id)
		}
		return nil
	})
	return numbers, next, err
}
