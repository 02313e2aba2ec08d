package graph

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/graph/generated"
)

var silent = slog.New(slog.DiscardHandler)

// Every root field of the schema says which scope it requires, and a schema with
// one that does not is refused.
func TestCheckRoots(t *testing.T) {
	t.Parallel()
	if err := checkRoots(generated.NewExecutableSchema(generated.Config{}).Schema()); err != nil {
		t.Error(err)
	}
	const directive = `directive @requires(scope: String) on FIELD_DEFINITION
		schema { query: Q mutation: M subscription: S }
		type Q { a: Int @requires } `
	for text, want := range map[string]string{
		`type M { b: Int @requires } type S { c: Int @requires }`:                          "",
		`type M { b: Int @requires } type S { c: Int @requires } extend type Q { d: Int }`: "Q.d",
		`type M { b: Int } type S { c: Int @requires }`:                                    "M.b",
		`type M { b: Int @requires } type S { c: Int }`:                                    "S.c",
	} {
		schema, err := gqlparser.LoadSchema(&ast.Source{Input: directive + text})
		if err != nil {
			t.Fatal(err)
		}
		switch err := checkRoots(schema); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want+" has no @requires")):
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func negotiated(accept ...string) (string, bool) {
	a := acceptanceOf(accept)
	return a.media, a.ok
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const none = ""
	for _, c := range []struct {
		accept string
		want   string
	}{
		{"", mediaJSON},
		{"*/*", mediaJSON},
		{"application/*", mediaJSON},
		{"application/json", mediaJSON},
		{"application/graphql-response+json", mediaResponse},
		{"application/graphql-response+json, application/json;q=0.9", mediaResponse},
		{"application/json, application/graphql-response+json", mediaResponse},
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", mediaResponse}, // urql
		{"application/json, application/graphql-response+json;q=0.9", mediaJSON},
		{"application/json, */*", mediaJSON},
		{"application/json;q=0, application/graphql-response+json;q=0", none},
		{"application/json;q=0.5, application/graphql-response+json;q=0.6", mediaResponse},
		{"application/json;q=0.5, */*;q=0.6", mediaResponse},
		{"*/*;q=0.1, application/graphql-response+json;q=0.1", mediaResponse},
		{"application/graphql-response+json;q=0, */*", mediaJSON},
		{"application/json;q=0, */*", mediaResponse},
		{"application/json; charset=utf-8", mediaJSON},
		{"application/json; charset=UTF-8", mediaJSON},
		{"application/json; charset=latin1", none},
		{"text/html, */*;q=0.8", mediaJSON},
		{"text/html", none},
		{"text/*", none},
		{"*/*;q=0", none},
		{"application/json;q=7", none},
		{"application/json;q=NaN", none},
		{";;;, application/json", mediaJSON},
	} {
		got, ok := negotiated(c.accept)
		if ok != (c.want != none) || ok && got != c.want {
			t.Errorf("%q gave %q, %v, want %q", c.accept, got, ok, c.want)
		}
	}
	if got, ok := negotiated("text/html", "application/graphql-response+json"); !ok || got != mediaResponse {
		t.Errorf("two headers gave %q, %v", got, ok)
	}
	if got, ok := negotiated(); !ok || got != mediaJSON {
		t.Errorf("no header gave %q, %v", got, ok)
	}
}
