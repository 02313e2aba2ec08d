package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"footfall/internal/testlog"
)

// counted is what load prints.
func counted(accepted, duplicates, rejected int) string {
	return fmt.Sprintf(`{"accepted": %d, "duplicates": %d, "rejected": %d}`, accepted, duplicates, rejected)
}

func TestCommandLoad(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	load := func(stdin string, files ...string) outcome {
		t.Helper()
		arguments := append([]string{"load", "--tenant", "acme", "--redis-url", b.conf.redis}, files...)
		return (operator{t, b.conf.database}).pipe(stdin, arguments...)
	}
	clicks := func(want int64) {
		t.Helper()
		data := b.ask(`{ activation(activationId: "act") { metrics { clickCount } } }`)
		equal(t, "clicks", number(data, "activation.metrics.clickCount"), want)
	}
	line := func(n int) string {
		return click(fmt.Sprint("e", n), "click", "jazz", fmt.Sprint("s", n%3), fmt.Sprintf("2026-03-05T10:00:%02dZ", n))
	}
	lines := write(t, "events.ndjson", line(1)+"\n\n"+line(2)+"\r\n"+line(2))
	table := write(t, "events.csv", "\ufeffid,action,event,session,at,unknown\ne3,click,jazz,s0,2026-03-05T10:00:03Z,x\ne4,click,jazz,,2026-03-05T10:00:04Z,\n")
	packed := write(t, "events.bin", zipped(t, line(5)+"\n"+line(6)+"\n"))
	array := write(t, "events.json", "["+line(7)+", "+line(1)+"]")
	empty := write(t, "empty", "")

	matches(t, load("", lines).row(), counted(2, 1, 0))
	clicks(2)
	matches(t, load("", table).row(), counted(2, 0, 0))
	clicks(4)
	matches(t, load("", packed).row(), counted(2, 0, 0))
	clicks(6)
	matches(t, load("", array).row(), counted(1, 1, 0))
	matches(t, load("", empty).row(), counted(0, 0, 0))
	matches(t, load(line(8)+"\n"+line(9), "-").row(), counted(2, 0, 0))
	matches(t, load(zipped(t, line(10)), "-").row(), counted(1, 0, 0))
	clicks(10)
	matches(t, load(line(11), lines, "-", array, packed).row(), counted(1, 7, 0))
	clicks(11)
}

