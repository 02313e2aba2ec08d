package main

import (
	"bytes"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/formatter"

	"footfall/graph/generated"
)

type schemaCmd struct{}

// Run prints the schema that this version serves.
func (c *schemaCmd) Run(std streams) error {
	_, err := std.out.Write(schemaText())
	return err
}

// specified are the directives that every tool knows; what else the executor has
// of its own, such as @defer, a schema must define.
var specified = []string{"skip", "include", "deprecated", "specifiedBy", "oneOf"}

// schemaText is the whole schema as SDL, with its descriptions and directives.
func schemaText() []byte {
	schema := *generated.NewExecutableSchema(generated.Config{}).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	for name, directive := range schema.Directives {
		if !slices.Contains(specified, name) {
			shown := *directive
			shown.Position = nil // by which the formatter would take it for one that goes without saying
			schema.Directives[name] = &shown
		}
	}
	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(&schema)
	return text.Bytes()
}
