package store

import (
	"context"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

const (
	dictionarySize = 1 << 16 // identities that are remembered: some groups' of a busy tenant, about 10 MiB
	subjectsSize   = 1 << 14 // subjects that are
)

// dictionary remembers the numbers of subjects and identities and, until somebody
// else adds some, which identities have none yet. What is read ahead waits here for
// the transaction that needs it. It may be wrong at worst about what is missing, and
// the key of identities refuses to number one twice. It is safe for concurrent use.
type dictionary struct {
	subjects *lru.Cache[subject, int64]
	numbers  *lru.Cache[identity, numbered]

	mu       sync.Mutex
	own      map[int64]idRange // by tenant
	erasures map[int64]int64   // by tenant, the latest that is known
	history  string            // of the database (Incarnation)
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

// idRange is identities numbered one after the other by this process alone: those
// from its first number up to the tenant's next.
type idRange struct{ first, next int64 }

// dictionaryState is how a tenant's dictionary stands: the next number that it gives, how
// often identities were erased from it, and the key that its words are hashed under.
type dictionaryState struct {
	next, erasures int64
	key            []byte
}

func newDictionary() *dictionary {
	return &dictionary{
		subjects: newLRU[subject, int64](subjectsSize), numbers: newLRU[identity, numbered](dictionarySize),
		own: map[int64]idRange{}, erasures: map[int64]int64{},
	}
}

func newLRU[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // the size is not positive
	}
	return c
}

// setIncarnation drops everything when the database has become another history: what was
// committed last may never have happened there.
func (d *dictionary) setIncarnation(history string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.history != "" && history != d.history {
		d.clear()
	}
	d.history = history
}

func (d *dictionary) clear() {
	d.subjects.Purge()
	d.numbers.Purge()
	clear(d.own)
	clear(d.erasures)
}

// incarnation is the history that what is asked now belongs to.
func (d *dictionary) incarnation() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history
}

// completeBelow tells, of a tenant who is locked, since which number all that were given are
// remembered.
func (d *dictionary) completeBelow(tenant int64, m dictionaryState) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.next < d.own[tenant].next { // numbers were never given that we saw given
		d.clear()
	}
	d.believe(tenant, m.erasures)
	if d.own[tenant].next != m.next { // somebody else gave some
		d.own[tenant] = idRange{m.next, m.next}
	}
	return d.own[tenant].first
}

// believe drops everything when identities were erased since, and is false for what
// was read before they were.
func (d *dictionary) believe(tenant, erasures int64) bool {
	known, ok := d.erasures[tenant]
	if ok && erasures > known {
		d.numbers.Purge()
	}
	d.erasures[tenant] = max(known, erasures)
	return erasures >= known
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

// learn remembers numbers that were committed in a history, and what had none at
// the moment.
func (d *dictionary) learn(history string, tenant int64, m dictionaryState, order []digest, numbers []uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if history != d.history || !d.believe(tenant, m.erasures) {
		return
	}
	for i, of := range order {
		key := identity{tenant, of}
		if known, ok := d.numbers.Peek(key); ok && known.id != 0 {
			continue // given meanwhile
		}
		d.numbers.Add(key, numbered{numbers[i], m.next})
	}
}

// extend says that this process has committed the numbers of a run.
func (d *dictionary) extend(tenant int64, added idRange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.own[tenant]; r.next == added.first {
		d.own[tenant] = idRange{r.first, added.next}
	}
}

// learnSubjects remembers the numbers of subjects that were committed in a history.
func (d *dictionary) learnSubjects(history string, tenant int64, known map[subjectKey]int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if history != d.history {
		return
	}
	for k, id := range known {
		if id != 0 {
			k.key = strings.Clone(k.key) // which may be a part of all that its event came with
			d.subjects.Add(subject{tenant, k}, id)
		}
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
	var words identitySet
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
	history := s.dictionary.incarnation()
	found, m, err := readAhead(ctx, s, tenant, order)
	if err != nil {
		return wrap(err)
	}
	s.dictionary.learn(history, tenant, m, order, found)
	return nil
}

// readAhead reads numbers, and how the dictionary stands at that moment.
func readAhead(ctx context.Context, s *Store, tenant int64, order []digest) (numbers []uint32, m dictionaryState, err error) {
	rows, err := query(ctx, s.pool, tenant, sql("read_ahead"), digestArgs(tenant, order))
	if err != nil {
		return nil, m, err
	}
	numbers = make([]uint32, len(order))
	var i *int
	var id, erasures int64
	_, err = pgx.ForEachRow(rows, []any{&i, &id, &erasures}, func() error {
		if i == nil {
			m = dictionaryState{next: id, erasures: erasures}
		} else {
			numbers[*i] = uint32(id)
		}
		return nil
	})
	return numbers, m, err
}
