package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"footfall/graph/generated"
)

// What the pages ask is held against the schema here, as the compiler cannot.
func TestEveryQueryOfThePagesFitsTheSchema(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	looked := 0
	err := filepath.WalkDir("web/src", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".graphql") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		if _, errs := gqlparser.LoadQueryWithRules(schema, string(text), rules.NewDefaultRules()); errs != nil {
			t.Errorf("%s: %v", path, errs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 5 {
		t.Errorf("only %d queries were looked at", looked)
	}
}
