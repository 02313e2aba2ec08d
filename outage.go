package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// tellAbsence is how often a database that is away is spoken of.
const tellAbsence = time.Minute

// outageLog says in the log that the database does not answer, with why, and that it
// does again.
type outageLog struct {
	mu   sync.Mutex
	told time.Time // zero while the database answers
}

// note hears of one attempt: err is why it failed, nil that it did not.
func (o *outageLog) note(ctx context.Context, log *slog.Logger, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil && !o.told.IsZero():
		o.told = time.Time{}
		log.InfoContext(ctx, "the database answers again")
	case err != nil && time.Since(o.told) >= tellAbsence:
		o.told = time.Now()
		log.WarnContext(ctx, "the database does not answer", "error", explain(err))
	}
}