// Rejected events are named by file and line; the others are recorded.
func TestCommandLoadNamesTheRejected(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	good := func(id string) string { return click(id, "click", "jazz", "s", "2026-03-05T10:00:00Z") }
	rejects := func(name, text string, accepted, rejected int, words ...string) {
		t.Helper()
		path := write(t, name, text)
		got := o.run("load", path, "--tenant", "acme")
		equal(t, name+" exits with", got.code, 1)
		equal(t, name+" counts", strings.TrimSpace(got.out), fmt.Sprintf(`{"accepted":%d,"duplicates":0,"rejected":%d}`, accepted, rejected))
		named := 0
		for said := range strings.SplitSeq(strings.ReplaceAll(got.err, "\r", "\n"), "\n") {
			if strings.HasPrefix(said, "footfall: "+path+": ") {
				named++
			}
		}
		equal(t, name+" names", named, rejected)
		for _, w := range words {
			if !strings.Contains(got.err, "footfall: "+path+": "+w) {
				t.Errorf("%s does not say %q:\n%s", name, w, got.err)
			}
		}
	}
	rejects("events.ndjson", strings.Join([]string{
		good("a"), "", `{"id":"b","action":"dance","event":"jazz","at":"2026-03-05T10:00:00Z"}`, good("c"),
		`{"id":"d","action":"click"`, `{"id":"e","action":"click","event":"jazz","at":"yesterday"}`,
		`{"id":"f","action":"page_view","partner":"7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10","visitor":"v","at":"2026-03-05T10:00:00Z"}`, good("g"),
	}, "\n"), 3, 4, "line 3: BAD_USER_INPUT: action", "line 5: ", "line 6: BAD_USER_INPUT: at", "line 7: NOT_FOUND: partner")
	rejects("events.csv", "id,action,event,at\nh,click,jazz,2026-03-05T10:00:00Z\ni,click,,2026-03-05T10:00:00Z\nj,click,\"ja\nzz\",2026-03-05T10:00:00Z\nk,click,jazz,never\n",
		2, 2, "line 3: BAD_USER_INPUT: ", "line 6: BAD_USER_INPUT: at")
	rejects("events.json", "["+good("l")+",\n"+`{"id":"m"}`+"]", 1, 1, "element 2: BAD_USER_INPUT: ")
	rejects("events.gz", zipped(t, good("n")+"\n"+`{"id":"o"}`), 1, 1, "line 2: BAD_USER_INPUT: ")
	// Past the first batch the lines still count from the file's beginning, and
	// what is said does not run into the progress bar.
	var long strings.Builder
	for i := range 2*loadBatch + 5 {
		if i == 1 || i == loadBatch+3 {
			long.WriteString("{}\n")
			continue
		}
		long.WriteString(good(fmt.Sprint("long", i)) + strings.Repeat(" ", 200) + "\n")
	}
	rejects("long.ndjson", long.String(), 2*loadBatch+3, 2, "line 2: BAD_USER_INPUT", fmt.Sprintf("line %d: BAD_USER_INPUT", loadBatch+4))

	o.run("load", "/no/such/file", "--tenant", "acme").fails(1, "footfall: /no/such/file: no such file")
	half := zipped(t, strings.Repeat(good("p")+"\n", 1000))
	cut := o.run("load", write(t, "half.gz", half[:len(half)/2]), "--tenant", "acme")
	if cut.code != 1 || !strings.Contains(cut.out, `{"accepted":1,`) || !strings.Contains(cut.err, "half.gz: ") || !strings.Contains(cut.err, "unexpected EOF") {
		t.Errorf("a file cut short: %d %s%s", cut.code, cut.out, cut.err)
	}
	o.run("verify").good()
}

// However many events are rejected, over all files, what is said of them is bounded.
func TestCommandLoadNamesSomeOfTheRejected(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	stranger := `{"id":"s","action":"page_view","partner":"7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10","visitor":"v","at":"2026-03-05T10:00:00Z"}` + "\n"
	wrong := write(t, "wrong.ndjson", strings.Repeat("{}\n", mostNamed-1)+click("1", "click", "jazz", "s", "2026-03-05T10:00:00Z"))
	worse := write(t, "worse.ndjson", strings.Repeat(stranger, 4)+strings.Repeat("{}\n", 1000))
	got := o.run("load", wrong, worse, "--tenant", "acme")
	equal(t, "load exits with", got.code, 1)
	equal(t, "load counts", got.out, fmt.Sprintf(`{"accepted":1,"duplicates":0,"rejected":%d}`+"\n", mostNamed-1+1004))
	said := strings.Split(strings.TrimSpace(got.err), "\n")
	equal(t, "lines", len(said), mostNamed+1)
	equal(t, "the last named", strings.HasPrefix(said[mostNamed-1], "footfall: "+worse+": line 1: NOT_FOUND: "), true)
	equal(t, "the others", said[len(said)-1], "footfall: 1003 more are rejected: 1000 BAD_USER_INPUT, 3 NOT_FOUND")
}

