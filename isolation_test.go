package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/graph/generated"
)

// mark is in every name and key of the tenant that nobody else may see.
const mark = "XRAYMARK"

// secretWorld is a gateway with a tenant full of marks, and another one.
type secretWorld struct {
	*bundle                   // the owner of the marks
	other   *bundle           // the same gateway with all scopes of another tenant
	token   string            // opens the activation MARK-act
	known   map[string]string // arguments by name: what the other one has got wind of
	nodes   []string          // global ids of the owner's nouns
}

func newSecretWorld(t *testing.T) *secretWorld {
	t.Helper()
	b := setup(t, withEdge, withoutLimits) // everything there is at once is more than anyone may ask
	w := &secretWorld{bundle: b, known: map[string]string{}}
	stranger := b.newTenant("stranger", "UTC")
	w.other = b.as(b.newKey(stranger, analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin))
	w.token = b.activate(mark+"-act", mark+"-event", "2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z")
	b.activate(mark+"-act2", mark+"-event", "2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z")
	b.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "` + mark + `-campaign", campaignId: "777001", title: "` + mark + ` title", scheduledAt: "2026-03-01T00:00:00Z" }]) { campaigns { id } } }`)
	b.upsertPartners(0xfade, `name: "`+mark+` partner", partnerType: REFERRAL, categories: [{uuid: "`+uuidOf(0xbead)+`", name: "`+mark+` group"}]`)
	b.record(
		with(click("1", "click", mark+"-event", mark+"-session", "2026-03-01T00:00:00Z"), `"source":"`+mark+`-source"`),
		view("2", uuidOf(0xfade), mark+"-visitor", "2026-03-01T00:00:00Z"),
		watch("3", mark+"-campaign", mark+"-visitor", true, "2026-03-01T00:00:00Z", 60),
	)
	w.known = map[string]string{
		"activationId": `"` + mark + `-act"`, "campaignKey": `"` + mark + `-campaign"`, "campaignKeys": `["` + mark + `-campaign"]`,
		"uuid": `"` + uuidOf(0xfade) + `"`, "eventKeys": `["` + mark + `-event"]`, "partnerUuids": `["` + uuidOf(0xfade) + `"]`,
		"categoryUuids": `["` + uuidOf(0xbead) + `"]`,
		"scheduled":     `{ start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" }`,
		"range":         `{ instants: { start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" } }`,
		"interval":      "MONTH", "by": "[SOURCE, DEVICE]", "first": "5", "activeAt": `"2026-03-01T00:00:00Z"`,
		"where": `[{ dimension: SOURCE, in: ["` + mark + `-source", null] }]`,
	}
	for _, noun := range [][2]string{{"Activation", mark + "-act"}, {"Activation", mark + "-act2"}, {"Campaign", mark + "-campaign"}, {"Partner", uuidOf(0xfade)}} {
		w.nodes = append(w.nodes, analytics.EncodeID(noun[0], noun[1]))
	}
	return w
}

// leaks lists what of the owner appears in an answer. What a client sent itself
// may be quoted back in a message.
func (w *secretWorld) leaks(a answer, sent string) (found []string) {
	for _, secret := range append([]string{mark, uuidOf(0xfade), uuidOf(0xbead), "777001", "acme"}, w.nodes...) {
		if strings.Contains(a.body, secret) && !strings.Contains(sent, secret) || strings.Contains(encoded(a.data), secret) {
			found = append(found, secret)
		}
	}
	return found
}

