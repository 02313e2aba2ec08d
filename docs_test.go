package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/graph/generated"
	"footfall/store"
	"footfall/web"
)

// documentation is README.md and docs/*.md, together.
func documentation(t *testing.T) string {
	t.Helper()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func TestEveryRouteIsDocumented(t *testing.T) {
	t.Parallel()
	docs := documentation(t)
	g, err := openGateway(t.Context(), store.Options{URL: "postgres://nobody@127.0.0.1:1/none"}, redisServer{}, serving{Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	routes, err := g.routes(web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(routes) < 10 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, r := range routes {
		path := strings.TrimSuffix(r.pattern, "{$}")
		if !regexp.MustCompile("`(?:[A-Z]+ )?" + regexp.QuoteMeta(path) + "[`?]").MatchString(docs) {
			t.Errorf("route %s is in no document", r.pattern)
		}
	}
}

// The week of the README's campaigns is in no other demo's data.
func TestTheReadmeLeadsToTheDemosWeek(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	ok(t, err)
	named := 0
	for _, e := range (&demoState{}).examples("http://127.0.0.1:8080") {
		if strings.Contains(e.Line, "/campaign/stats?from=") && strings.Contains(string(readme), `"`+e.Title+`"`) {
			named++
		}
	}
	equal(t, "lines of a week that the README names", named, 1)
}

func TestEveryCommandAndSettingIsDocumented(t *testing.T) {
	t.Parallel()
	docs := documentation(t)
	commands := 0
	for _, leaf := range commandLine(&cli{}).Model.Leaves(true) {
		commands++
		path := strings.Fields(leaf.Path())
		row := regexp.MustCompile("(?m)^\\| `footfall " + path[0] + "[^\n]*").FindString(docs)
		if row == "" || len(path) > 1 && !strings.Contains(row, path[1]) {
			t.Errorf("command %s is in no document", strings.Join(path, " "))
		}
		for _, group := range leaf.AllFlags(true) {
			for _, flag := range group {
				for _, env := range flag.Envs {
					if !strings.Contains(docs, "| `"+env+"` | `--"+flag.Name+"`") {
						t.Errorf("setting %s (--%s) of %s is not in the table of settings", env, flag.Name, leaf.Path())
					}
				}
				if flag.Help == "" {
					t.Errorf("--%s of %s has no help", flag.Name, leaf.Path())
				}
			}
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands were looked at", commands)
	}
}

func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	docs := documentation(t)
	name := regexp.MustCompile(`"(footfall_[a-z_]+)", (?:Help: )?"`)
	metrics := 0
	for _, pattern := range []string{"*.go", "internal/telemetry/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range name.FindAllSubmatch(source, -1) {
				if metrics++; !strings.Contains(docs, "`"+string(found[1])+"`") {
					t.Errorf("metric %s is in no document", found[1])
				}
			}
		}
	}
	if metrics < 15 {
		t.Errorf("only %d metrics were looked at", metrics)
	}
}

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	looked := 0
	described := func(what, description string) {
		looked++
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for _, d := range schema.Types {
		if d.BuiltIn || strings.HasPrefix(d.Name, "__") {
			continue
		}
		described(d.Name, d.Description)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(d.Name+"."+f.Name+"("+a.Name+":)", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			described(d.Name+"."+v.Name, v.Description)
		}
	}
	if looked < 200 {
		t.Errorf("only %d things were looked at", looked)
	}
}
