package graph

import (
	"context"
	"slices"
)

// The media types of the other forms that an answer may take.
const (
	mediaCSV   = "text/csv"
	mediaParts = "multipart/mixed"
)

// forms are what a client takes beside a JSON response: a table when it would
// rather have that, and deferred parts when there are any.
type forms struct {
	csv, parts bool
}

// forms are those that the client takes. One must be named, and must not weigh less than the JSON
// that is named beside it; CSV must weigh more.
func (rs mediaRanges) forms() forms {
	json := max(rs.named(mediaJSON), rs.named(mediaResponse))
	csv := rs.named(mediaCSV) > json
	parts := rs.named(mediaParts)
	return forms{csv: csv, parts: !csv && parts > 0 && parts >= json && slices.ContainsFunc(rs, mediaRange.speaksDefer)}
}

// speaksDefer reports whether the client reads the form of deferred parts that
// we write, as Apollo Client names it; one that names none is taken at its word.
func (r mediaRange) speaksDefer() bool {
	if r.name != mediaParts {
		return false
	}
	if r.params["deferspec"] == deferSpec {
		return true
	}
	for name := range r.params {
		if name != "q" && name != "boundary" && name != "charset" {
			return false
		}
	}
	return true
}

func (f forms) any() bool { return f.csv || f.parts }

// key tells answers apart that JSON's media type does not.
func (f forms) key() string {
	switch {
	case f.csv:
		return mediaCSV
	case f.parts: // an answer in one piece may be the other kind of JSON
		return mediaParts
	}
	return ""
}

type formsKey struct{}

func withForms(ctx context.Context, f forms) context.Context {
	return context.WithValue(ctx, formsKey{}, f)
}

// wanted are the forms that the request of ctx may be answered in.
func wanted(ctx context.Context) forms {
	f, _ := ctx.Value(formsKey{}).(forms)
	return f
}
