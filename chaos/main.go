// Command chaos breaks what the gateway stands on, and the gateway, while it is
// asked and told without pause, and checks every answer against what it must be.
// It owns the faults, the load and the report. It talks to real processes as any
// client does, and must not know how the gateway makes its answers.
// docs/reliability.md says what it found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"footfall/internal/machine"
)

// options are what the command line says.
type options struct {
	binary     string
	readers    int
	readEvery  time.Duration
	writers    int
	writeEvery time.Duration
	batch      int // events, on average
	hold       time.Duration
	only       *regexp.Regexp
	short      bool
	list       bool
	lie        bool
	soak       time.Duration
	share      float64 // of capacity, while soaking
	rewrite    bool
}

// progress says what is happening, to people.
type progress func(format string, args ...any)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	o, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	began := time.Now()
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(errOut, "chaos: %5.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	if err = breakThings(ctx, o, out, errOut, say); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		say("%v", err)
		return 1
	}
	return 0
}

// parse reads the command line; what is wrong with it is said on errOut.
func parse(args []string, errOut io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.binary, "binary", "", "footfall `program` to break; by default bin/footfall, built first")
	flags.IntVar(&o.readers, "readers", 24, "how many read at a time")
	flags.DurationVar(&o.readEvery, "read-every", 150*time.Millisecond, "how often each of them asks")
	flags.IntVar(&o.writers, "writers", 4, "how many write at a time")
	flags.DurationVar(&o.writeEvery, "write-every", 100*time.Millisecond, "how often each of them sends a batch")
	flags.IntVar(&o.batch, "batch", 4, "events in a batch, on average")
	flags.DurationVar(&o.hold, "hold", 4*time.Second, "how long a fault lasts, where it does not say so itself")
	only := flags.String("run", "", "only the faults that match the `pattern`, such as '^Redis' or 'kill -9'")
	flags.BoolVar(&o.short, "short", false, "only the most telling faults: three minutes at most")
	flags.BoolVar(&o.list, "list", false, "list the faults, and break nothing")
	flags.BoolVar(&o.lie, "lie", false, "alter a number of one answer in a hundred on its way: the run must fail")
	flags.DurationVar(&o.soak, "soak", 0, "no faults: hold the load for so long, and watch for growth")
	flags.Float64Var(&o.share, "share", .5, "the `part` of capacity, measured first, that the soak asks for")
	flags.BoolVar(&o.rewrite, "write", false, "also rewrite the table, or the soak, in "+documentFile)
	if err = flags.Parse(args); err != nil {
		return o, err
	}
	o.only, err = regexp.Compile(*only)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unknown argument %q", flags.Arg(0))
	case o.rewrite && (*only != "" || o.short || o.lie):
		err = errors.New("-write keeps a whole run: leave out -run, -short and -lie")
	case o.readers < 1 || o.writers < 1 || o.batch < 1:
		err = errors.New("-readers, -writers and -batch must be positive")
	case o.readEvery <= 0 || o.writeEvery <= 0 || o.hold <= 0 || o.soak < 0 || o.share <= 0 || o.share > 1:
		err = errors.New("-read-every, -write-every and -hold must be positive, -soak not negative, -share above 0 and at most 1")
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "chaos:", err)
	}
	return o, err
}

// breakThings is the whole run.
func breakThings(ctx context.Context, o options, out, errOut io.Writer, say progress) (err error) {
	picked := o.pick(faults())
	if o.list {
		for _, f := range picked {
			_, _ = fmt.Fprintln(out, f.name)
		}
		return nil
	}
	if len(picked) == 0 {
		return errors.New("no fault matches: -list lists them")
	}
	if o.rewrite { // said now, not after the run
		if err := errors.Join(faultTable.Check(documentFile), soakTable.Check(documentFile)); err != nil {
			return err
		}
	}
	load := machine.LoadAverage() // before we cause any
	w, err := openWorld(ctx, o, errOut, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if o.lie {
		w.proxy.lie()
	}
	c := newCourse(ctx, w, load)
	if o.soak > 0 {
		return c.soak(ctx, out)
	}
	rows, failed := c.through(ctx, picked)
	if err = report(out, rows); err != nil {
		return err
	}
	if o.rewrite && ctx.Err() == nil {
		if err = faultTable.Rewrite(documentFile, c.summary(rows)+"\n\n"+markdown(rows)); err != nil {
			return err
		}
		say("rewrote the table in %s", documentFile)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d faults ended with something that must not be", failed, len(rows))
	}
	return nil
}
