package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the house: what each package may import of ours. Data flows
// HTTP → auth → (rest | graph) → resolvers → loaders → store/cache → store, and
// imports never run back. Package main alone sees everything.
var mayImport = map[string][]string{
	"admit":              {"analytics", "loaders"},
	"analytics":          {},
	"auth":               {"analytics"},
	"docs":               {},
	"documents":          {},
	"edge":               {"analytics"},
	"graph":              {"analytics", "auth", "documents", "edge", "graph/cost", "graph/generated", "graph/plain", "graph/scalar", "internal/quota", "internal/surrogate", "live", "loaders", "resolvers"},
	"graph/cost":         {},
	"graph/generated":    {"analytics", "graph/scalar"},
	"graph/plain":        {"graph/scalar"},
	"graph/scalar":       {"analytics"},
	"ingest":             {"analytics", "auth", "internal/problem", "internal/quota", "internal/surrogate"},
	"internal/await":     {},
	"internal/demo":      {"analytics"},
	"internal/document":  {},
	"internal/localdb":   {},
	"internal/machine":   {},
	"internal/process":   {},
	"internal/metricdoc": {"analytics", "graph", "graph/generated"},
	"internal/problem":   {},
	"internal/quota":     {},
	"internal/storetest": {"internal/localdb"},
	"internal/surrogate": {},
	"internal/telemetry": {"analytics"},
	"internal/testlog":   {},
	"live":               {"analytics", "loaders"},
	"loaders":            {"analytics"},
	"resolvers":          {"analytics", "graph/generated", "loaders"},
	"rest":               {"analytics", "auth", "edge", "graph", "internal/problem", "web/page", "web/report"},
	"store":              {"analytics"},
	"store/cache":        {"analytics", "loaders"},
	"web":                {"web/page"},
	"web/manual":         {"docs", "web/page"},
	"web/chart":          {},
	"web/page":           {},
	"web/report":         {"web/chart", "web/page"},
}

// knowsGraphQL are the packages that may import the executor or its parser.
var knowsGraphQL = []string{
	"documents", "graph", "graph/cost", "graph/generated", "graph/plain", "graph/scalar", "internal/metricdoc", "resolvers", "rest",
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "footfall/")
		seen[name] = true
		if house, _, _ := strings.Cut(name, "/"); slices.Contains([]string{"footfall", "bench", "chaos"}, house) {
			continue // they use what they like, and nobody uses them
		}
		allowed, known := mayImport[name]
		if strings.HasPrefix(name, "examples/") { // they talk to the gateway from outside, in its vocabulary
			allowed, known = []string{"analytics"}, true
		}
		if !known {
			t.Errorf("package %s has no place in the house: add it to mayImport", name)
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, "footfall/"); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s must not import %s", name, ours)
			}
			executor := strings.HasPrefix(imported, "github.com/99designs/gqlgen") || strings.HasPrefix(imported, "github.com/vektah/gqlparser")
			if executor && !slices.Contains(knowsGraphQL, name) {
				t.Errorf("%s must not know GraphQL, and imports %s", name, imported)
			}
		}
	}
	for name := range mayImport {
		if !seen[name] {
			t.Errorf("package %s is gone: remove it from mayImport", name)
		}
	}
}
