package documents

import (
	"context"

	"github.com/maypok86/otter/v2"
)

// maxRegistered is how many bytes of documents a process keeps.
const maxRegistered = 16 << 20

// Shared keeps registered documents for several gateways. What it cannot find or
// keep in a moment it does without: a client sends its document again.
type Shared interface {
	Document(ctx context.Context, hash string) (text string, ok bool)
	KeepDocument(ctx context.Context, hash, text string)
}

// Registered are the documents that clients sent once and name by their hash from
// then on. It is one for all tenants: a hash names one text, whoever sent it, and
// whoever knows it knows the text.
type Registered struct {
	memory *otter.Cache[string, string]
	shared Shared
}

// NewRegistered keeps documents in process, and in shared where that is not nil.
func NewRegistered(shared Shared) *Registered {
	return &Registered{
		memory: otter.Must(&otter.Options[string, string]{
			MaximumWeight: maxRegistered,
			Weigher:       func(hash, text string) uint32 { return uint32(len(hash)+len(text)) + 128 },
		}),
		shared: shared,
	}
}

// Text is the document with the hash. What others keep is believed when its hash
// is right.
func (r *Registered) Text(ctx context.Context, hash string) (string, bool) {
	if text, ok := r.memory.GetIfPresent(hash); ok {
		return text, true
	}
	if r.shared == nil || !IsHash(hash) {
		return "", false
	}
	text, ok := r.shared.Document(ctx, hash)
	if !ok || len(text) > MaxLength || Hash(text) != hash {
		return "", false
	}
	r.memory.Set(hash, text)
	return text, true
}

// Keep remembers a document under its hash, unless it is longer than MaxLength.
func (r *Registered) Keep(ctx context.Context, hash, text string) {
	if len(text) > MaxLength {
		return
	}
	if known, ok := r.memory.GetIfPresent(hash); ok && known == text {
		return
	}
	r.memory.Set(hash, text)
	if r.shared != nil {
		r.shared.KeepDocument(ctx, hash, text)
	}
}
