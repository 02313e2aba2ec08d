package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"footfall/analytics"
	"footfall/ingest"
	"footfall/store"
)

type loadCmd struct {
	Database database    `embed:""`
	Redis    redisServer `embed:""`
	Tenant   string      `required:"" help:"The tenant's access key."`
	Files    []string    `arg:"" name:"file" help:"Files of events; - is standard input."`
}

const (
	// loadBatch is how many events are committed at once.
	loadBatch = 20_000
	// mostNamed is how many rejected events are named, each on a line.
	mostNamed = 20
)

// loadedSoFar is what became of the events of all files.
type loadedSoFar struct {
	accepted, duplicates, rejected int
	unnamed                        map[string]int // of those rejected, by code
}

// Run loads files one after another and prints how many events of all were accepted,
// duplicates and rejected. It exits with 1 when an event was rejected.
func (c *loadCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	return withWriter(ctx, c.Database, c.Redis, c.Tenant, log, func(s *store.Store, w *ingest.Writer, t analytics.Tenant) error {
		defer compactMeanwhile(ctx, s, log)()
		total := loadedSoFar{unnamed: map[string]int{}}
		var failed error
		for _, name := range c.Files {
			if err := loadFile(ctx, w, t.ID, name, std, &total); err != nil {
				if of := new(fs.PathError); errors.As(err, &of) { // it has the name as well
					err = of.Err
				}
				failed = fmt.Errorf("%s: %w", name, err)
				break
			}
		}
		if total.accepted+total.duplicates+total.rejected == 0 && failed != nil {
			return failed
		}
		total.countUnnamed(std.err)
		// What was committed before a failure stays.
		err := printJSON(std.out, map[string]int{"accepted": total.accepted, "duplicates": total.duplicates, "rejected": total.rejected})
		if failed != nil || err != nil {
			return cmp.Or(failed, err)
		}
		if total.rejected > 0 {
			return exitStatus(1)
		}
		return nil
	})
}

// compactWhileLoading is how often cells are merged while much is written and no
// gateway may be there to do it, and how many times as long it rests: the sooner,
// the less does the table grow before the space of what was merged is used again.
const (
	compactWhileLoading = 10 * time.Second
	restsWhileLoading   = 3
)

// compactMeanwhile compacts until end is called.
func compactMeanwhile(ctx context.Context, s *store.Store, log *slog.Logger) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var compactor sync.WaitGroup
	compactor.Go(func() { s.RunCompactor(ctx, compactWhileLoading, restsWhileLoading, log) })
	return func() { stop(); compactor.Wait() }
}

// countUnnamed says how many events were rejected beside those that are named.
func (l *loadedSoFar) countUnnamed(w io.Writer) {
	if l.rejected <= mostNamed {
		return
	}
	var counts []string
	for _, code := range slices.Sorted(maps.Keys(l.unnamed)) {
		counts = append(counts, fmt.Sprint(l.unnamed[code], " ", code))
	}
	_, _ = fmt.Fprintf(w, "footfall: %d more are rejected: %s\n", l.rejected-mostNamed, strings.Join(counts, ", "))
}

// loadFile loads one file and says on std.err which of its events are rejected.
func loadFile(ctx context.Context, w *ingest.Writer, tenant int64, name string, std streams, total *loadedSoFar) error {
	in, size, closeFile, err := openInput(ctx, name, std)
	if err != nil {
		return err
	}
	defer closeFile()
	bar := newBar(std.err, size, "Loading "+name, true)
	defer func() { _ = bar.Finish() }()
	read := &meter{in: in}
	decoder, err := ingest.Open(read)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	for batch := range decodeAhead(decoder, done) {
		_ = bar.Set64(read.bytes.Load())
		events, err := batch.events, batch.err
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		verdicts, err := w.RecordDecoded(ctx, tenant, events)
		if err != nil {
			return err
		}
		total.accepted += verdicts.Accepted
		total.duplicates += verdicts.Duplicates
		if len(verdicts.Rejected) > 0 {
			_ = bar.Clear() // what is said stands on lines of its own
		}
		for _, r := range verdicts.Rejected {
			if total.rejected++; total.rejected > mostNamed {
				total.unnamed[r.Code]++
				continue
			}
			place := decoder.Format().Place(events[r.Index].Line)
			_, _ = fmt.Fprintf(std.err, "footfall: %s: %s: %s: %s\n", name, place, r.Code, r.Message)
		}
	}
	return nil
}

// meter counts what is read of in.
type meter struct {
	in    io.Reader
	bytes atomic.Int64
}

// Read implements io.Reader.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.in.Read(b)
	m.bytes.Add(int64(n))
	return n, err
}

// loaded is a batch of a file's events, or why there is none.
type loaded struct {
	events []ingest.Decoded
	err    error
}

// decodeAhead decodes the next batch while one is committed, until an error or
// done. What waits for input meanwhile is not waited for.
func decodeAhead(decoder *ingest.Decoder, done <-chan struct{}) <-chan loaded {
	batches := make(chan loaded)
	go func() {
		defer close(batches)
		for {
			events, err := decoder.Next(loadBatch)
			select {
			case batches <- loaded{events, err}:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return batches
}

func openInput(ctx context.Context, name string, std streams) (in io.Reader, size int64, closeFile func(), err error) {
	if name == "-" {
		piped, closePipe := until(ctx, std.in)
		return piped, -1, closePipe, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, nil, err
	}
	size = -1
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	return f, size, func() { _ = f.Close() }, nil
}

// until reads on until ctx ends, even while there is nothing to read.
func until(ctx context.Context, in io.Reader) (io.Reader, func()) {
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err)
	}()
	return r, func() { stop(); _ = r.Close() }
}
