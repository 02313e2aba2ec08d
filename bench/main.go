// Command bench measures the gateway's jobs beside what a user would write or
// pick instead, and beside the most that net/http can do here. It owns the passes
// and the report. It talks to real processes as any client does, and must not
// know how the gateway makes its answers. docs/benchmarks.md says how to read
// what it prints.
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

	"footfall/bench/contenders"
	"footfall/internal/document"
	"footfall/internal/machine"
)

// documentFile holds the table of the last run that was kept.
const documentFile = "docs/benchmarks.md"

// tables are what of it is ours to rewrite.
var tables = document.Named("bench", "make bench ARGS=-write")

// options are what the command line says.
type options struct {
	binary  string
	dataDir string
	events  int   // of each kind
	levels  []int // of concurrency
	passes  int
	length  time.Duration // of a pass
	warm    time.Duration // before the first pass
	only    *regexp.Regexp
	growth  bool
	peers   bool
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
	if len(args) == 2 && args[0] == contenderCommand { // we are our own child
		if err := contenders.Serve(ctx, args[1], in, out); err != nil {
			_, _ = fmt.Fprintf(errOut, "bench: %s: %v\n", args[1], err)
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
	flags.StringVar(&o.dataDir, "data", "bench/.footfall", "`folder` of the sample data, made when they are not there")
	flags.IntVar(&o.events, "events", 500_000, "how many sample events of each of the three kinds; the published tables use 5000000")
	flags.IntVar(&o.passes, "passes", 3, "measured passes of each row; the medians are reported")
	seconds := flags.Float64("seconds", 1, "length of a pass")
	warm := flags.Float64("warm", .5, "seconds of load before the first pass of each row")
	levels := flags.String("c", "1,16,64", "connections, separated by commas")
	only := flags.String("run", "", "measure only what matches the `pattern`, such as '^J1 REST', '^J4', ingest, overload or footprint")
	flags.BoolVar(&o.growth, "growth", false, "also measure over a tenth of the events, and compare")
	flags.BoolVar(&o.peers, "peers", false, "measure beside other GraphQL servers too; make bench-peers installs them")
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
	case o.events < 1000:
		err = errors.New("-events must be 1000 at least")
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
		if err := tables.Check(documentFile); err != nil {
			return err
		}
	}
	load := machine.LoadAverage() // before we cause any
	w, err := openWorld(ctx, o, errOut, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	r, err := measureAll(ctx, w, o)
	if r == nil {
		return err
	}
	r.Machine = machine.Describe(ctx, w.servers.DatabaseURL(), w.servers.RedisURL() != "", load)
	if o.rewrite && err == nil {
		if err = tables.Rewrite(documentFile, r.markdown()); err != nil {
			return err
		}
		say("rewrote the table in %s", filepath.Clean(documentFile))
	}
	return errors.Join(err, r.print(out, o.asJSON))
}

// measureAll measures what the options ask for. With an error comes what was
// measured all the same, if anything was.
func measureAll(ctx context.Context, w *world, o options) (*report, error) {
	d, err := w.data(ctx, o.events)
	if err != nil {
		return nil, err
	}
	r := &report{Options: describeOptions(o, d)}
	b, err := openBench(ctx, w, d, o)
	if err != nil {
		return nil, err
	}
	defer b.close()
	all := jobs(d)
	if o.peers {
		if err = b.invitePeers(ctx, all); err != nil {
			return nil, err
		}
	}
	r.Rows, err = b.measureJobs(ctx, all)
	try := func(wanted bool, measure func() error) {
		if wanted && ctx.Err() == nil {
			err = errors.Join(err, measure())
		}
	}
	try(o.only.MatchString("overload"), func() (err error) { r.Overload, err = b.measureOverload(ctx, all); return err })
	try(o.only.MatchString("footprint"), func() (err error) { r.Footprint, err = b.measureFootprint(ctx, all); return err })
	try(o.growth, func() (err error) { r.Growth, err = b.measureGrowth(ctx); return err })
	// Last, because it stops the gateways.
	try(o.only.MatchString("ingest"), func() (err error) { r.Ingest, err = b.measureIngest(ctx); return err })
	r.judge()
	return r, err
}
