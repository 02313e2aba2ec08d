package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
)

var testNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	knownPartner  = "7d0c1b9e-7a4e-4c5e-9a39-4ff1fb0b6f10"
	knownCampaign = "1234fef8e8e3"
)

// memory is a Store in memory that knows one partner and one campaign.
type memory struct {
	before func(events []analytics.Event) error // called before each Record, may fail it

	mu           sync.Mutex
	seen         map[string]analytics.Event
	groups       []int // events of each Record that succeeded
	ahead        []int // events of each ReadAhead
	activations  map[string][32]byte
	seq          int64
	fail         error // fails the calls about nouns
	horizon      time.Time
	horizonAsked int
	horizonAway  bool
}

func (m *memory) ReadAhead(_ context.Context, _ int64, events []analytics.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ahead = append(m.ahead, len(events))
	return m.fail
}

func (m *memory) Record(ctx context.Context, tenant int64, events []analytics.Event) ([]analytics.Outcome, analytics.Change, error) {
	if m.before != nil {
		if err := m.before(events); err != nil {
			return nil, analytics.Change{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, analytics.Change{}, analytics.Unavailable(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.groups = append(m.groups, len(events))
	outcomes := make([]analytics.Outcome, len(events))
	fresh := false
	for i, e := range events {
		key := strings.Join([]string{strconv.FormatInt(tenant, 10), e.ID, e.At.Format(time.RFC3339Nano)}, "|")
		_, again := m.seen[key]
		switch {
		case e.At.Before(m.horizon):
			outcomes[i] = analytics.TooOld
		case e.Kind == analytics.KindPartner && e.Key != knownPartner, e.Kind == analytics.KindCampaign && e.Key != knownCampaign:
			outcomes[i] = analytics.Unknown
		case again:
			outcomes[i] = analytics.Duplicate
		default:
			m.seen[key] = e
			fresh = true
		}
	}
	if !fresh {
		return outcomes, analytics.Change{Tenant: tenant}, nil
	}
	return outcomes, m.change(tenant), nil
}

func (m *memory) change(tenant int64) analytics.Change {
	m.seq++
	return analytics.Change{Tenant: tenant, Seq: m.seq}
}

func (m *memory) CreateActivation(_ context.Context, tenant int64, a analytics.Activation, token [32]byte) (analytics.Activation, analytics.Change, error) {
	if m.fail != nil {
		return a, analytics.Change{}, m.fail
	}
	m.activations[a.ActivationID] = token
	return a, m.change(tenant), nil
}

func (m *memory) SetActivationStatus(_ context.Context, tenant int64, id string, status analytics.ActivationStatus) (*analytics.Activation, analytics.Change, error) {
	if _, ok := m.activations[id]; !ok {
		return nil, analytics.Change{}, analytics.Errorf(analytics.CodeNotFound, "no such activation: %q", id)
	}
	return &analytics.Activation{ActivationID: id, Status: status}, m.change(tenant), nil
}

func (m *memory) DeleteActivation(_ context.Context, tenant int64, id string) (analytics.Change, error) {
	if _, ok := m.activations[id]; !ok {
		return analytics.Change{}, analytics.Errorf(analytics.CodeNotFound, "no such activation: %q", id)
	}
	delete(m.activations, id)
	return m.change(tenant), nil
}

func (m *memory) UpsertPartners(_ context.Context, tenant int64, partners []analytics.Partner) ([]*analytics.Partner, analytics.Change, error) {
	out, err := pointers(partners), m.fail
	return out, m.change(tenant), err
}

func (m *memory) UpsertCampaigns(_ context.Context, tenant int64, campaigns []analytics.Campaign) ([]*analytics.Campaign, analytics.Change, error) {
	out, err := pointers(campaigns), m.fail
	return out, m.change(tenant), err
}

func pointers[T any](in []T) []*T {
	out := make([]*T, len(in))
	for i := range in {
		out[i] = &in[i]
	}
	return out
}

// stored is what the store holds, by id of the event.
func (m *memory) stored() map[string]analytics.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]analytics.Event{}
	for e := range maps.Values(m.seen) {
		out[e.ID] = e
	}
	return out
}

// heard is a Publisher that remembers.
type heard struct {
	mu      sync.Mutex
	changes []analytics.Change
}

func (h *heard) Publish(_ context.Context, change analytics.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = append(h.changes, change)
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.changes)
}

type bundle struct {
	*Writer
	store *memory
	heard *heard
	url   string
}

// setup serves a Writer over a memory for tenant 1.
func setup(t testing.TB, change ...func(*Options)) *bundle {
	t.Helper()
	b := &bundle{
		store: &memory{seen: map[string]analytics.Event{}, activations: map[string][32]byte{}},
		heard: &heard{},
	}
	o := Options{Store: b.store, Publisher: b.heard, Now: func() time.Time { return testNow }}
	for _, f := range change {
		f(&o)
	}
	b.Writer = New(o)
	server := httptest.NewServer(b.Handler(func(_ http.ResponseWriter, r *http.Request) (int64, error) {
		if r.Header.Get("Authorization") == "Bearer wrong" {
			return 0, analytics.Errorf(analytics.CodeUnauthenticated, "the key is not known")
		}
		return 1, nil
	}))
	t.Cleanup(func() {
		server.Close()
		b.Close()
	})
	b.url = server.URL
	return b
}

type answer struct {
	analytics.Verdicts
	Status              int `json:"-"`
	Header              http.Header
	Type, Title, Detail string
	Code, Body          string
	StatusInBody        int `json:"status"`
}

// post sends a body; headers are name, value, name, value.
func (b *bundle) post(t testing.TB, contentType string, body io.Reader, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return b.do(t, req)
}

func (b *bundle) do(t testing.TB, req *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil && len(text) > 0 {
		t.Fatalf("%s: %v", text, err)
	}
	a.Status, a.Header, a.Body = resp.StatusCode, resp.Header, strings.TrimSpace(string(text))
	wantType := "application/problem+json"
	if a.Status == http.StatusOK {
		wantType = "application/json"
	} else if a.StatusInBody != a.Status || a.Type != "about:blank" || a.Title != http.StatusText(a.Status) || a.Detail == "" || a.Code == "" {
		t.Errorf("not a problem: %s", text)
	}
	if got := a.Header.Get("Content-Type"); got != wantType {
		t.Errorf("Content-Type %q for %d", got, a.Status)
	}
	return a
}

// wantProblem checks a refusal, and that nothing was stored.
func (b *bundle) wantProblem(t testing.TB, a answer, status int, code, detail string) {
	t.Helper()
	if a.Status != status || a.Code != code || !strings.Contains(a.Detail, detail) {
		t.Errorf("%d %s: want %d %s with %q", a.Status, a.Body, status, code, detail)
	}
	if n := len(b.store.stored()); n != 0 {
		t.Errorf("%d events stored", n)
	}
}

// Horizon is fixed: events before it are too old for this store.
func (m *memory) Horizon(context.Context, int64) (time.Time, error) {
	m.horizonAsked++
	if m.horizonAway {
		return time.Time{}, errors.New("away")
	}
	return m.horizon, nil
}
