package ingest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"footfall/analytics"
	"footfall/auth"
)

// MaxNouns is the most partners or campaigns that one call may write.
const MaxNouns = 1000

const (
	idBytes = 10 // 80 random bits in an activation's id
)

// CreateActivation adds an activation. Without an id in the input it gets one:
// act_ and 16 letters and digits. The token is returned this once: the store has
// its digest only. An id that was ever in use is CodeConflict.
func (w *Writer) CreateActivation(ctx context.Context, tenant int64, in analytics.CreateActivationInput) (*analytics.Activation, string, error) {
	token, _ := auth.NewToken()
	a, err := w.CreateActivationWithToken(ctx, tenant, in, token)
	if err != nil {
		return nil, "", err
	}
	return a, token, nil
}

// CreateActivationWithToken is CreateActivation with a token that is known
// beforehand: for demo and test data only, since such a token is no secret.
func (w *Writer) CreateActivationWithToken(ctx context.Context, tenant int64, in analytics.CreateActivationInput, token string) (*analytics.Activation, error) {
	a, err := in.Activation("act_" + randomText(idBytes))
	if err != nil {
		return nil, err
	}
	err = w.write(ctx, tenant, func() (change analytics.Change, err error) {
		a, change, err = w.o.Store.CreateActivation(ctx, tenant, a, auth.Digest(token))
		return change, err
	})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// SetActivationStatus says how far an activation's order got, and returns it as it is
// then; none of that id is CodeNotFound.
func (w *Writer) SetActivationStatus(ctx context.Context, tenant int64, id string, status analytics.ActivationStatus) (a *analytics.Activation, err error) {
	err = w.write(ctx, tenant, func() (change analytics.Change, err error) {
		a, change, err = w.o.Store.SetActivationStatus(ctx, tenant, id, status)
		return change, err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// DeleteActivation removes an activation for good, its token with it; none of
// that id is CodeNotFound.
func (w *Writer) DeleteActivation(ctx context.Context, tenant int64, id string) error {
	return w.write(ctx, tenant, func() (analytics.Change, error) { return w.o.Store.DeleteActivation(ctx, tenant, id) })
}

// UpsertPartners creates or replaces 1 to 1000 partners, all or none. The error
// names the one at fault: partners[2].name.
func (w *Writer) UpsertPartners(ctx context.Context, tenant int64, in []analytics.PartnerInput) ([]*analytics.Partner, error) {
	return upsert(ctx, w, tenant, "partners", in, analytics.PartnerInput.Partner, w.o.Store.UpsertPartners)
}

// UpsertCampaigns creates or replaces 1 to 1000 campaigns, all or none. The
// error names the one at fault: campaigns[2].title. A campaign id that another
// campaign has is CodeConflict.
func (w *Writer) UpsertCampaigns(ctx context.Context, tenant int64, in []analytics.CampaignInput) ([]*analytics.Campaign, error) {
	return upsert(ctx, w, tenant, "campaigns", in, analytics.CampaignInput.Campaign, w.o.Store.UpsertCampaigns)
}

func upsert[In, Noun any](
	ctx context.Context, w *Writer, tenant int64, field string, in []In, check func(In) (Noun, error),
	store func(context.Context, int64, []Noun) ([]*Noun, analytics.Change, error),
) ([]*Noun, error) {
	if len(in) < 1 || len(in) > MaxNouns {
		return nil, analytics.Invalidf(field, "must be 1 to %d, got %d", MaxNouns, len(in))
	}
	nouns := make([]Noun, len(in))
	for i := range in {
		var err error
		if nouns[i], err = check(in[i]); err != nil {
			return nil, inField(fmt.Sprintf("%s[%d]", field, i), err)
		}
	}
	var out []*Noun
	err := w.write(ctx, tenant, func() (change analytics.Change, err error) {
		out, change, err = store(ctx, tenant, nouns)
		return change, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// inField says that the field at fault is part of the one named.
func inField(name string, err error) error {
	typed, ok := errors.AsType[*analytics.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	e := *typed
	e.Field = strings.TrimSuffix(name+"."+e.Field, ".")
	return &e
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return lowerBase32.EncodeToString(b)
}
