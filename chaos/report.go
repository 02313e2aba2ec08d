package main

import (
	"fmt"
	"io"
)

const documentFile = "docs/reliability.md"

// report prints the table.
func report(out io.Writer, o options, rows []*row) error {
	for _, r := range rows {
		if _, err := fmt.Fprintln(out, r.line()); err != nil {
			return err
		}
	}
	return nil
}
