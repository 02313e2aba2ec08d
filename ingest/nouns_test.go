package ingest

import (
	"crypto/sha256"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"footfall/analytics"
)

func wantCode(t *testing.T, err error, code analytics.Code, message string) {
	t.Helper()
	var typed *analytics.Error
	if !errors.As(err, &typed) || typed.Code != code || !strings.HasPrefix(err.Error(), message) {
		t.Errorf("%v: want %s %q", err, code, message)
	}
}

var window = analytics.CreateActivationInput{EventKey: "jazz", EventName: "Jazz", Tier: "gold", StartAt: testNow, EndAt: testNow.AddDate(0, 1, 0)}

func TestActivations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, token, err := b.CreateActivation(t.Context(), 1, window)
	if err != nil || !regexp.MustCompile(`^act_[a-z2-7]{16}$`).MatchString(a.ActivationID) || !regexp.MustCompile(`^tok_[0-9A-Za-z]{33}$`).MatchString(token) {
		t.Fatal(a, token, err)
	}
	if b.store.activations[a.ActivationID] != sha256.Sum256([]byte(token)) || b.heard.count() != 1 {
		t.Error("not the token's digest, or not published")
	}
	again, other, err := b.CreateActivation(t.Context(), 1, window)
	if err != nil || again.ActivationID == a.ActivationID || other == token {
		t.Error(again, err)
	}
	given := window
	given.ActivationID = new("act_abc123xyz")
	if a, err = b.CreateActivationWithToken(t.Context(), 1, given, "tok_secure_token_here"); err != nil || a.ActivationID != "act_abc123xyz" ||
		b.store.activations["act_abc123xyz"] != sha256.Sum256([]byte("tok_secure_token_here")) {
		t.Error(a, err)
	}
	if err = b.DeleteActivation(t.Context(), 1, "act_abc123xyz"); err != nil || b.heard.count() != 4 {
		t.Error(err, b.heard.count())
	}
	wantCode(t, b.DeleteActivation(t.Context(), 1, "act_abc123xyz"), analytics.CodeNotFound, "no such activation")
	given.EndAt = given.StartAt
	_, _, err = b.CreateActivation(t.Context(), 1, given)
	wantCode(t, err, analytics.CodeInvalid, "endAt: must come after")
	b.store.fail = analytics.Errorf(analytics.CodeConflict, "taken")
	_, token, err = b.CreateActivation(t.Context(), 1, window)
	wantCode(t, err, analytics.CodeConflict, "taken")
	if token != "" || b.heard.count() != 4 {
		t.Error(token, b.heard.count())
	}
}

func TestPartners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := analytics.PartnerInput{UUID: uuid.New(), Name: "Acme", PartnerType: analytics.Reseller}
	out, err := b.UpsertPartners(t.Context(), 1, []analytics.PartnerInput{good, good})
	if err != nil || len(out) != 2 || out[0].Name != "Acme" || b.heard.count() != 1 {
		t.Fatal(out, err)
	}
	_, err = b.UpsertPartners(t.Context(), 1, []analytics.PartnerInput{good, {UUID: uuid.New()}})
	wantCode(t, err, analytics.CodeInvalid, "partners[1].name: must be 1 to 512 bytes long, got 0")
	_, err = b.UpsertPartners(t.Context(), 1, nil)
	wantCode(t, err, analytics.CodeInvalid, "partners: must be 1 to 1000, got 0")
	many := make([]analytics.PartnerInput, MaxNouns+1)
	for i := range many {
		many[i] = good
	}
	_, err = b.UpsertPartners(t.Context(), 1, many)
	wantCode(t, err, analytics.CodeInvalid, "partners: must be 1 to 1000, got 1001")
	if _, err = b.UpsertPartners(t.Context(), 1, many[1:]); err != nil {
		t.Error(err)
	}
	b.store.fail = analytics.Unavailable(errors.New("gone"))
	_, err = b.UpsertPartners(t.Context(), 1, many[1:])
	wantCode(t, err, analytics.CodeUnavailable, "the service")
	if b.heard.count() != 2 {
		t.Error(b.heard.count())
	}
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := analytics.CampaignInput{CampaignKey: "c", Title: "C", ScheduledAt: testNow}
	out, err := b.UpsertCampaigns(t.Context(), 1, []analytics.CampaignInput{good})
	if err != nil || len(out) != 1 || out[0].CampaignKey != "c" || b.heard.count() != 1 {
		t.Fatal(out, err)
	}
	bad := good
	bad.CampaignID = new("x")
	_, err = b.UpsertCampaigns(t.Context(), 1, []analytics.CampaignInput{good, good, bad})
	wantCode(t, err, analytics.CodeInvalid, "campaigns[2].campaignId: must be a number")
	wantCode(t, inField("campaigns[2]", analytics.Errorf(analytics.CodeConflict, "no field")), analytics.CodeConflict, "campaigns[2]: no field")
	if err = inField("campaigns[2]", errors.New("plain")); err.Error() != "campaigns[2]: plain" {
		t.Error(err)
	}
}
