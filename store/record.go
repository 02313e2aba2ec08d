package store

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// Record counts events of one tenant, all in one transaction: the events, their
// cells, sessions and audiences, and the word to the caches. It returns one
// outcome an event, in order, and the change that caches must forget before
// the writer is acknowledged. After an error all or nothing was stored: the same
// events can be sent again without harm.
func (s *Store) Record(ctx context.Context, tenant int64, events []analytics.Event) ([]analytics.Outcome, analytics.Change, error) {
	if err := s.ensurePartitions(ctx, tenant, events); err != nil {
		return nil, analytics.Change{}, err
	}
	attempt := func(again bool) (*recording, error) {
		r := &recording{
			tenant: tenant, dictionary: s.dictionary, history: s.dictionary.incarnation(),
			now: s.instant(), again: again, checksDuplicates: again || s.repeatsItself(tenant), events: events, outcomes: make([]analytics.Outcome, len(events)),
		}
		return r, s.writeNumbered(ctx, tenant, func(tx pgx.Tx, m dictionaryState) error { r.state = m; return r.run(ctx, tx) })
	}
	r, err := attempt(false)
	if sqlState(err) == noPartition { // it was pruned since we last looked
		s.partitions.Clear()
		if err = s.ensurePartitions(ctx, tenant, events); err == nil {
			r, err = attempt(false)
		}
	}
	if sqlState(err) == uniqueViolation { // nothing was stored
		r, err = attempt(true)
	}
	if r.metDuplicate {
		s.repeats.Store(tenant, s.now())
	}
	if err == nil {
		r.remember()
	}
	return r.outcomes, r.change, err
}

// remember keeps what the recording has committed.
func (r *recording) remember() {
	r.dictionary.learnSubjects(r.history, r.tenant, r.known)
	r.dictionary.learn(r.history, r.tenant, r.state, r.words.order, r.numbers)
	r.dictionary.extend(r.tenant, r.added)
}

// Events that come again are few, or many for a while. So as long as a tenant has
// sent none for a time its events are not looked up first: the key of the events
// refuses one that is there, and the batch begins anew, again, asking for all.
const waryFor = time.Minute

func (s *Store) repeatsItself(tenant int64) bool {
	last, known := s.repeats.Load(tenant)
	return known && s.now().Sub(last.(time.Time)) < waryFor
}

// recording is one run of the write transaction.
type recording struct {
	tenant           int64
	now              time.Time
	dictionary       *dictionary
	history          string
	again            bool // what is remembered was wrong
	checksDuplicates bool // looks events up before it stores them
	metDuplicate     bool // an event that was stored before
	events           []analytics.Event
	outcomes         []analytics.Outcome
	known            map[subjectKey]int64 // subjects, 0 for none
	fresh            []fact               // the events to store
	words            identitySet
	numbers          []uint32        // of the words
	state            dictionaryState // how the dictionary stood when it began
	completeBelow    int64           // since which number the dictionary knows all
	added            idRange         // what it numbered itself
	change           analytics.Change
}

// fact is an event with its numbers in place of the client's words.
type fact struct {
	*analytics.Event
	subject          int64
	session, visitor uint32 // 0 for none
}

// actor is whose page views make one session: the visitor, or the visitor's
// named session.
func (f *fact) actor() int64 {
	if f.session != 0 {
		return int64(f.session)
	}
	return int64(f.visitor)
}

func (r *recording) run(ctx context.Context, tx pgx.Tx) error {
	r.completeBelow = r.dictionary.completeBelow(r.tenant, r.state)
	err := r.refuseTooOld(ctx, tx)
	if err != nil {
		return fmt.Errorf("horizon: %w", err)
	}
	if r.known, err = r.findSubjects(ctx, tx); err != nil {
		return fmt.Errorf("subjects: %w", err)
	}
	if err = r.dropDuplicates(ctx, tx, r.known); err != nil {
		return fmt.Errorf("duplicates: %w", err)
	}
	if len(r.fresh) == 0 {
		return nil
	}
	if err = r.number(ctx, tx); err != nil {
		return fmt.Errorf("identities: %w", err)
	}
	d := deriver{tenant: r.tenant, tx: tx} // looks at the events before these
	if err = d.derive(ctx, r.fresh); err != nil {
		return err
	}
	counted := d.count(r.fresh)
	err = r.copyEvents(ctx, tx)
	cells := counted()
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	if err = copyCells(ctx, tx, r.tenant, cells); err != nil {
		return fmt.Errorf("cells: %w", err)
	}
	r.change, err = announce(ctx, tx, r.tenant, subjectTopics(d.kinds))
	return err
}