// walk makes operations for a field of a root: with none of the arguments that
// may be left out, with each of them, and with all.
func (w *secretWorld) walk(schema *ast.Schema, root *ast.FieldDefinition) (operations []string) {
	selection := w.selection(schema, schema.Types[root.Type.Name()], 4)
	var required, optional []string
	for _, a := range root.Arguments {
		for _, value := range w.values(schema, a.Name, a.Type) {
			text := a.Name + ": " + value
			if a.Type.NonNull && a.DefaultValue == nil || a.Name == "first" { // everything selected of more costs too much
				required = append(required, text)
			} else {
				optional = append(optional, text)
			}
		}
	}
	if root.Name == "node" { // one value at a time
		for _, id := range required {
			operations = append(operations, "{ node("+id+")"+selection+" }")
		}
		return operations
	}
	for _, some := range append([][]string{nil, optional}, slices.Collect(slices.Chunk(optional, 1))...) {
		arguments := ""
		if all := append(slices.Clone(required), some...); len(all) > 0 {
			arguments = "(" + strings.Join(all, ", ") + ")"
		}
		operations = append(operations, "{ "+root.Name+arguments+selection+" }")
	}
	return operations
}

// everyones are root fields that say the same to all: nothing of a tenant.
var everyones = []string{"metricDefinitions"}

// values are what an argument is filled with; none when nothing is known.
func (w *secretWorld) values(schema *ast.Schema, name string, typ *ast.Type) []string {
	if name == "id" {
		out := make([]string, len(w.nodes))
		for i, id := range w.nodes {
			out[i] = `"` + id + `"`
		}
		return out
	}
	if value, ok := w.known[name]; ok {
		return []string{value}
	}
	d := schema.Types[typ.Name()]
	if d.Kind != ast.InputObject {
		return nil
	}
	var fields []string
	for _, f := range d.Fields {
		for _, value := range w.values(schema, f.Name, f.Type) {
			fields = append(fields, f.Name+": "+value)
		}
	}
	return []string{"{ " + strings.Join(fields, ", ") + " }"}
}

// selection selects everything there is, to a depth.
func (w *secretWorld) selection(schema *ast.Schema, d *ast.Definition, depth int) string {
	if d.Kind == ast.Scalar || d.Kind == ast.Enum {
		return ""
	}
	text := " { __typename"
	for _, possible := range schema.GetPossibleTypes(d) {
		if d.IsAbstractType() {
			text += " ... on " + possible.Name + w.selection(schema, possible, depth)
		}
	}
	for _, f := range d.Fields {
		below := schema.Types[f.Type.Name()]
		if strings.HasPrefix(f.Name, "__") || depth == 0 && below.IsCompositeType() || d.IsAbstractType() {
			continue
		}
		arguments := ""
		for _, a := range f.Arguments {
			if a.Type.NonNull && a.DefaultValue == nil {
				arguments = "(" + a.Name + ": " + w.values(schema, a.Name, a.Type)[0] + ")"
			}
		}
		text += " " + d.Name + "_" + f.Name + ": " + f.Name + arguments + w.selection(schema, below, depth-1) // in one union, names clash
	}
	return text + " }"
}

// Another tenant's key, whatever it has got wind of, finds nothing of the owner
// anywhere in the schema.
func TestAnotherTenantSeesNothing(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	operations, seen := 0, map[string]bool{}
	for _, root := range schema.Query.Fields {
		if strings.HasPrefix(root.Name, "__") || slices.Contains(everyones, root.Name) {
			continue
		}
		for _, query := range w.walk(schema, root) {
			operations++
			seen[root.Name] = true
			own := w.post(query, nil, fresh)
			if len(own.errors) > 0 {
				t.Fatalf("%s\nfails for its owner: %s", query, own.body)
			}
			if len(w.leaks(own, "")) == 0 {
				t.Errorf("%s\nshows its owner nothing: it proves nothing", query)
			}
			for _, header := range []http.Header{nil, fresh} { // the owner's answer may be remembered
				a := w.other.post(query, nil, header)
				if len(a.errors) > 0 {
					t.Errorf("%s\ngave %s", query, a.body)
				}
				if found := w.leaks(a, query); found != nil {
					t.Errorf("%s\nshows %v: %s", query, found, a.body)
				}
			}
		}
	}
	equal(t, "root fields that were asked", len(seen), 7)
	t.Logf("%d operations", operations)
}

