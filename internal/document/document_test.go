package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRewriteNeedsItsMarks(t *testing.T) {
	t.Parallel()
	p := Named("x", "make x")
	path := filepath.Join(t.TempDir(), "page.md")
	for _, page := range []string{"", p.Begin, p.End, p.End + p.Begin} {
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.Rewrite(path, "text"); err == nil || !strings.Contains(err.Error(), "make x") {
			t.Errorf("%q: %v", page, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != page {
			t.Errorf("%q was changed to %q, %v", page, text, err)
		}
	}
}
