package main

import (
	"fmt"
	"os"
	"strings"
)

// What stands between the marks is ours to rewrite.
const (
	beginMark = "<!-- bench:begin: `make bench ARGS=-write` writes from here -->\n"
	endMark   = "<!-- bench:end -->"
)

// document is a page with the table cut out.
type document struct{ before, after string }

func readDocument(path string) (document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return document{}, err
	}
	d, ok := cutDocument(string(text))
	if !ok {
		return d, fmt.Errorf("%s lacks the marks that the table stands between: %q and %q", path, strings.TrimSpace(beginMark), endMark)
	}
	return d, nil
}

func cutDocument(text string) (d document, ok bool) {
	before, rest, begins := strings.Cut(text, beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	return document{before + beginMark, endMark + after}, begins && ends
}

// with is the page with a table.
func (d document) with(table string) string { return d.before + "\n" + table + "\n" + d.after }

// rewriteDocument puts a table into a page.
func rewriteDocument(path, table string) error {
	d, err := readDocument(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(d.with(table)), 0o644)
}
