package graph

import (
	"context"
	"time"
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
	timeout    time.Duration // of all parts together
}

// formsOf reads the Accept headers. A form must be named, and must not weigh less
// than the JSON that is named beside it; CSV must weigh more.
func formsOf(accept []string) forms {
	named := func(media string) float64 {
		if !acceptNames(accept, media) {
			return 0
		}
		return acceptWeight(accept, media)
	}
	weight := named(mediaCSV)
	csv := weight > named(mediaJSON) && weight > named(mediaResponse)
	parts := named(mediaParts)
	parted := parts > 0 && parts >= max(named(mediaJSON), named(mediaResponse)) && speaksDefer(accept)
	return forms{csv: csv, parts: !csv && parted}
}

// speaksDefer reports whether the client reads the form of deferred parts that
// we write, as Apollo Client names it; one that names none is taken at its word.
func speaksDefer(accept []string) bool {
	speaks := false
	eachRange(accept, func(name string, _ float64, params map[string]string) {
		if name != mediaParts {
			return
		}
		delete(params, "q")
		delete(params, "boundary")
		delete(params, "charset")
		speaks = speaks || len(params) == 0 || params["deferspec"] == deferSpec
	})
	return speaks
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
