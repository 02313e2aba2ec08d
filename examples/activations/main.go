// Command activations creates an activation for each event of a CSV file, or
// prints what it would create. README.md beside it shows both.
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata" // --time-zone works on machines without a zone database
)

// plan is what the flags say.
type plan struct {
	days   int            // how long before the event its window opens
	zone   *time.Location // whose days the events' dates are
	tier   string
	client *client // nil: print only
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run returns 0 when every row became an activation, 1 when some did not, 2 on
// wrong usage.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p, file, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if file != "" && file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			fmt.Fprintln(stderr, "activations:", err)
			return 1
		}
		defer opened.Close()
		stdin = opened
	}
	done, failed, err := p.each(stdin, stderr, p.printer(stdout))
	if err != nil {
		fmt.Fprintln(stderr, "activations:", err)
	}
	fmt.Fprintf(stderr, "activations: %d rows taken, %d not\n", done, failed)
	if failed > 0 || err != nil {
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (plan, string, error) {
	p := plan{}
	flags := flag.NewFlagSet("activations [flags] [FILE]", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&p.days, "days", 30, "how many days before the event its window opens")
	flags.StringVar(&p.tier, "tier", "standard", "the activations' tier")
	zone := flags.String("time-zone", "Europe/Paris", "whose days the dates are, an IANA name")
	url := flags.String("url", "", "the gateway, such as http://127.0.0.1:8080; without it the inputs are printed and nothing is created")
	key := flags.String("key", os.Getenv("FOOTFALL_KEY"), "an API key with the scope admin (or set FOOTFALL_KEY)")
	if err := flags.Parse(args); err != nil {
		return p, "", err
	}
	wrong := func(format string, args ...any) (plan, string, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintln(stderr, "activations:", err)
		return p, "", err
	}
	loc, err := time.LoadLocation(*zone)
	switch {
	case err != nil || *zone == "" || *zone == "Local":
		return wrong("--time-zone must be an IANA name such as Europe/Paris, got %q", *zone)
	case p.days < 0 || p.days > 3650:
		return wrong("--days must be from 0 to 3650, got %d", p.days)
	case flags.NArg() > 1:
		return wrong("one FILE at a time, got %q", flags.Args())
	case *url != "" && *key == "":
		return wrong("--url needs --key or FOOTFALL_KEY")
	}
	p.zone = loc
	if *url != "" {
		p.client = newClient(*url, *key)
	}
	return p, flags.Arg(0), nil
}

// each hands every row's input to take, and names the rows that do not become
// one. Rows are numbered as a spreadsheet shows them: the header is row 1. It
// ends early when the gateway is out of reach or nothing can be written.
func (p plan) each(in io.Reader, stderr io.Writer, take func(input) error) (done, failed int, err error) {
	rows := csv.NewReader(in)
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	if err != nil {
		return 0, 0, fmt.Errorf("cannot read the header: %w", err)
	}
	columns, err := columnsOf(header)
	if err != nil {
		return 0, 0, err
	}
	for row := 2; ; row++ {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return done, failed, nil
		}
		var in input
		if bad := (*csv.ParseError)(nil); err != nil && !errors.As(err, &bad) {
			err = &fatal{err} // the file cannot be read further
		}
		if err == nil {
			in, err = p.input(columns, record)
		}
		if err == nil {
			err = take(in)
		}
		var broken *fatal
		switch {
		case errors.As(err, &broken):
			return done, failed + 1, fmt.Errorf("row %d: %w; stopped here", row, err)
		case err != nil:
			failed++
			fmt.Fprintf(stderr, "activations: row %d: %v\n", row, err)
		default:
			done++
		}
	}
}

// fatal is an error after which the other rows would fail alike.
type fatal struct{ error }

func (f *fatal) Unwrap() error { return f.error }

// printer writes the variables of a createActivation mutation, one line a row;
// or, with a gateway, creates the activation and writes its token, which is
// shown this once, without delay.
func (p plan) printer(stdout io.Writer) func(input) error {
	if p.client == nil {
		lines := json.NewEncoder(stdout)
		lines.SetEscapeHTML(false)
		return func(in input) error {
			return written(lines.Encode(map[string]input{"input": in}))
		}
	}
	out, header := csv.NewWriter(stdout), []string{"activationId", "eventKey", "token"}
	return func(in input) error {
		id, token, err := p.client.create(in)
		if err != nil {
			return err
		}
		if header != nil {
			_ = out.Write(header) // Error tells below
			header = nil
		}
		_ = out.Write([]string{id, in.EventKey, token})
		out.Flush()
		return written(out.Error())
	}
}

func written(err error) error {
	if err != nil {
		return &fatal{err}
	}
	return nil
}
