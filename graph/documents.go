package graph

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/auth"
	"footfall/documents"
	"footfall/graph/plain"
)

// The entries of a request's extensions that name a document. A transport puts
// the parameter documentId there too, since gqlgen has no other place for it.
const (
	extDocumentID = "documentId"
	extPersisted  = "persistedQuery"
)

// Apollo's clients know the code and the message, and send the document then.
var errQueryNotFound = analytics.Errorf(analytics.CodeQueryUnknown, "PersistedQueryNotFound")

// Documents are those that requests may name instead of sending.
type Documents struct {
	Trusted    *documents.Trusted          // nil for none
	Registered *documents.Registered       // nil for those of this process
	Count      func(outcome string, n int) // counts requests by what became of their documents; may be nil
}

// LoadDocuments reads manifests of trusted documents, a file or a folder of them,
// and validates them against the schema.
func LoadDocuments(path string) (*documents.Trusted, error) {
	return documents.Load(path, schema, maxTokens)
}

type ownDocument struct{}

// WithOwnDocument says that what runs under the context it returns is a document
// of this program, not one that a client chose: no limit of GraphQL's concerns it.
func WithOwnDocument(ctx context.Context) context.Context {
	return context.WithValue(ctx, ownDocument{}, true)
}

func isOwnDocument(ctx context.Context) bool { return ctx.Value(ownDocument{}) != nil }

// setDocumentID hands a request's documentId on to the executor.
func setDocumentID(params *graphql.RawParams, id string) {
	if id == "" {
		return
	}
	if params.Extensions == nil {
		params.Extensions = map[string]any{}
	}
	params.Extensions[extDocumentID] = id
}

// maxLogged is how many documents are remembered as logged.
const maxLogged = 10_000

// documentStage finds the document that a request names, sees that the key may
// run it, and registers it under its hash once it has proved to be valid.
type documentStage struct {
	Documents
	log    *slog.Logger
	logged *otter.Cache[string, struct{}]
}

// use is what a request does with its document, from one stage to the next.
type use struct {
	register string // the hash to register it under, "" for none
	trusted  bool
	mode     analytics.DocumentMode
}

func newDocumentStage(d Documents, log *slog.Logger) *documentStage {
	if d.Registered == nil {
		d.Registered = documents.NewRegistered(nil)
	}
	if d.Count == nil {
		d.Count = func(string, int) {}
	}
	return &documentStage{Documents: d, log: log, logged: otter.Must(&otter.Options[string, struct{}]{MaximumSize: maxLogged})}
}

// ExtensionName names the stage among gqlgen's extensions.
func (*documentStage) ExtensionName() string { return "Documents" }

// Validate accepts any schema.
func (*documentStage) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters puts the document in that the request names.
func (d *documentStage) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if isOwnDocument(ctx) {
		return nil
	}
	u := &use{mode: analytics.DocumentsOff}
	if p := auth.From(ctx); p != nil && p.Documents != "" {
		u.mode = p.Documents
	}
	if err := d.find(ctx, params, u); err != nil {
		return requestError(err)
	}
	u.trusted = d.Trusted.Document(params.Query) != nil
	if u.mode == analytics.DocumentsEnforce && !u.trusted {
		d.Count("refused", 1)
		return requestError(errUntrusted)
	}
	graphql.GetOperationContext(ctx).Stats.SetExtension(d.ExtensionName(), u)
	return nil
}

var errUntrusted = analytics.Errorf(analytics.CodeForbidden, "this API key may run trusted documents only, and this document is not one")

// find sets the query to the document's text.
func (d *documentStage) find(ctx context.Context, params *graphql.RawParams, u *use) error {
	id, err := documentID(params.Extensions[extDocumentID])
	if err != nil {
		return err
	}
	hash, err := persistedHash(params.Extensions[extPersisted])
	if err != nil {
		return err
	}
	switch {
	case id != "" && (params.Query != "" || hash != ""):
		return analytics.Invalidf(extDocumentID, "must not come with a query or a persistedQuery")
	case id != "":
		return d.lookUp(ctx, id, params, u, analytics.Errorf(analytics.CodeDocumentUnknown, "no document has the id %s", analytics.Quote(id)))
	case hash != "" && params.Query == "":
		return d.lookUp(ctx, hash, params, u, errQueryNotFound)
	case hash != "" && documents.Hash(params.Query) != hash:
		return analytics.Invalidf("persistedQuery.sha256Hash", "is not the query's SHA-256 in lower-case hexadecimal")
	}
	u.register = hash
	return nil
}

