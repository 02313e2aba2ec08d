package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sample is how a gateway is after some time of load.
type sample struct {
	at       time.Duration
	held     held
	p50, p99 time.Duration // of what was answered since the sample before
	asked    int
	part     int // of those, not answered whole
}

const (
	samples      = 120
	freshPart    = 20 // for such a part of the time a fresh gateway is looked at afterwards
	leastSpacing = time.Second
	rampStep     = 3 * time.Second
)

// soak holds the load for long, watches for growth, and checks everything in the
// end.
func (c *course) soak(ctx context.Context, out io.Writer) error {
	if err := c.scale(ctx, 1); err != nil {
		return err
	}
	capacity, err := c.capacity(ctx)
	if err != nil {
		return err
	}
	pace := c.load.pace(capacity * c.o.share)
	c.say("soaking for %s at %.0f requests a second, %.0f %% of the %.0f that were reached", c.o.soak, pace, 100*pace/capacity, capacity)
	taken, r, err := c.watch(ctx, c.o.soak)
	if err != nil {
		return err
	}
	if err = c.aftermath(ctx, r); err != nil {
		return err
	}
	// What a new process holds over the same data is no leak of the old one's.
	if err = c.restart(ctx, 0); err != nil {
		return err
	}
	fresh, last, err := c.watch(ctx, c.o.soak/freshPart)
	if err != nil {
		return err
	}
	r.problems = append(r.problems, last.problems...)
	text := fmt.Sprintf("%s · load average before: %.2f · %s at %.0f requests a second, %.0f %% of the %.0f that one gateway and this program reached together on the machine\n\n%s",
		c.machine, c.machine.Load, c.o.soak, pace, 100*pace/capacity, capacity, soaked(taken, fresh, r))
	if c.o.rewrite {
		if err = soakTable.Rewrite(documentFile, text); err == nil {
			err = draw(taken)
		}
	}
	if _, failed := fmt.Fprint(out, text); err == nil {
		err = failed
	}
	if err == nil && r.failed() {
		err = fmt.Errorf("the soak ended with what must not be: %s", strings.Join(r.problems, "; "))
	}
	return err
}

// pace sets how often everybody asks, so that it comes to so many requests a
// second, and returns what it comes to.
func (l *load) pace(rate float64) float64 {
	usual := float64(l.o.readers)/l.o.readEvery.Seconds() + float64(l.o.writers)/l.o.writeEvery.Seconds()
	slower := usual / rate
	l.readEvery = time.Duration(float64(l.o.readEvery) * slower)
	l.writeEvery = time.Duration(float64(l.o.writeEvery) * slower)
	return rate
}

// capacity asks ever more often until it is not answered as often.
func (c *course) capacity(ctx context.Context) (reached float64, err error) {
	for rate := 200.0; ctx.Err() == nil; rate *= 1.5 {
		c.load.pace(rate)
		c.load.start(ctx, c.tenants)
		pause(ctx, time.Second)
		c.load.seen.take()
		pause(ctx, rampStep)
		seen := c.load.seen.take()
		c.load.end(ctx)
		now := float64(seen.total()) / rampStep.Seconds()
		c.say("asked for %.0f requests a second, got %.0f", rate, now)
		if reached = max(reached, now); now < .85*rate {
			break
		}
	}
	return reached, ctx.Err()
}

// watch holds the load for so long and takes samples.
func (c *course) watch(ctx context.Context, length time.Duration) (taken []sample, r *row, err error) {
	r = &row{fault: &fault{name: "soak", gateways: 1}}
	g := c.gateways[0]
	c.load.start(ctx, c.tenants)
	defer c.load.end(ctx)
	if err = c.await(ctx); err != nil {
		return nil, nil, err
	}
	c.load.seen.take()
	began, spacing := time.Now(), max(c.o.soak/samples, leastSpacing)
	for time.Since(began) < length && ctx.Err() == nil {
		pause(ctx, spacing)
		seen := c.load.seen.take()
		s := sample{at: time.Since(began), p50: seen.percentile(50), p99: seen.percentile(99), asked: seen.total(), part: seen.total() - seen.outcomes[whole]}
		if s.held, err = c.rest(ctx, g); err != nil {
			return nil, nil, err
		}
		r.add(seen)
		if taken = append(taken, s); len(taken)%10 == 0 {
			c.say("%s: %d MB, %d goroutines, p50 %.1f ms, p99 %.1f ms, %d of %d not whole", s.at.Round(time.Second), s.held.resident>>20, s.held.goroutines,
				milliseconds(s.p50), milliseconds(s.p99), s.part, s.asked)
		}
	}
	r.lasted = time.Since(began)
	r.judge()
	return taken, r, ctx.Err()
}

// add is for a row of many parts.
func (r *row) add(t tally) {
	for i, n := range t.outcomes {
		r.outcomes[i] += n
	}
	r.reads, r.writes = r.reads+t.reads, r.writes+t.writes
	r.slowestRead, r.slowestWrite = max(r.slowestRead, t.slowestRead), max(r.slowestWrite, t.slowestWrite)
	for what, n := range t.wrongs {
		for range n {
			r.wrongs = count(r.wrongs, what)
		}
	}
	for what := range t.refusals {
		r.refusals = count(r.refusals, what)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// middle is the median of a figure over samples.
func middle(of []sample, figure func(sample) float64) float64 {
	values := make([]float64, len(of))
	for i, s := range of {
		values[i] = figure(s)
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

func (s sample) megabytes() float64  { return float64(s.held.resident) / (1 << 20) }
func (s sample) goroutines() float64 { return float64(s.held.goroutines) }

// soaked is what the document keeps of a soak.
func soaked(taken, fresh []sample, r *row) string {
	quarter := len(taken) / 4
	first, last, after := taken[:quarter], taken[len(taken)-quarter:], fresh[len(fresh)/2:]
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%d reads and %d batches, %d of them not answered whole; wrong or lost: %s.\n\n", r.reads, r.writes, r.total()-r.outcomes[whole], r.losses())
	b.WriteString("| median of the samples | first quarter | last quarter | a fresh gateway after it |\n| --- | --: | --: | --: |\n")
	for _, f := range []struct {
		name   string
		figure func(sample) float64
	}{
		{"resident memory, MB", sample.megabytes}, {"goroutines", sample.goroutines},
		{"p50, ms", func(s sample) float64 { return milliseconds(s.p50) }}, {"p99, ms", func(s sample) float64 { return milliseconds(s.p99) }},
	} {
		_, _ = fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f |\n", f.name, middle(first, f.figure), middle(last, f.figure), middle(after, f.figure))
	}
	return b.String()
}

// draw writes the plots that the document shows.
func draw(taken []sample) error {
	for name, p := range map[string]plot{
		"soak-memory.svg": {title: "Resident memory and goroutines", unit: "MB, goroutines", series: []series{
			{"resident memory, MB", values(taken, sample.megabytes)}, {"goroutines", values(taken, sample.goroutines)},
		}},
		"soak-latency.svg": {title: "Time to answer", unit: "ms", series: []series{
			{"p99", values(taken, func(s sample) float64 { return milliseconds(s.p99) })},
			{"p50", values(taken, func(s sample) float64 { return milliseconds(s.p50) })},
		}},
	} {
		if err := os.WriteFile(filepath.Join("docs/images", name), []byte(p.svg()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func values(taken []sample, figure func(sample) float64) []point {
	out := make([]point, len(taken))
	for i, s := range taken {
		out[i] = point{s.at.Minutes(), figure(s)}
	}
	return out
}
