package contenders

import (
	"context"
	"io"
	"maps"
	"net/http"

	"footfall/bench/load"
)

// ceiling looks up what the client sent, the path or the body, and writes the
// prebuilt headers and bytes. It knows nobody, asks nothing and computes nothing:
// the most that net/http can do here.
type ceiling map[string]*load.Answer

func openCeiling(_ context.Context, config Config) (http.Handler, error) {
	c := ceiling{}
	for i := range config.Answers {
		p := &config.Answers[i]
		key := p.Request.Target
		if p.Request.Method == http.MethodPost {
			key = p.Request.Body
		}
		c[key] = &p.Answer
	}
	return c, nil
}

// ServeHTTP implements http.Handler.
func (c ceiling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a *load.Answer
	if r.Method == http.MethodPost {
		body := make([]byte, max(r.ContentLength, 0))
		if _, err := io.ReadFull(r.Body, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a = c[string(body)]
	} else {
		a = c[r.RequestURI]
	}
	if a == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	maps.Copy(h, a.Header)
	_, _ = w.Write(a.Body)
}
