package main

import (
	"os"
	"testing"
)

func TestTheSchemaOnPaperIsTheOneServed(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("docs/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if printed := (operator{t: t}).run("schema").good(); printed != string(written) {
		t.Error("docs/schema.graphql is old: run make schema")
	}
}
