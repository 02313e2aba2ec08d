package rest_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"footfall/rest"
)

// description is the OpenAPI document as it is served.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	rec := httptest.NewRecorder()
	rest.OpenAPI().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	return openapi3.NewLoader().LoadFromData(rec.Body.Bytes())
})

func TestOpenAPIValid(t *testing.T) {
	t.Parallel()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	for _, tag := range doc.Tags {
		if tag.Description == "" {
			t.Errorf("the tag %q has no description", tag.Name)
		}
	}
	patterns := []string{"/v1/events"}
	for _, pattern := range rest.Routes() {
		if pattern != "/partner-stats/{activationId}" { // a page for people
			patterns = append(patterns, pattern)
		}
	}
	slices.Sort(patterns)
	paths := doc.Paths.Keys()
	slices.Sort(paths)
	if !slices.Equal(paths, patterns) {
		t.Errorf("described are %v, served are %v", paths, patterns)
	}
}

func TestOpenAPIMethods(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 405} {
		rec := httptest.NewRecorder()
		rest.OpenAPI().ServeHTTP(rec, httptest.NewRequest(method, "/openapi.json", nil))
		if rec.Code != want || (rec.Body.Len() == 0) != (method == http.MethodHead) {
			t.Errorf("%s: %d with %d bytes", method, rec.Code, rec.Body.Len())
		}
	}
}

// conforms checks an answer against the description: its status, its media
// type, its body, and that every header was promised.
func conforms(t *testing.T, e example, rec *httptest.ResponseRecorder) {
	t.Helper()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	response := doc.Paths.Find(pattern(t, e.target)).Get.Responses.Value(strconv.Itoa(rec.Code))
	if response == nil {
		t.Fatalf("the status %d is not described", rec.Code)
	}
	promised := http.Header{"Content-Type": nil, "Content-Length": nil, "Vary": nil, "Age": nil, "Warning": nil}
	for name := range response.Value.Headers {
		promised[http.CanonicalHeaderKey(name)] = nil
	}
	for name := range rec.Header() {
		if _, ok := promised[name]; !ok {
			t.Errorf("the header %s of %d is not described", name, rec.Code)
		}
	}
	if rec.Code == http.StatusNotModified {
		if rec.Body.Len() > 0 || rec.Header().Get("Content-Type") != "" {
			t.Errorf("304 with a body: %v", rec.Header())
		}
		return
	}
	media, _, err := mime.ParseMediaType(rec.Header().Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	content := response.Value.Content.Get(media)
	if content == nil {
		t.Fatalf("%s of %d is not described", media, rec.Code)
	}
	if media != "application/json" || rec.Body.Len() == 0 {
		return
	}
	var body any
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if err := doc.ValidateSchemaJSON(content.Schema.Value, body, openapi3.EnableJSONSchema2020()); err != nil {
		t.Error(err)
	}
}

// pattern is the route of a target.
func pattern(t *testing.T, target string) string {
	t.Helper()
	path, _, _ := strings.Cut(target, "?")
	switch {
	case strings.HasPrefix(path, "/api/"):
		return "/api/partner-stats/{activationId}"
	case strings.HasPrefix(path, "/v2/"):
		return "/v2/{accessKey}/campaign/stats"
	}
	return path
}

// Generators of typed clients make whatever has a default a field that must be there.
func TestOpenAPIRequiresNoMoreThanItSays(t *testing.T) {
	t.Parallel()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range doc.Components.Schemas {
		for property, s := range schema.Value.Properties {
			if s.Value.Default != nil && !slices.Contains(schema.Value.Required, property) {
				t.Errorf("%s.%s may be left out, but has a default", name, property)
			}
		}
	}
}

// An empty dimension is one that the event did not say.
func TestOpenAPITakesEmptyDimensions(t *testing.T) {
	t.Parallel()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	event := map[string]any{"id": "e1", "action": "click", "event": "e", "at": "2026-03-02T10:00:00Z"}
	for _, dimension := range []string{"source", "medium", "campaignTag", "referrer", "path", "country", "device"} {
		event[dimension] = ""
	}
	if err := doc.ValidateSchemaJSON(doc.Components.Schemas["Event"].Value, event, openapi3.EnableJSONSchema2020()); err != nil {
		t.Error(err)
	}
}