// Nor can another tenant write to what is the owner's.
func TestAnotherTenantChangesNothing(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	const everything = `{ activations { nodes { activationId eventName metrics { clickCount uniqueSessionCount } } }
		campaigns { nodes { campaignKey campaignId title metrics { totalViewers } } }
		partnerLeaderboard(range: { dates: { startDate: "2026-01-01", endDate: "2026-12-31" } }) { edges { node { name categories { name } } engagement { totalPageViews } } } }`
	before := encoded(w.ask(everything))
	a := w.other.post(fmt.Sprintf(`mutation { recordEvents(events: [
		{ id: "1", action: "page_view", partner: %q, visitor: "v", at: "2026-03-01T00:00:00Z" },
		{ id: "2", action: "watch", campaign: "%s-campaign", visitor: "v", seconds: 1, at: "2026-03-01T00:00:00Z" },
		{ id: "3", action: "click", event: "%[2]s-event", session: "s", at: "2026-03-01T00:00:00Z" }
	]) { accepted rejected { index code } } }`, uuidOf(0xfade), mark), nil, nil)
	matches(t, a.data, `{"recordEvents": {"accepted": 1, "rejected": [{"index": 0, "code": "NOT_FOUND"}, {"index": 1, "code": "NOT_FOUND"}]}}`)
	refused(t, w.other.post(`mutation { setActivationStatus(activationId: "`+mark+`-act", status: DISMISSED) { activation { id } } }`, nil, nil), "NOT_FOUND")
	refused(t, w.other.post(`mutation { deleteActivation(activationId: "`+mark+`-act") { activationId } }`, nil, nil), "NOT_FOUND")
	refused(t, w.other.post(`mutation { createActivation(input: { activationId: "`+mark+`-act", eventKey: "e", eventName: "n", tier: "t",
		startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { token } }`, nil, nil), "CONFLICT")
	// The same keys and uuids are nouns of its own.
	w.other.ask(fmt.Sprintf(`mutation { upsertPartners(input: [{ uuid: %q, name: "mine", partnerType: RESELLER, categories: [{ uuid: %q, name: "mine" }] }]) { partners { id } } }`, uuidOf(0xfade), uuidOf(0xbead)))
	matches(t, w.other.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "`+mark+`-campaign", campaignId: "777001", title: "mine", scheduledAt: "2026-03-01T00:00:00Z" }]) { campaigns { title metrics { totalViewers } } } }`),
		`{"upsertCampaigns": {"campaigns": [{"title": "mine", "metrics": {"totalViewers": 0}}]}}`)
	equal(t, "what the owner has", encoded(w.ask(everything)), before)
}

// An activation's token opens that activation, alone.
func TestTokenOpensOneActivation(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	link := w.as(w.token)
	matches(t, link.ask(fmt.Sprintf(`{ mine: activation(activationId: "%s-act") { activationId metrics { clickCount } } other: activation(activationId: "%[1]s-act2") { id } none: activation(activationId: "x") { id } }`, mark)),
		fmt.Sprintf(`{"mine": {"activationId": "%s-act", "metrics": {"clickCount": 1}}, "other": null, "none": null}`, mark))
	for i, id := range w.nodes {
		got := link.ask(`query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id})
		if i == 0 {
			equal(t, "its own node", at(got, "node.id"), any(id))
		} else {
			equal(t, "another node", at(got, "node"), any(nil))
		}
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, root := range schema.Query.Fields {
		if strings.HasPrefix(root.Name, "__") || root.Name == "node" || root.Name == "activation" || slices.Contains(everyones, root.Name) {
			continue
		}
		for _, query := range w.walk(schema, root) {
			a := link.post(query, nil, nil)
			refused(t, a, "FORBIDDEN")
			if found := w.leaks(a, query); found != nil {
				t.Errorf("%s\nshows %v: %s", query, found, a.body)
			}
		}
	}
	for _, mutation := range mutations {
		refused(t, link.post(mutation, nil, nil), "FORBIDDEN")
	}
	for path, status := range map[string]int{"/v1/events": http.StatusForbidden} {
		equal(t, path, link.do(http.MethodPost, path, "", http.Header{"Content-Type": {"application/x-ndjson"}}).status, status)
	}
	// The partners' and the campaigns' contracts do not know it.
	for _, path := range []string{"/v1/analytics/engagement/partners", "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"} {
		if a := link.do(http.MethodGet, path, "", nil); a.status != http.StatusForbidden && a.status != http.StatusUnauthorized || strings.Contains(a.body, mark) {
			t.Errorf("%s gave %d %s", path, a.status, a.body)
		}
	}
}

