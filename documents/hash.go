// Package documents owns the GraphQL documents that a request may name instead of
// sending: the trusted ones, read from manifests at start, and those that clients
// register by their hash. It must not know who asks, nor how documents run.
package documents

import (
	"crypto/sha256"
	"encoding/hex"
)

// MaxLength is how long a document may be that is kept, in bytes. A longer one
// runs as any other, but has to be sent each time.
const MaxLength = 64 << 10

// Hash is the name under which a document is registered: the SHA-256 of its text
// in lower-case hexadecimal.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// IsHash reports whether s has the form of a Hash.
func IsHash(s string) bool {
	if len(s) != hex.EncodedLen(sha256.Size) {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
