package cache

import (
	"log/slog"
	"strings"
	"testing"

	"footfall/internal/await"
	"footfall/internal/testlog"
)

func logTo(l *testlog.Log) *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func said(l *testlog.Log, what string) int { return strings.Count(l.String(), what) }

// However many calls fail, an outage is one line, and its end another.
func TestAnOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	var ofCache, ofDocuments testlog.Log
	g := w.gateway(func(o *Options) { o.Log = logTo(&ofCache) })
	d := NewDocuments(g.redis, logTo(&ofDocuments))
	kept := func() bool {
		d.KeepDocument(t.Context(), "hash", "{ text }")
		text, _ := d.Document(t.Context(), "hash")
		return text == "{ text }"
	}
	equal(t, "the document is there", kept(), true)
	const lost, back = "level=WARN", "level=INFO"
	for n := 1; n <= 2; n++ {
		ok(t, server.Redis().Kill())
		await.Until(t, "both are without Redis", func() bool { return !kept() && said(&ofDocuments, lost) >= n && said(&ofCache, lost) >= n })
		ok(t, server.Redis().Start(t.Context()))
		await.Until(t, "both are back", func() bool { return kept() && said(&ofDocuments, back) >= n && said(&ofCache, back) >= n })
	}
	for who, j := range map[string]*testlog.Log{"documents": &ofDocuments, "the cache": &ofCache} {
		if n := said(j, "\n"); n != said(j, lost)+said(j, back) || n > 2*2+2 { // a slow machine may lose Redis once more
			t.Errorf("%s: %d lines:\n%s", who, n, j.String())
		}
	}
}
