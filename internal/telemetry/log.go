package telemetry

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// The bounds of a second's lines.
const (
	linesPerSecond = 10   // that are the same
	linesApart     = 1000 // different ones that are told apart
)

// NewLog makes a structured log: JSON lines of the level and above. Of warnings and
// errors with the same message and code only the first ten of a second are written; the
// first of a later second says as "omitted" how many were not.
func NewLog(w io.Writer, level slog.Level) *slog.Logger {
	next := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(&sampler{Handler: next, counts: &counts{of: map[line]*count{}}})
}

// sampler is a handler that leaves lines out.
type sampler struct {
	slog.Handler
	counts *counts // shared by all handlers that are made of one
}

// line is what lines have in common that are counted together.
type line struct{ message, code string }

type count struct {
	written int
	omitted int64
}

type counts struct {
	mu     sync.Mutex
	second int64
	of     map[line]*count // of the second, and what an earlier one omitted
}

// Handle implements slog.Handler.
func (s *sampler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return s.Handler.Handle(ctx, r)
	}
	l := line{message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "code" {
			l.code = a.Value.String()
		}
		return l.code == ""
	})
	omitted, ok := s.counts.admit(l, r.Time)
	if !ok {
		return nil
	}
	if omitted > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int64("omitted", omitted))
	}
	return s.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (s *sampler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &sampler{s.Handler.WithAttrs(attrs), s.counts}
}

// WithGroup implements slog.Handler.
func (s *sampler) WithGroup(name string) slog.Handler {
	return &sampler{s.Handler.WithGroup(name), s.counts}
}

// admit counts a line, and reports whether it is to be written and how many before it
// were not.
func (c *counts) admit(l line, at time.Time) (omitted int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if second := at.Unix(); second != c.second {
		c.second = second
		for l, n := range c.of {
			if n.written = 0; n.omitted == 0 {
				delete(c.of, l)
			}
		}
	}
	n := c.of[l]
	if n == nil && len(c.of) >= linesApart {
		l = line{}
		n = c.of[l]
	}
	if n == nil {
		n = &count{}
		c.of[l] = n
	}
	if n.written >= linesPerSecond {
		n.omitted++
		return 0, false
	}
	n.written++
	omitted, n.omitted = n.omitted, 0
	return omitted, true
}
