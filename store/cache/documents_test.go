package cache

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"footfall/internal/await"
)

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(what string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), what)
}

func (j *journal) log() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// However many calls fail, an outage is one line, and its end another.
func TestAnOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	var ofCache, ofDocuments journal
	g := w.gateway(func(o *Options) { o.Log = ofCache.log() })
	d := NewDocuments(g.redis, ofDocuments.log())
	kept := func() bool {
		d.KeepDocument(t.Context(), "hash", "{ text }")
		text, _ := d.Document(t.Context(), "hash")
		return text == "{ text }"
	}
	equal(t, "the document is there", kept(), true)
	const lost, back = "level=WARN", "level=INFO"
	for n := 1; n <= 2; n++ {
		ok(t, server.Redis().Kill())
		await.Until(t, "both are without Redis", func() bool { return !kept() && ofDocuments.count(lost) >= n && ofCache.count(lost) >= n })
		ok(t, server.Redis().Start(t.Context()))
		await.Until(t, "both are back", func() bool { return kept() && ofDocuments.count(back) >= n && ofCache.count(back) >= n })
	}
	for who, j := range map[string]*journal{"documents": &ofDocuments, "the cache": &ofCache} {
		if n := j.count("\n"); n != j.count(lost)+j.count(back) || n > 2*2+2 { // a slow machine may lose Redis once more
			t.Errorf("%s: %d lines:\n%s", who, n, j.text.String())
		}
	}
}
