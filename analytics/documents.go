package analytics

import "strings"

// DocumentMode says which GraphQL documents a key may run.
type DocumentMode string

// The modes.
const (
	DocumentsOff     DocumentMode = "off"     // any
	DocumentsLog     DocumentMode = "log"     // any; one that is not trusted is logged
	DocumentsEnforce DocumentMode = "enforce" // trusted ones alone
)

// ParseDocumentMode reads a mode; "" is off.
func ParseDocumentMode(s string) (DocumentMode, error) {
	switch m := DocumentMode(s); m {
	case "":
		return DocumentsOff, nil
	case DocumentsOff, DocumentsLog, DocumentsEnforce:
		return m, nil
	}
	names := []string{string(DocumentsOff), string(DocumentsLog), string(DocumentsEnforce)}
	return "", Invalidf("documents", "must be among %s, got %s", strings.Join(names, ", "), Quote(s))
}
