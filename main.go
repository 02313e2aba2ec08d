package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	_ "time/tzdata" // for machines without a zone database

	"github.com/alecthomas/kong"

	"footfall/analytics"
	"footfall/internal/telemetry"
	"footfall/store"
)

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second signal does not wait
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are a command's: results on out, everything else on err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// commandLine reads arguments into c.
func commandLine(c *cli, options ...kong.Option) *kong.Kong {
	parser, err := kong.New(c, append(options,
		kong.Name("footfall"),
		kong.Description("A GraphQL analytics gateway: exact unique counts over any range in any time zone."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Vars{"statuses": statuses(), "version": fullVersion(), "named": strconv.Itoa(mostNamed)},
	)...)
	if err != nil {
		panic(err) // the struct tags are wrong
	}
	return parser
}

// run is the whole program; tests call it as a user would.
func run(ctx context.Context, arguments []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	exit := -1
	help := &output{Writer: out}
	parser := commandLine(&c, kong.Writers(help, errOut), kong.Exit(func(code int) { exit = code }))
	parsed, err := parser.Parse(inFlags(arguments))
	switch {
	case help.err != nil:
		_, _ = fmt.Fprintln(errOut, "footfall:", help.err)
		return 1
	case exit >= 0: // --help was printed
		return exit
	case err != nil:
		_, _ = fmt.Fprintf(errOut, "footfall: %v\n%s --help lists what there is\n", err, commandOf(err))
		return 2
	}
	ctx = analytics.WithActor(ctx, whoRuns())
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(telemetry.NewLog(errOut, c.LogLevel.Level), streams{in, out, errOut})
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		_, _ = fmt.Fprintln(errOut, "footfall: interrupted")
		return 130
	case err != nil:
		_, _ = fmt.Fprintln(errOut, "footfall:", explain(err))
		return 1
	}
	return 0
}

// inFlags are the flags that "help", before any command, and "version" stand for.
func inFlags(arguments []string) []string {
	switch {
	case len(arguments) > 0 && arguments[0] == "help":
		return append(slices.Clone(arguments[1:]), "--help")
	case slices.Equal(arguments, []string{"version"}):
		return []string{"--version"}
	}
	return arguments
}

// commandOf is the command, as far as it was understood, whose line is wrong.
func commandOf(err error) string {
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil && parse.Context.Selected() != nil {
		return parse.Context.Selected().FullPath()
	}
	return "footfall"
}

// output remembers why it could not be written to.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

// exitStatus ends the program with a status and no further word.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// explain is an error with its cause: on the command line the reader is the
// operator.
func explain(err error) string {
	if refusal := store.Refusal(err); refusal != "" {
		return "the database (DATABASE_URL) " + refusal
	}
	if domain, ok := errors.AsType[*analytics.Error](err); ok && domain.Err != nil {
		return fmt.Sprintf("%v: %v", err, domain.Err)
	}
	return err.Error()
}
