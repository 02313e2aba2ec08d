// Command access-log turns a web server's access log, in Combined Log Format,
// into page_view events for footfall: a visitor is a client address with a user
// agent, a partner is the first segment of the path. README.md beside it shows
// how to load them.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// What the gateway takes: bytes of a dimension or a name, partners in one call.
const maxText, maxUpsert = 512, 1000

// event is one line of the log, in the form of POST /v1/events.
type event struct {
	ID       string    `json:"id"`
	Action   string    `json:"action"`
	Partner  uuid.UUID `json:"partner"`
	Visitor  string    `json:"visitor"`
	At       time.Time `json:"at"`
	Path     string    `json:"path,omitempty"`
	Referrer string    `json:"referrer,omitempty"`
}

// partner is a PartnerInput.
type partner struct {
	UUID uuid.UUID `json:"uuid"`
	Name string    `json:"name"`
	Type string    `json:"partnerType"`
}

const upsertPartners = `mutation ($input: [PartnerInput!]!) { upsertPartners(input: $input) { __typename } }`

var (
	// client - user [time] "request" status bytes "referrer" "user agent"
	logLine = regexp.MustCompile(`^(\S+) \S+ .*?\[([^\]]+)\] "((?:[^"\\]|\\.)*)" \d{3} (?:\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$`)

	namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://footfall.example/access-log"))
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("access-log [--partners] [FILE]", flag.ContinueOnError)
	flags.SetOutput(stderr)
	partners := flags.Bool("partners", false, "print GraphQL requests that create the partners, one a line, instead of the events")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if err := convert(flags.Args(), *partners, stdin, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "access-log:", err)
		return 1
	}
	return 0
}

func convert(files []string, partners bool, in io.Reader, stdout, stderr io.Writer) error {
	if len(files) > 1 {
		return errors.New("one file at a time")
	}
	if len(files) == 1 && files[0] != "-" {
		file, err := os.Open(files[0])
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	out := bufio.NewWriter(stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	found := map[string]partner{}
	good, bad, err := read(in, stderr, func(segment string, e event) error {
		if !partners {
			return lines.Encode(e)
		}
		found[segment] = partner{e.Partner, clip(segment, maxText), "REFERRAL"}
		return nil
	})
	if err != nil {
		return err
	}
	if partners {
		err = writePartners(lines, found)
	}
	fmt.Fprintf(stderr, "access-log: %d lines taken, %d not understood\n", good, bad)
	return errors.Join(err, out.Flush())
}

// read passes each line on as an event, with the segment its partner stands
// for. Lines it cannot read it names on stderr and counts.
func read(in io.Reader, stderr io.Writer, each func(segment string, e event) error) (good, bad int, err error) {
	lines := bufio.NewReader(in)
	for number := 1; ; number++ {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			segment, e, reason := parse(line, number)
			if reason != nil {
				bad++
				fmt.Fprintf(stderr, "access-log: line %d: %v: %.200q\n", number, reason, line)
			} else if err := each(segment, e); err != nil {
				return good, bad, err
			} else {
				good++
			}
		}
		if errors.Is(err, io.EOF) {
			return good, bad, nil
		} else if err != nil {
			return good, bad, err
		}
	}
}

// parse reads a line. The event's id is made of the line and its number, so the
// same file gives the same events however often it is read.
func parse(line string, number int) (string, event, error) {
	part := logLine.FindStringSubmatch(line)
	if part == nil {
		return "", event{}, errors.New("not in Combined Log Format")
	}
	client, referrer, agent := part[1], part[4], part[5]
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", part[2])
	words := strings.Fields(part[3])
	if err != nil || len(words) < 2 {
		return "", event{}, errors.New("time or request not understood")
	}
	path, _, _ := strings.Cut(strings.ToValidUTF8(words[1], "\uFFFD"), "?")
	if referrer == "-" {
		referrer = ""
	}
	segment := firstSegment(path)
	return segment, event{
		ID: "log-" + digest(fmt.Sprintf("%d %s", number, line)), Action: "page_view",
		Partner: uuid.NewSHA1(namespace, []byte(segment)), Visitor: digest(client + " " + agent), At: at.UTC(),
		Path: clip(path, maxText), Referrer: clip(strings.ToValidUTF8(referrer, "\uFFFD"), maxText),
	}, nil
}

// firstSegment is what stands between the first slash and the second.
func firstSegment(path string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if segment == "" {
		return "home"
	}
	return segment
}

// digest names something without saying what it is: client addresses stay here.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// clip cuts text to so many bytes, between characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// writePartners writes the bodies of GraphQL requests that create the partners.
func writePartners(lines *json.Encoder, found map[string]partner) error {
	all := make([]partner, 0, len(found))
	for _, segment := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[segment])
	}
	for chunk := range slices.Chunk(all, maxUpsert) {
		body := map[string]any{"query": upsertPartners, "variables": map[string]any{"input": chunk}}
		if err := lines.Encode(body); err != nil {
			return err
		}
	}
	return nil
}