// lookUp takes the document from the trusted ones, or from the registered ones if
// those may run.
func (d *documentStage) lookUp(ctx context.Context, id string, params *graphql.RawParams, u *use, missing error) error {
	hash := strings.TrimPrefix(id, "sha256:")
	text, ok := d.Trusted.Text(id)
	if !ok {
		text, ok = d.Trusted.Text(hash)
	}
	if !ok && u.mode != analytics.DocumentsEnforce && documents.IsHash(hash) {
		text, ok = d.Registered.Text(ctx, hash)
	}
	switch {
	case ok:
		params.Query = text
		return nil
	case u.mode == analytics.DocumentsEnforce:
		return nil // what follows refuses it
	}
	d.Count("unknown", 1)
	return missing
}

func documentID(v any) (string, error) {
	id, ok := v.(string)
	if v != nil && !ok {
		return "", analytics.Invalidf(extDocumentID, "must be a string")
	}
	return id, nil
}

// persistedHash reads Apollo's extension; "" when the request has none.
func persistedHash(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return "", analytics.Invalidf(extPersisted, "must be an object with version and sha256Hash")
	}
	if version, ok := fields["version"].(json.Number); !ok || version != "1" {
		return "", analytics.Invalidf("persistedQuery.version", "must be 1")
	}
	hash, _ := fields["sha256Hash"].(string)
	if hash == "" {
		return "", analytics.Invalidf("persistedQuery.sha256Hash", "must be the query's SHA-256 in lower-case hexadecimal")
	}
	return hash, nil
}

// MutateOperationContext comes after the document was parsed and validated and
// its limits checked: what cannot run is neither kept nor logged.
func (d *documentStage) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	u, _ := op.Stats.GetExtension(d.ExtensionName()).(*use)
	switch {
	case u == nil:
		return nil
	case u.trusted:
		d.Count("trusted", 1)
		return nil
	case u.mode == analytics.DocumentsLog:
		d.Count("untrusted", 1)
		d.logOnce(ctx, op)
	default:
		d.Count("unrestricted", 1)
	}
	if u.register != "" {
		d.Registered.Keep(ctx, u.register, op.RawQuery)
	}
	return nil
}

// logOnce says which document is not trusted, the first time that it runs.
func (d *documentStage) logOnce(ctx context.Context, op *graphql.OperationContext) {
	hash := documents.Hash(op.RawQuery)
	if _, first := d.logged.SetIfAbsent(hash, struct{}{}); !first {
		return
	}
	d.log.InfoContext(ctx, "a document that is not trusted", "operation", analytics.Clip(op.Operation.Name, 100), "key", auth.From(ctx).KeyPrefix, "sha256", hash)
}

// requestError is the form in which gqlgen hands on why an operation cannot run.
func requestError(err error) *gqlerror.Error {
	public := Public(err)
	return &gqlerror.Error{Message: public.Error(), Extensions: extensions(public)}
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = (*documentStage)(nil)

// keptParsed bounds the bytes that parsed documents take, but for trusted ones;
// parsedTimes is how many times its text one takes at most.
const (
	keptParsed  = 64 << 20
	parsedTimes = 72
)

// queryCache spares the executor parsing and validation: of the trusted documents
// always, of others while they are asked for.
type queryCache struct {
	trusted      *documents.Trusted
	trustedPlans *sync.Map // *ast.QueryDocument → *plain.Plans
	others       *otter.Cache[string, parsed]
}

// parsed is a document, and what was compiled of it.
type parsed struct {
	document *ast.QueryDocument
	plans    *plain.Plans // nil where variables decide what is selected
}

func newQueryCache(trusted *documents.Trusted) queryCache {
	return queryCache{trusted, &sync.Map{}, otter.Must(&otter.Options[string, parsed]{
		MaximumWeight: keptParsed,
		Weigher:       func(text string, _ parsed) uint32 { return uint32(parsedTimes*len(text)) + 1024 },
	})}
}

// Get finds a document by its text.
func (c queryCache) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	if doc := c.trusted.Document(text); doc != nil {
		return doc, true
	}
	p, ok := c.others.GetIfPresent(text)
	return p.document, ok
}

// Add keeps a document, unless it is so long that a few would fill the memory.
func (c queryCache) Add(_ context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= documents.MaxLength {
		c.others.Set(text, parsed{doc, plansFor(doc)})
	}
}
