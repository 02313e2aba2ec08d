package rest_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

const testdata = "testdata"

// example is a request whose whole answer is in testdata/<contract>/<name>.golden.
type example struct {
	name   string // of the row of contracts.md
	method string // GET by default
	target string
	header http.Header
	world  func(*world) // how the world differs
	twice  bool         // the answer to the second of two such requests
}

var examples = map[string][]example{
	"partner-stats": partnerStatsExamples,
	"leaderboard":   leaderboardExamples,
	"campaigns":     campaignExamples,
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for contract, list := range examples {
		for _, e := range list {
			t.Run(contract+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, e.world)
				rec := w.do(e.methodOrGet(), e.target, e.header)
				if e.twice {
					rec = w.do(e.methodOrGet(), e.target, e.header)
				}
				compare(t, filepath.Join(testdata, contract, e.name+".golden"), e.render(rec))
				conforms(t, e, rec)
				noSecrets(t, w.log.String())
			})
		}
	}
}

// TestGoldensUsed fails when a file is left over from an example that is gone,
// or two examples share one.
func TestGoldensUsed(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for contract, list := range examples {
		for _, e := range list {
			path := filepath.Join(testdata, contract, e.name+".golden")
			if known[path] {
				t.Errorf("two examples are called %s", path)
			}
			known[path] = true
		}
	}
	err := filepath.WalkDir(testdata, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".golden" && !known[path] {
			t.Errorf("no example is called %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func (e example) methodOrGet() string { return cmp.Or(e.method, http.MethodGet) }

// render writes a request and its answer as they would be on the wire, headers
// sorted.
func (e example) render(rec *httptest.ResponseRecorder) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", e.methodOrGet(), e.target)
	headers(&b, e.header)
	fmt.Fprintf(&b, "\n%d %s\n", rec.Code, http.StatusText(rec.Code))
	headers(&b, rec.Header())
	fmt.Fprintf(&b, "\n%s", rec.Body)
	return b.Bytes()
}

func headers(b *bytes.Buffer, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			fmt.Fprintf(b, "%s: %s\n", name, value)
		}
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (go test ./rest -update writes it anew)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// noSecrets fails when a log holds a credential.
func noSecrets(t *testing.T, log string) {
	t.Helper()
	for _, secret := range []string{"tok_", "ff_", "token="} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}