// mutations are one of each, all well-formed.
var mutations = []string{
	`mutation { createActivation(input: { eventKey: "e", eventName: "n", tier: "t", startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { token } }`,
	`mutation { setActivationStatus(activationId: "x", status: DISMISSED) { activation { id } } }`,
	`mutation { deleteActivation(activationId: "x") { activationId } }`,
	`mutation { upsertPartners(input: []) { partners { id } } }`,
	`mutation { upsertCampaigns(input: []) { campaigns { id } } }`,
	`mutation { recordEvents(events: []) { accepted } }`,
}

// A key without the scope is refused at every root field, and with it is not.
func TestScopes(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	asked := map[analytics.Scope][]string{}
	for _, root := range schema.Query.Fields {
		if !strings.HasPrefix(root.Name, "__") {
			asked[analytics.ScopeRead] = append(asked[analytics.ScopeRead], w.walk(schema, root)[0])
		}
	}
	asked[analytics.ScopeAdmin], asked[analytics.ScopeWrite] = mutations[:5], mutations[5:]
	equal(t, "mutations", len(schema.Mutation.Fields), len(mutations))
	scopes := []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin}
	for i, scope := range scopes {
		with, without := w.as(w.newKey(w.tenant, scope)), w.as(w.newKey(w.tenant, slices.Delete(slices.Clone(scopes), i, i+1)...))
		for _, query := range asked[scope] {
			if a := without.post(query, nil, nil); len(a.errors) != 1 || a.errors[0].code() != "FORBIDDEN" || !strings.Contains(a.errors[0].Message, scope.Name()) {
				t.Errorf("without %s %s\ngave %s", scope, query, a.body)
			}
			a := with.post(query, nil, nil)
			if slices.ContainsFunc(a.errors, func(p problemOf) bool { return p.code() == "FORBIDDEN" }) {
				t.Errorf("with %s %s\ngave %s", scope, query, a.body)
			}
		}
	}
	ndjson := http.Header{"Content-Type": {"application/x-ndjson"}}
	equal(t, "events without the scope", w.as(w.newKey(w.tenant, analytics.ScopeRead, analytics.ScopeAdmin)).do(http.MethodPost, "/v1/events", "", ndjson).status, http.StatusForbidden)
}

