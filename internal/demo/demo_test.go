package demo

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

var today = time.Date(2026, time.November, 21, 15, 4, 5, 0, time.UTC)

func options(seed uint64, scale float64) Options {
	return Options{Seed: seed, Scale: scale, Today: today}
}

// digest is a fingerprint of everything that is generated.
func digest(t *testing.T, o Options) string {
	t.Helper()
	sum := sha256.New()
	out := json.NewEncoder(sum)
	for _, tenant := range Generate(o) {
		fmt.Fprintln(sum, tenant.AccessKey, tenant.Name, tenant.Zone, tenant.EventCount)
		for _, list := range []any{tenant.Activations, tenant.Partners, tenant.Campaigns} {
			if err := out.Encode(list); err != nil {
				t.Fatal(err)
			}
		}
		for e := range tenant.Events {
			if err := out.Encode(&e); err != nil {
				t.Fatal(err)
			}
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestGenerateIsRepeatable(t *testing.T) {
	t.Parallel()
	first := digest(t, options(1, .02))
	later := options(1, .02)
	later.Today = time.Date(2026, time.November, 22, 0, 30, 0, 0, time.FixedZone("", 3600)) // still the 21st in UTC
	if got := digest(t, later); got != first {
		t.Errorf("the same date gives %s, then %s", first, got)
	}
	other := options(1, .02)
	other.Today = today.AddDate(0, 0, 1)
	for what, o := range map[string]Options{"seed": options(2, .02), "scale": options(1, .03), "date": other} {
		if digest(t, o) == first {
			t.Errorf("another %s gives the same data", what)
		}
	}
}

func TestEventsCanBeRangedOverTwice(t *testing.T) {
	t.Parallel()
	tenant := Generate(options(1, .01))[0]
	var first []analytics.EventInput
	for e := range tenant.Events {
		if first = append(first, e); len(first) == 100 {
			break
		}
	}
	i := 0
	for e := range tenant.Events {
		if e.ID != first[i].ID || !e.At.Equal(first[i].At) {
			t.Fatalf("event %d is %s at %s, then %s at %s", i, first[i].ID, first[i].At, e.ID, e.At)
		}
		if i++; i == len(first) {
			break
		}
	}
}

// census is what a test wants to know of a tenant's events.
type census struct {
	events          int
	actions         map[string]int
	subjects        map[string]int
	visitors        map[string]int
	withoutSession  int
	named, loggedIn int
	first, last     time.Time
}

// take counts a tenant's events and checks each.
func take(t *testing.T, tenant *Tenant) census {
	t.Helper()
	known := map[string]bool{}
	for _, p := range tenant.Partners {
		known[p.UUID.String()] = true
	}
	for _, c := range tenant.Campaigns {
		known[c.CampaignKey] = true
	}
	c := census{actions: map[string]int{}, subjects: map[string]int{}, visitors: map[string]int{}}
	ids := map[string]bool{}
	now := today.Truncate(24 * time.Hour)
	for in := range tenant.Events {
		e, err := in.Check(now.Add(1 - analytics.MaxFuture)) // so, none lies after now
		switch {
		case err != nil:
			t.Fatalf("event %s: %v", in.ID, err)
		case !strings.HasPrefix(e.ID, "demo-") || ids[e.ID]:
			t.Fatalf("event id %s is not new", e.ID)
		case e.At.Before(c.last):
			t.Fatalf("event %s at %s comes after one at %s", e.ID, e.At, c.last)
		case e.Kind != analytics.KindEvent && !known[e.Key]:
			t.Fatalf("event %s is about the unknown %s %s", e.ID, e.Kind, e.Key)
		case e.Action == analytics.Watch && time.UnixMicro(e.Watched().To).After(now):
			t.Fatalf("event %s watches on after %s", e.ID, now)
		}
		ids[e.ID] = true
		if c.events == 0 {
			c.first = e.At
		}
		c.events, c.last = c.events+1, e.At
		c.count(&e)
	}
	return c
}

func (c *census) count(e *analytics.Event) {
	c.actions[e.Action.String()]++
	c.subjects[e.Key]++
	c.visitors[e.Visitor]++
	if e.Kind == analytics.KindEvent && e.Session == "" {
		c.withoutSession++
	}
	if e.Kind != analytics.KindEvent && e.Session != "" {
		c.named++
	}
	if e.LoggedIn {
		c.loggedIn++
	}
}

func TestEveryKindAtAnyScale(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{MinScale, .02, .1} {
		t.Run(fmt.Sprint(scale), func(t *testing.T) {
			t.Parallel()
			tenants := Generate(options(7, scale))
			activations, partners, campaigns, events := 0, 0, 0, 0
			zones := map[string]bool{}
			for i := range tenants {
				tenant := &tenants[i]
				c := take(t, tenant)
				if c.events != tenant.EventCount {
					t.Errorf("%s: %d events, announced were %d", tenant.AccessKey, c.events, tenant.EventCount)
				}
				if got := c.first.Sub(today.AddDate(-3, 0, 0)); got > 30*24*time.Hour {
					t.Errorf("%s: events start as late as %s", tenant.AccessKey, c.first)
				}
				if scale >= .02 {
					checkKinds(t, tenant, c)
				}
				activations, partners, campaigns = activations+len(tenant.Activations), partners+len(tenant.Partners), campaigns+len(tenant.Campaigns)
				events += c.events
				_, offset := today.In(tenant.Zone.Location()).Zone()
				zones[fmt.Sprint(offset)] = true
			}
			if activations < 20 || partners < 30 || campaigns < 12 {
				t.Errorf("%d activations, %d partners, %d campaigns", activations, partners, campaigns)
			}
			if want := scale*1e6 + float64(len(exampleEvents())); math.Abs(float64(events)-want) > 3 {
				t.Errorf("%d events, want %g", events, want)
			}
			if len(zones) != 3 || !zones["19800"] {
				t.Errorf("offsets of the zones are %v", zones)
			}
		})
	}
}

// checkKinds looks for one of everything.
func checkKinds(t *testing.T, tenant *Tenant, c census) {
	t.Helper()
	for _, action := range []string{"click", "outbound_click", "calendar_sync", "page_view", "watch", "like", "chat", "product_click", "banner_click"} {
		if c.actions[action] == 0 {
			t.Errorf("%s: no %s", tenant.AccessKey, action)
		}
	}
	if c.withoutSession == 0 || c.named == 0 || c.loggedIn == 0 {
		t.Errorf("%s: %d clicks without a session, %d named sessions' events, %d logged in", tenant.AccessKey, c.withoutSession, c.named, c.loggedIn)
	}
	types, silent := map[string]bool{}, 0
	for _, p := range tenant.Partners {
		if _, err := p.Partner(); err != nil {
			t.Error(err)
		}
		kind := string(p.PartnerType)
		if p.LeadDirection != nil {
			kind += " " + string(*p.LeadDirection)
		}
		types[kind] = true
		if c.subjects[p.UUID.String()] == 0 {
			silent++
		}
	}
	if len(types) != len(kinds) || silent == 0 {
		t.Errorf("%s: partners of the types %v, %d without views", tenant.AccessKey, types, silent)
	}
	states := map[analytics.CampaignStatus]bool{}
	recent := 0
	for _, in := range tenant.Campaigns {
		campaign, err := in.Campaign()
		if err != nil {
			t.Error(err)
		}
		states[campaign.Status()] = true
		if ago := today.Sub(campaign.ScheduledAt); ago > 0 && ago < 7*24*time.Hour {
			recent++
		}
		if (c.subjects[campaign.CampaignKey] > 0) != (campaign.StartedAt != nil) {
			t.Errorf("campaign %s: status %s with %d events", campaign.CampaignKey, campaign.Status(), c.subjects[campaign.CampaignKey])
		}
	}
	if len(states) != 3 || recent < 2 {
		t.Errorf("%s: campaigns of the states %v, %d of the last week", tenant.AccessKey, states, recent)
	}
	checkActivations(t, tenant)
}

func checkActivations(t *testing.T, tenant *Tenant) {
	t.Helper()
	ids, events, states := map[string]bool{}, map[string]int{}, map[analytics.ActivationStatus]bool{}
	current := 0
	for _, in := range tenant.Activations {
		a, err := in.Activation("")
		if err != nil {
			t.Error(err)
		}
		ids[a.ActivationID], states[a.Status] = true, true
		events[a.EventKey]++
		if a.Window().Contains(today) {
			current++
		}
	}
	if len(ids) != len(tenant.Activations) || len(events) == len(ids) || len(states) != 4 || current == 0 {
		t.Errorf("%s: %d activations with %d ids on %d events, states %v, %d now", tenant.AccessKey, len(tenant.Activations), len(ids), len(events), states, current)
	}
}

func TestFullScale(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a million events")
	}
	tenants := Generate(options(1, 1))
	activations, partners, campaigns := 0, 0, 0
	for i := range tenants {
		activations += len(tenants[i].Activations)
		partners += len(tenants[i].Partners)
		campaigns += len(tenants[i].Campaigns)
	}
	if activations < 200 || partners != 300 || campaigns != 120 {
		t.Errorf("%d activations, %d partners, %d campaigns", activations, partners, campaigns)
	}
	c := take(t, &tenants[2])
	checkKinds(t, &tenants[2], c)
	if c.events != 200_000 {
		t.Errorf("%d events, want 200000", c.events)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{Scale: 0, Today: today}, {Scale: -1, Today: today}, {Scale: math.NaN(), Today: today}, {Scale: math.Inf(1), Today: today},
		{Scale: 1}, {Scale: 1, Today: Earliest.Add(-1)},
	} {
		if o.Validate() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	for _, date := range []time.Time{Earliest, today.AddDate(10, 0, 0)} {
		o := Options{Scale: MinScale, Today: date}
		for _, tenant := range Generate(o) {
			last := time.Time{}
			for e := range tenant.Events {
				if e.At.Before(last) || !e.At.Before(date) {
					t.Fatalf("%s: %s at %s after %s", date, e.ID, e.At, last)
				}
				last = e.At
			}
		}
	}
}

func BenchmarkEvents(b *testing.B) {
	tenants := Generate(options(1, 1))
	b.ReportAllocs()
	for n := 0; n < b.N; {
		for _, tenant := range tenants {
			for range tenant.Events {
				if n++; n >= b.N {
					break
				}
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
