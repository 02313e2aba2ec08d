package analytics

import (
	"encoding/base64"
	"strings"
)

// Node is anything with a Relay id.
type Node interface {
	IsNode()
	ID() string
}

// EncodeID is the opaque Relay id of a noun.
func EncodeID(noun, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(noun + ":" + key))
}

// DecodeID reads a Relay id; false when it is not one of ours.
func DecodeID(id string) (noun, key string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return "", "", false
	}
	noun, key, ok = strings.Cut(string(raw), ":")
	return noun, key, ok && IsText(key)
}