// An input that fails, or a command that is interrupted, does not look like
// success.
func TestCommandInterrupted(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	load := func(ctx context.Context, in io.Reader) outcome {
		var out, errOut testlog.Log
		code := run(ctx, []string{"load", "-", "--tenant", "acme", "--database-url", o.database}, in, &out, &errOut)
		return outcome{t, "load", code, out.String(), errOut.String()}
	}
	torn := load(t.Context(), io.MultiReader(strings.NewReader(click("1", "click", "jazz", "s", "2026-03-05T10:00:00Z")+"\n"), failing{}))
	if torn.code != 1 || torn.out != `{"accepted":1,"duplicates":0,"rejected":0}`+"\n" || !strings.Contains(torn.err, "-: ") || !strings.Contains(torn.err, errTorn.Error()) {
		t.Errorf("a torn pipe: %d %s%s", torn.code, torn.out, torn.err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := load(ctx, io.MultiReader(strings.NewReader(click("2", "click", "jazz", "s", "2026-03-05T10:00:00Z")+"\n"), hangup(cancel)))
	if stopped.code != 130 || stopped.out != "" || !strings.Contains(stopped.err, "footfall: interrupted\n") {
		t.Errorf("an interrupted load: %d %s%s", stopped.code, stopped.out, stopped.err)
	}
	waiting, cancelWaiting := context.WithCancel(t.Context())
	defer cancelWaiting()
	silent, terminal := io.Pipe()
	defer func() { _ = terminal.Close() }()
	given := load(waiting, io.MultiReader(hangup(cancelWaiting), silent))
	if given.code != 130 {
		t.Errorf("a load that waits for input: %d %s%s", given.code, given.out, given.err)
	}
}

var errTorn = errors.New("the pipe is torn")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errTorn }

// hangup ends the command's context in the middle of its input.
type hangup func()

func (h hangup) Read([]byte) (int, error) { h(); return 0, io.EOF }

func TestCommandUpkeep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := operator{t, b.conf.database}
	b.newTenant("other", "UTC")
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	for i := range 5 { // each commit leaves cells of its own
		b.record(click(fmt.Sprint("e", i), "click", "jazz", fmt.Sprint("s", i), "2026-03-05T10:00:00Z"))
	}
	const question = `{ activation(activationId: "act") { metrics { clickCount uniqueSessionCount } } }`
	const answered = `{"activation": {"metrics": {"clickCount": 5, "uniqueSessionCount": 5}}}`
	agrees := func(arguments ...string) {
		t.Helper()
		verified := o.run(append([]string{"verify"}, arguments...)...)
		if verified.good() != "" || !strings.Contains(verified.err, "footfall: everything agrees with its events") {
			t.Errorf("verify says %q and %q", verified.out, verified.err)
		}
	}
	agrees()
	compacted := o.run("compact").row()
	if before, after := number(compacted, "before"), number(compacted, "after"); before != 10 || after != 2 || number(compacted, "buckets") != 2 {
		t.Errorf("compact prints %s, want ten rows of a day and a month merged into two", encoded(compacted))
	}
	equal(t, "buckets left to merge", number(o.run("compact").row(), "buckets"), 0)
	matches(t, b.ask(question), answered)
	agrees("--tenant", "acme")

	b.exec(`UPDATE cells SET events = events + 1 WHERE level = 2`)
	matches(t, b.ask(question), strings.Replace(answered, `"clickCount": 5`, `"clickCount": 6`, 1))
	broken := o.run("verify")
	equal(t, "verify exits with", broken.code, 1)
	equal(t, "differences, of the month and of its dimensions", strings.Count(broken.out, "\n"), 2)
	for _, w := range []string{"jazz", "click month", "2026-03-01", "6", "5"} {
		if !strings.Contains(broken.out, w) {
			t.Errorf("the difference does not tell %q: %s", w, broken.out)
		}
	}
	if !strings.Contains(broken.err, "footfall: differences found: 2; footfall rebuild repairs them") {
		t.Errorf("verify says %q", broken.err)
	}
	equal(t, "verify of the tenant exits with", o.run("verify", "--tenant", "acme").code, 1)
	agrees("--tenant", "other")
	equal(t, "rebuild of another prints", o.run("rebuild", "--tenant", "other").good(), "")
	equal(t, "verify after the rebuild of another exits with", o.run("verify").code, 1)
	equal(t, "rebuild prints", o.run("rebuild", "--tenant", "acme").good(), "")
	agrees()
	matches(t, b.ask(question), answered)
	b.exec(`DELETE FROM cells`)
	equal(t, "verify without cells exits with", o.run("verify").code, 1)
	o.run("rebuild").good()
	agrees()
	matches(t, b.ask(question), answered)
}