// findSubjects numbers what the events are about. An event key is numbered when
// it first comes; an unknown partner or campaign is left out.
func (r *recording) findSubjects(ctx context.Context, tx pgx.Tx) (map[subjectKey]int64, error) {
	known := map[subjectKey]int64{}
	var keys []subjectKey
	var eventKeys []string
	for i := range r.events {
		k := subjectKey{r.events[i].Kind, r.events[i].Key}
		if _, seen := known[k]; seen || r.outcomes[i] == analytics.TooOld {
			continue
		}
		id, remembered := r.dictionary.subjects.Get(subject{r.tenant, k})
		known[k] = id
		switch {
		case remembered:
		case k.kind == analytics.KindEvent:
			eventKeys = append(eventKeys, k.key)
		default:
			keys = append(keys, k)
		}
	}
	found, err := findSubjects(ctx, tx, r.tenant, keys)
	if err != nil {
		return nil, err
	}
	ensured, err := ensureSubjects(ctx, tx, r.tenant, analytics.KindEvent, eventKeys)
	maps.Copy(known, found)
	maps.Copy(known, ensured)
	return known, err
}

// dropDuplicates keeps the events that are new: known subject, and (id, at)
// neither stored yet nor earlier in the batch.
func (r *recording) dropDuplicates(ctx context.Context, tx pgx.Tx, subjects map[subjectKey]int64) error {
	type eventKey struct {
		id string
		at int64
	}
	seen := make(map[eventKey]bool, len(r.events))
	n, ats, ids := make([]int32, 0, len(r.events)), make([]time.Time, 0, len(r.events)), make([]string, 0, len(r.events))
	for i := range r.events {
		e := &r.events[i]
		k := eventKey{e.ID, e.At.UnixMicro()}
		switch {
		case r.outcomes[i] == analytics.TooOld:
		case subjects[subjectKey{e.Kind, e.Key}] == 0:
			r.outcomes[i] = analytics.Unknown
		case seen[k]:
			r.outcomes[i] = analytics.Duplicate
		default:
			seen[k] = true
			n, ats, ids = append(n, int32(i)), append(ats, e.At), append(ids, e.ID)
		}
	}
	if r.checksDuplicates && len(n) > 0 {
		if err := r.findStored(ctx, tx, n, ats, ids); err != nil {
			return err
		}
	}
	r.fresh = make([]fact, 0, len(n))
	for _, i := range n {
		if e := &r.events[i]; r.outcomes[i] == analytics.Accepted {
			r.fresh = append(r.fresh, fact{Event: e, subject: subjects[subjectKey{e.Kind, e.Key}]})
		}
	}
	return nil
}

// findStored marks those of the events at places n that are stored already.
func (r *recording) findStored(ctx context.Context, tx pgx.Tx, n []int32, ats []time.Time, ids []string) error {
	rows, err := tx.Query(ctx, sql("find_events"), spanning(ats, args{"tenant_id": r.tenant, "n": n, "ats": ats, "ids": ids}))
	if err != nil {
		return err
	}
	var i int
	_, err = pgx.ForEachRow(rows, []any{&i}, func() error { r.outcomes[i], r.metDuplicate = analytics.Duplicate, true; return nil })
	return err
}

func (r *recording) copyEvents(ctx context.Context, tx pgx.Tx) error {
	columns := []string{
		"tenant_id", "at", "subject_id", "session_id", "visitor_id", "seconds", "action", "logged_in", "id",
		"source", "medium", "campaign_tag", "referrer", "path", "country", "device",
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"events"}, columns, pgx.CopyFromSlice(len(r.fresh), func(i int) ([]any, error) {
		f := &r.fresh[i]
		row := []any{
			r.tenant, f.At, f.subject, orNull(int64(f.session)), orNull(int64(f.visitor)), orNull(int32(f.Seconds)),
			int16(f.Action), nil, f.ID,
			orNull(f.Source), orNull(f.Medium), orNull(f.CampaignTag), orNull(f.Referrer), orNull(f.Path), orNull(f.Country), orNull(f.Device),
		}
		if f.Action == analytics.Watch {
			row[7] = f.LoggedIn
		}
		return row, nil
	}))
	return err
}

// orNull is nil for the zero value.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

var cellColumns = []string{
	"tenant_id", "subject_id", "bucket", "action", "level", "events", "starts", "micros",
	"sessions", "visitors", "quarters", "quarter_sets", "steps", "facets", "watched",
}

func copyCells(ctx context.Context, tx pgx.Tx, tenant int64, rows []analytics.Row) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"cells"}, cellColumns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := &rows[i]
		return []any{
			tenant, r.Subject, r.Bucket.Start(r.Level), int16(r.Action), int16(r.Level), r.Events, r.Starts, r.Micros,
			r.Sessions, r.Visitors, r.Quarters, r.QuarterSets, r.Steps, r.Facets, r.Watched,
		}, nil
	}))
	return err
}
