package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"

	"footfall/analytics"
	"footfall/internal/surrogate"
)

// parse reads the request's parameters. What is no JSON or no query string is
// 400; what lacks a parameter or has one of the wrong type is no GraphQL request,
// which is 422. The status is 0 where the error's own will do.
func parse(r *http.Request, raw []byte) (params *graphql.RawParams, status int, err error) {
	params = &graphql.RawParams{Headers: r.Header}
	read := parseBody
	if r.Method != http.MethodPost {
		read = parseQuery
	}
	if status, err = read(raw, params); err != nil {
		return nil, status, err
	}
	if !utf8.ValidString(params.Query) || quotesHalf(params.Query) {
		return nil, 0, notText("query")
	}
	if params.Query == "" && params.Extensions[extDocumentID] == nil && params.Extensions[extPersisted] == nil {
		return nil, http.StatusUnprocessableEntity, analytics.Invalidf("query", "is required")
	}
	return params, 0, nil
}

func parseQuery(raw []byte, params *graphql.RawParams) (status int, err error) {
	q, err := url.ParseQuery(string(raw))
	if err != nil {
		return 0, analytics.Invalidf("query string", "cannot be read")
	}
	params.Query, params.OperationName = q.Get("query"), q.Get("operationName")
	for _, name := range []string{"variables", "extensions"} {
		if !isText([]byte(q.Get(name))) {
			return 0, notText(name)
		}
	}
	if err = decodeObject("variables", []byte(q.Get("variables")), &params.Variables); err != nil {
		return http.StatusUnprocessableEntity, err
	}
	if err = decodeObject("extensions", []byte(q.Get("extensions")), &params.Extensions); err != nil {
		return http.StatusUnprocessableEntity, err
	}
	setDocumentID(params, q.Get("documentId"))
	return 0, nil
}

func parseBody(raw []byte, params *graphql.RawParams) (status int, err error) {
	if !isText(raw) {
		return 0, notText("body")
	}
	var body map[string]json.RawMessage // a struct would take names in any case
	if err = json.Unmarshal(raw, &body); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			status = http.StatusUnprocessableEntity
			if wrongType.Value == "array" {
				return status, analytics.Invalidf("body", "must be a JSON object with a query: batches, which are arrays of those, are not taken")
			}
		}
		return status, analytics.Invalidf("body", "must be a JSON object with a query")
	}
	var documentID string
	for _, err = range []error{
		decodeString("query", body["query"], &params.Query),
		decodeString("operationName", body["operationName"], &params.OperationName),
		decodeObject("variables", body["variables"], &params.Variables),
		decodeObject("extensions", body["extensions"], &params.Extensions),
		decodeString("documentId", body["documentId"], &documentID),
	} {
		if err != nil {
			return http.StatusUnprocessableEntity, err
		}
	}
	setDocumentID(params, documentID)
	return 0, nil
}

// decodeString reads a parameter that may be absent or null.
func decodeString(name string, value []byte, into *string) error {
	if len(value) > 0 && json.Unmarshal(value, into) != nil {
		return analytics.Invalidf(name, "must be a JSON string")
	}
	return nil
}

// quotesHalf reports whether a string of a document escapes half of a surrogate pair.
// Comments and block strings have no such escapes: there \ud83d is six characters.
func quotesHalf(document string) bool {
	if !surrogate.Halved(document) {
		return false
	}
	runes := []rune(document)
	for tokens := lexer.New(&ast.Source{Input: document}); ; {
		switch t, err := tokens.ReadToken(); {
		case err != nil, t.Kind == lexer.EOF:
			return false // the parser says what is wrong
		case t.Kind == lexer.String && surrogate.Halved(string(runes[t.Pos.Start:t.Pos.End])):
			return true
		}
	}
}

// isText reports whether JSON can be decoded as it is: decoders put U+FFFD for what is
// no text, and two keys that differ could become one.
func isText(raw []byte) bool {
	return utf8.Valid(raw) && (bytes.IndexByte(raw, '\\') < 0 || !surrogate.Halved(string(raw)))
}

func notText(field string) error {
	return analytics.Invalidf(field, "must be UTF-8, and escape surrogates in pairs")
}

// decodeObject reads a parameter that may be absent or null.
func decodeObject(name string, value []byte, into *map[string]any) error {
	if len(value) > 0 && decode(value, into) != nil {
		return analytics.Invalidf(name, "must be a JSON object")
	}
	return nil
}

// decode reads one JSON value and nothing after it, numbers unrounded.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("trailing data")
	}
	return nil
}
