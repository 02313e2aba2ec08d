package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// The threat model names tests: each exists. And every fuzz target is named there.
func TestEveryTestOfTheThreatModelExists(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	ok(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(text), -1) {
			there[m[1]] = true
		}
		return err
	}))
	page, err := os.ReadFile("docs/security.md")
	ok(t, err)
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(page), -1) {
		named[m[1]] = true
		if !there[m[1]] {
			t.Errorf("docs/security.md names %s, which is no test", m[1])
		}
	}
	if len(named) == 0 {
		t.Fatal("no test is named")
	}
	for name := range there {
		if strings.HasPrefix(name, "Fuzz") && !named[name] {
			t.Errorf("docs/security.md does not name %s", name)
		}
	}
	_, attacks, _ := strings.Cut(string(page), "## What stops them")
	attacks, _, _ = strings.Cut(attacks, "## Row-level security")
	for row := range strings.Lines(attacks) {
		cells := strings.Split(strings.Trim(row, "| \n"), " | ")
		if len(cells) == 3 && cells[0] != "attack" && cells[0] != "---" && !strings.Contains(cells[2], "`Test") && !strings.Contains(cells[2], "(#fuzzing)") {
			t.Errorf("no test shows what stops: %s", cells[0])
		}
	}
}
