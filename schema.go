package main

import (
	"bytes"

	"github.com/vektah/gqlparser/v2/formatter"

	"footfall/graph/generated"
)

type schemaCmd struct{}

// Run prints the schema that this version serves.
func (c *schemaCmd) Run(std streams) error {
	_, err := std.out.Write(schemaText())
	return err
}

// schemaText is the whole schema as SDL, with its descriptions and directives.
func schemaText() []byte {
	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(generated.NewExecutableSchema(generated.Config{}).Schema())
	return text.Bytes()
}
