// Package docs owns the documentation as files: those that lie beside it. It
// knows nothing of who reads them, or how.
package docs

import "embed"

// Files are the pages, and the schema that they link to.
//
//go:embed *.md schema.graphql
var Files embed.FS