// What a mutation answers with holds measures for keys that may read them alone; others
// are refused before anything is written.
func TestMutationsTellNoMeasures(t *testing.T) {
	t.Parallel()
	w := newSecretWorld(t)
	admin, both := w.as(w.newKey(w.tenant, analytics.ScopeAdmin)), w.as(w.newKey(w.tenant, analytics.ScopeAdmin, analytics.ScopeRead))
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for noun, mutation := range map[string]string{
		"Activation": `mutation { createActivation(input: { activationId: "%[1]s", eventKey: "e", eventName: "n", tier: "t", startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { activation { activationId ... on Activation { ...More } } } }`,
		"Partner":    `mutation { upsertPartners(input: [{ uuid: "00000000-0000-0000-0000-0000000000aa", name: "%[1]s", partnerType: REFERRAL }]) { partners { name ...More } } }`,
		"Campaign":   `mutation { upsertCampaigns(input: [{ campaignKey: "%[1]s", title: "t", scheduledAt: "2026-03-01T00:00:00Z" }]) { campaigns { campaignKey ...More } } }`,
	} {
		reads := 0
		for _, f := range schema.Types[noun].Fields {
			if f.Arguments.ForName("maxStaleness") == nil {
				continue
			}
			reads++
			name := noun + "_" + f.Name
			measures := f.Name + map[string]string{"timeSeries": "(interval: DAY) { __typename }", "breakdown": "(by: [COUNTRY]) { __typename }"}[f.Name]
			if measures == f.Name {
				measures += " { __typename }"
			}
			query := fmt.Sprintf(mutation, name) + fmt.Sprintf(` fragment More on %s { %s }`, noun, measures)
			if a := admin.post(query, nil, nil); len(a.errors) != 1 || a.errors[0].code() != "FORBIDDEN" {
				t.Errorf("%s\ngave %s", query, a.body)
			}
			if said := w.as(w.key).post(`{ activations { nodes { activationId } } campaigns { nodes { campaignKey } } partnerLeaderboard { nodes { name } } }`, nil, nil).body; strings.Contains(said, name) {
				t.Errorf("%s was written: %s", query, said)
			}
			if a := both.post(query, nil, nil); len(a.errors) != 0 {
				t.Errorf("%s\ngave %s", query, a.body)
			}
		}
		if reads < 3 {
			t.Errorf("%d fields of %s read measures", reads, noun)
		}
	}
	const two = `mutation { a: createActivation(input: { activationId: "first", eventKey: "e", eventName: "n", tier: "t", startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { token }
		b: setActivationStatus(activationId: "first", status: DISMISSED) { activation { metrics { clickCount } } } }`
	for _, header := range []http.Header{nil, {"X-Footfall-Dry-Run": {"1"}}} {
		if a := admin.post(two, nil, header); len(a.errors) == 0 || a.errors[0].code() != "FORBIDDEN" {
			t.Errorf("%v: gave %s", header, a.body)
		}
	}
	equal(t, "nothing of it is written", at(both.ask(`{ activation(activationId: "first") { id } }`), "activation"), any(nil))
}

// Who has no credential, a wrong one, or one that was revoked or has expired,
// gets 401: the last two within a second.
func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge)
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	revoked := b.newKey(b.tenant, analytics.ScopeRead)
	keys, err := b.store.Keys(t.Context(), b.tenant.ID)
	ok(t, err)
	const query = `{ __typename }`
	for name, key := range map[string]string{"none": "", "a wrong key": "ff_nope", "a wrong token": "tok_nope", "half a key": b.key[:20]} {
		a := b.as(key).post(query, nil, nil)
		refused(t, a, "UNAUTHENTICATED")
		equal(t, name, a.status, http.StatusUnauthorized)
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
		a = b.as(key).do(http.MethodPost, "/v1/events", "{}", http.Header{"Content-Type": {"application/x-ndjson"}})
		equal(t, "events, "+name, a.status, http.StatusUnauthorized)
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("events, %s: no WWW-Authenticate", name)
		}
	}
	expires := time.Now().Add(2 * time.Second)
	_, expiring, err := createKey(t.Context(), b.store, b.tenant, analytics.APIKey{Scopes: []analytics.Scope{analytics.ScopeRead}, ExpiresAt: &expires})
	ok(t, err)
	for _, key := range []string{expiring, revoked, token} {
		for range 3 {
			equal(t, "status while it is good", b.as(key).post(query, nil, nil).status, http.StatusOK)
		}
	}
	ok(t, b.store.RevokeKey(t.Context(), b.tenant.ID, keys[len(keys)-1].ID))
	ok(t, b.store.RevokeLink(t.Context(), b.tenant.ID, "act"))
	ended := map[string]time.Time{revoked: time.Now(), token: time.Now(), expiring: expires}
	for _, key := range []string{revoked, token, expiring} {
		for {
			asked := time.Now()
			if b.as(key).post(query, nil, nil).status == http.StatusUnauthorized {
				if asked.Before(ended[key].Add(-promise)) {
					t.Errorf("%s… ended too early", key[:8])
				}
				break
			}
			if late := asked.Sub(ended[key]); late > promise {
				t.Fatalf("%s… still opens %v after its end", key[:8], late)
			}
		}
	}
}
