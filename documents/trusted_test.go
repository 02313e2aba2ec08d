package documents

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { a(first: Int! = 1): Int } type Mutation { b: Int }`})

// folder writes files, name and content in turn.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	apollo = `{"format":"apollo-persisted-query-manifest","version":1,"operations":[
		{"id":"one","name":"A","type":"query","body":"query A { a }"},
		{"id":"two","name":"B","type":"mutation","body":"mutation B { b }","clientName":"web"}]}`
	relay = `{"3f1c":"query C { a(first: 2) }","one":"query A { a }"}`
)

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t, "apollo.json", apollo, "relay.json", "\ufeff"+relay, "notes.txt", "no manifest")
	all, err := Load(dir, schema, 100)
	if err != nil {
		t.Fatal(err)
	}
	if n := all.Len(); n != 3 {
		t.Errorf("%d documents", n)
	}
	for id, want := range map[string]string{
		"one": "query A { a }", "two": "mutation B { b }", "3f1c": "query C { a(first: 2) }",
		Hash("query A { a }"): "query A { a }", "three": "", "": "", "A": "",
	} {
		text, ok := all.Text(id)
		if text != want || ok != (want != "") {
			t.Errorf("%s is %q, %v", id, text, ok)
		}
		if doc := all.Document(text); (doc != nil) != ok || ok && len(doc.Operations) != 1 {
			t.Errorf("the document %s is %v", id, doc)
		}
	}
	if all.Document("query A { a } ") != nil {
		t.Error("another text is trusted too")
	}
	single, err := Load(filepath.Join(dir, "relay.json"), schema, 100)
	if err != nil || single.Len() != 2 {
		t.Errorf("one file gave %v, %v", single, err)
	}
	var none *Trusted
	if _, ok := none.Text("one"); ok || none.Document("query A { a }") != nil || none.Len() != 0 {
		t.Error("no documents at all hold some")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	operation := func(fields string) string {
		return `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{` + fields + `}]}`
	}
	for content, words := range map[string]string{
		``:                                     "JSON object",
		`null`:                                 "JSON object",
		`[]`:                                   "JSON object",
		`{}`:                                   "no operation",
		`{"one":7}`:                            `"one" must be the text`,
		`{"one":null}`:                         `"one" must be the text`,
		`{"one":"query A { nothing }"}`:        `operation "one": line 1, column 11: Cannot query field`,
		`{"one":"query A {"}`:                  `operation "one": line 1, column 10: Expected`,
		`{"one":""}`:                           "holds no operation",
		`{"one":"fragment F on Query { a }"}`:  "operation",
		`{"":"query A { a }"}`:                 "id must be 1 to 256 bytes long, got 0",
		`{"one":"{ ` + words(200) + `}"}`:      "token limit of 100",
		`{"one":"` + words(40_000) + `"}`:      "at most 65536 bytes long, got 80000",
		`{"operations":[]}`:                    "format must be",
		strings.Replace(apollo, "1,", "2,", 1): "version must be 1",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":{}}`: "list of objects",
		operation(`"id":7`):     "list of objects",
		operation(`"name":"A"`): `operation "A": id must be`,
		operation(`"id":"x","name":"Other","type":"query","body":"query A { a }"`): `operation "Other": the document holds no operation named "Other"`,
		operation(`"id":"x","name":"A","type":"mutation","body":"query A { a }"`):  `it is a query, and said to be a "mutation"`,
	} {
		path := filepath.Join(folder(t, "m.json", content), "m.json")
		if _, err := Load(path, schema, 100); err == nil || !strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%.80s gave %v, want %q", content, err, words)
		}
	}
	for path, words := range map[string]string{
		folder(t, "a.json", `{"one":"query A { a }"}`, "b.json", `{"one":"query B { a }"}`): `b.json: operation "one": the id "one" names another document already`,
		folder(t, "a.txt", relay):                    "no *.json file",
		filepath.Join(t.TempDir(), "missing"):        "no such file",
		folder(t, "a.json", relay, "b.json", "oops"): "b.json: must be a JSON object",
	} {
		if _, err := Load(path, schema, 100); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s gave %v, want %q", path, err, words)
		}
	}
	var many strings.Builder
	for i := range maxOperations + 1 {
		fmt.Fprintf(&many, `,"%d":"{ a }"`, i)
	}
	if _, err := Load(folder(t, "m.json", "{"+many.String()[1:]+"}"), schema, 100); err == nil || !strings.Contains(err.Error(), "more than 10000") {
		t.Errorf("too many gave %v", err)
	}
}

func words(n int) string { return strings.Repeat("a ", n) }

func FuzzManifest(f *testing.F) {
	for _, s := range []string{apollo, relay, "{}", `{"operations":null}`, `{"format":"apollo-persisted-query-manifest","version":1,"operations":[null]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		operations, err := parseManifest(data)
		if err != nil && operations != nil {
			t.Errorf("%q gave both %v and %v", data, operations, err)
		}
		all := &Trusted{byID: map[string]string{}, byHash: map[string]string{}, byText: map[string]*ast.QueryDocument{}}
		for _, o := range operations {
			if all.add(o, schema, 100) == nil && all.Document(o.Body) == nil {
				t.Errorf("%q is added and not there", o.Body)
			}
		}
	})
}
