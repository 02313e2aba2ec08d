// Command bench measures the gateway's jobs beside a bare handler that returns
// the same bytes: the ceiling. It owns the load, the passes and the report. It
// talks to a real footfall process as any client does, and must not know how
// answers are made. docs/benchmarks.md says how to read what it prints.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// documentFile holds the table of the last run that was kept.
const documentFile = "docs/benchmarks.md"

// options are what the command line says.
type options struct {
	binary  string
	data    string
	scale   float64
	levels  []int // of concurrency
	passes  int
	length  time.Duration // of a pass
	warm    time.Duration // before the first pass
	only    *regexp.Regexp
	asJSON  bool
	rewrite bool
}

// progress says what is happening, to people.
type progress func(format string, args ...any)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	if len(args) == 1 && args[0] == ceilingCommand { // we are our own child
		if err := serveCeiling(ctx, in, out); err != nil {
			_, _ = fmt.Fprintln(errOut, "bench: ceiling:", err)
			return 1
		}
		return 0
	}
	o, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(errOut, "bench: "+format+"\n", args...) }
	if err = measureAndReport(ctx, o, out, errOut, say); err != nil {
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
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.binary, "binary", "", "footfall `program` to measure; by default bin/footfall, built first")
	flags.StringVar(&o.data, "data", "bench/.footfall", "`folder` of the sample data, made when it is not there; not one that a demo uses")
	flags.Float64Var(&o.scale, "scale", 1, "how much sample data: 1 is about a million events")
	flags.IntVar(&o.passes, "passes", 3, "measured passes of each row; the medians are reported")
	seconds := flags.Float64("seconds", 3, "length of a pass")
	warm := flags.Float64("warm", 1, "seconds of load before the first pass of each row")
	levels := flags.String("c", "1,16", "connections, separated by commas")
	only := flags.String("run", "", "measure only what matches the `pattern`, such as '^J1 REST', 'J4 .* cached' or ingest")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON instead of a table")
	flags.BoolVar(&o.rewrite, "write", false, "also rewrite the table in "+documentFile)
	if err = flags.Parse(args); err != nil {
		return o, err
	}
	o.length, o.warm = duration(*seconds), duration(*warm)
	if o.levels, err = integers(*levels); err == nil {
		o.only, err = regexp.Compile(*only)
	}
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unknown argument %q", flags.Arg(0))
	case o.rewrite && *only != "":
		err = errors.New("-write keeps a whole run: leave out -run")
	case o.passes < 1 || o.length <= 0 || o.warm < 0:
		err = errors.New("-passes and -seconds must be positive, -warm not negative")
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "bench:", err)
	}
	return o, err
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func integers(list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 1024 {
			return nil, fmt.Errorf("-c must be numbers from 1 to 1024, separated by commas, got %q", list)
		}
		out = append(out, n)
	}
	return out, nil
}

// measureAndReport is the whole run.
func measureAndReport(ctx context.Context, o options, out, errOut io.Writer, say progress) (err error) {
	if o.rewrite { // said now, not after the measurement
		if _, err := readDocument(documentFile); err != nil {
			return err
		}
	}
	load := loadAverage() // before we cause any
	w, err := openWorld(ctx, o, errOut, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	r := &report{Machine: describeMachine(ctx, w, load), Options: describeOptions(o)}
	if r.Rows, err = measureJobs(ctx, w, o, say); err != nil {
		return err
	}
	if o.only.MatchString("ingest") {
		if r.Ingest, err = measureIngest(ctx, w, o, say); err != nil {
			return err
		}
	}
	if o.rewrite {
		if err = rewriteDocument(documentFile, r.markdown()); err != nil {
			return err
		}
		say("rewrote the table in %s", filepath.Clean(documentFile))
	}
	return r.print(out, o.asJSON)
}
