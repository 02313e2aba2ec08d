package documents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The bounds of manifests.
const (
	maxManifest   = 32 << 20 // bytes of a file
	maxOperations = 10_000   // in all files
	maxID         = 256      // bytes
)

// apolloFormat is how an Apollo manifest names itself
// (https://www.apollographql.com/docs/graphos/platform/security/persisted-queries).
const apolloFormat = "apollo-persisted-query-manifest"

// operation is an entry of a manifest.
type operation struct {
	ID   string `json:"id"`
	Name string `json:"name"` // "" when the manifest does not say
	Type string `json:"type"` // "" when the manifest does not say
	Body string `json:"body"`
}

// manifestFiles lists the file at path, or the *.json files of the folder there.
func manifestFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".json" {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the folder holds no *.json file", path)
	}
	return files, nil
}

func readManifest(path string) ([]operation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxManifest:
		return nil, fmt.Errorf("%s: must be at most %d bytes long", path, maxManifest)
	}
	operations, err := parseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return operations, nil
}

// parseManifest reads either form: Apollo's, which names its format, or Relay's,
// an object of documents by id.
func parseManifest(data []byte) ([]operation, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &fields); err != nil || fields == nil {
		return nil, errors.New("must be a JSON object: an Apollo manifest, or Relay's documents by id")
	}
	if _, apollo := fields["operations"]; apollo {
		return parseApollo(fields)
	}
	operations := make([]operation, 0, len(fields))
	for id, value := range fields {
		var body *string
		if json.Unmarshal(value, &body) != nil || body == nil {
			return nil, fmt.Errorf("%.60q must be the text of a document", id)
		}
		operations = append(operations, operation{ID: id, Body: *body})
	}
	slices.SortFunc(operations, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	return operations, nil
}

func parseApollo(fields map[string]json.RawMessage) ([]operation, error) {
	var format string
	var version int
	var operations []operation
	if json.Unmarshal(fields["format"], &format) != nil || format != apolloFormat {
		return nil, fmt.Errorf("format must be %q", apolloFormat)
	}
	if json.Unmarshal(fields["version"], &version) != nil || version != 1 {
		return nil, errors.New("version must be 1")
	}
	if err := json.Unmarshal(fields["operations"], &operations); err != nil {
		return nil, errors.New("operations must be a list of objects with id, name, type and body, all strings")
	}
	return operations, nil
}
