package main

import (
	"strings"
	"unicode/utf8"
)

// table is cells under columns.
type table struct {
	columns []column
	rows    [][]string
}

type column struct {
	name  string
	right bool // aligned so
}

// aligned is the table for a terminal.
func (t table) aligned() string {
	width := make([]int, len(t.columns))
	header := make([]string, len(t.columns))
	for i, c := range t.columns {
		header[i], width[i] = c.name, utf8.RuneCountInString(c.name)
		for _, row := range t.rows {
			width[i] = max(width[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range append([][]string{header}, t.rows...) {
		line := make([]string, len(row))
		for i, cell := range row {
			space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if line[i] = cell + space; t.columns[i].right {
				line[i] = space + cell
			}
		}
		b.WriteString(strings.TrimRight(strings.Join(line, "  "), " ") + "\n")
	}
	return b.String()
}

// markdown is the table for a document.
func (t table) markdown() string {
	names, rules := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i], rules[i] = c.name, "---"
		if c.right {
			rules[i] = "--:"
		}
	}
	var b strings.Builder
	for _, row := range append([][]string{names, rules}, t.rows...) {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}
