// Package document rewrites the parts of documentation pages that programs
// measure. It knows nothing of what they say.
package document

import (
	"fmt"
	"os"
	"strings"
)

// Part is what stands between two marks of a page, each a line of its own.
type Part struct{ Begin, End string }

// Named is the part that a command writes, between marks that say so.
func Named(name, command string) Part {
	return Part{fmt.Sprintf("<!-- %s:begin: `%s` writes from here -->\n", name, command), fmt.Sprintf("<!-- %s:end -->", name)}
}

// Check fails when the page lacks the part.
func (p Part) Check(path string) error {
	_, _, err := p.read(path)
	return err
}

// Rewrite puts a text into the page.
func (p Part) Rewrite(path, text string) error {
	before, after, err := p.read(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(before+"\n"+text+"\n"+after), 0o644)
}

func (p Part) read(path string) (before, after string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	before, after, ok := p.cut(string(text))
	if !ok {
		return "", "", fmt.Errorf("%s lacks the marks that the text stands between: %q and %q", path, strings.TrimSpace(p.Begin), p.End)
	}
	return before, after, nil
}

// cut is the page with the part cut out.
func (p Part) cut(text string) (before, after string, ok bool) {
	before, rest, begins := strings.Cut(text, p.Begin)
	_, after, ends := strings.Cut(rest, p.End)
	return before + p.Begin, p.End + after, begins && ends
}
