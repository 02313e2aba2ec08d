package main

import (
	"os"
	"testing"
)

// docs/metrics.md is what the schema says: go generate writes it.
func TestThePageIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/metrics.md")
	if err != nil || string(got) != want {
		t.Errorf("docs/metrics.md is stale (%v): run make generate", err)
	}
}
