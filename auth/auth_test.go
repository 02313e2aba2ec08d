package auth_test

import (
	"errors"
	"strings"
	"testing"

	"footfall/analytics"
	"footfall/auth"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	unknown, _, _ := auth.NewKey()
	for name, c := range map[string]struct {
		headers []string
		id      string
		err     error
	}{
		"bearer":             {[]string{"Bearer " + b.read}, "key:12", nil},
		"api-key":            {[]string{"Api-Key " + b.read}, "key:12", nil},
		"any case":           {[]string{"bEARER " + b.read}, "key:12", nil},
		"any case, api-key":  {[]string{"API-KEY " + b.read}, "key:12", nil},
		"spaces":             {[]string{"  Bearer   " + b.read + " "}, "key:12", nil},
		"not yet expired":    {[]string{"Bearer " + b.expiring}, "key:13", nil},
		"token":              {[]string{"Bearer " + documented}, "link:act_abc123xyz", nil},
		"token, api-key":     {[]string{"Api-Key " + documented}, "link:act_abc123xyz", nil},
		"missing":            {nil, "", auth.ErrMissing},
		"empty":              {[]string{""}, "", auth.ErrMissing},
		"blank":              {[]string{" \t "}, "", auth.ErrMissing},
		"two":                {[]string{"Bearer " + b.read, "Bearer " + b.read}, "", auth.ErrMalformed},
		"two, one empty":     {[]string{"Bearer " + b.read, ""}, "", auth.ErrMalformed},
		"two in one":         {[]string{"Bearer " + b.read + ", Bearer " + b.read}, "", auth.ErrMalformed},
		"no scheme":          {[]string{b.read}, "", auth.ErrMalformed},
		"no credential":      {[]string{"Bearer"}, "", auth.ErrMalformed},
		"blank credential":   {[]string{"Bearer   "}, "", auth.ErrMalformed},
		"basic":              {[]string{"Basic " + b.read}, "", auth.ErrMalformed},
		"longer scheme":      {[]string{"BearerX " + b.read}, "", auth.ErrMalformed},
		"not ASCII":          {[]string{"Bearer " + b.read + "é"}, "", auth.ErrMalformed},
		"512 bytes":          {[]string{"Bearer " + strings.Repeat("a", 505)}, "", auth.ErrInvalid},
		"513 bytes":          {[]string{"Bearer " + strings.Repeat("a", 506)}, "", auth.ErrMalformed},
		"unknown":            {[]string{"Bearer " + unknown}, "", auth.ErrInvalid},
		"another case":       {[]string{"Bearer " + strings.ToUpper(b.read)}, "", auth.ErrInvalid},
		"cut short":          {[]string{"Bearer " + b.read[:len(b.read)-1]}, "", auth.ErrInvalid},
		"only the prefix":    {[]string{"Bearer " + b.read[:11]}, "", auth.ErrInvalid},
		"expired":            {[]string{"Bearer " + b.expired}, "", auth.ErrInvalid},
		"revoked":            {[]string{"Bearer " + b.revoked}, "", auth.ErrInvalid},
		"revoked token":      {[]string{"Bearer " + b.gone}, "", auth.ErrInvalid},
		"an activation's id": {[]string{"Bearer act_abc123xyz"}, "", auth.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := b.Authenticate(t.Context(), request(c.headers...))
			check(t, p, err, c.id, c.err)
			if err != nil && code(err) != analytics.CodeUnauthenticated {
				t.Errorf("%v is not UNAUTHENTICATED", err)
			}
		})
	}
}

func check(t *testing.T, p *auth.Principal, err error, id string, wanted error) {
	t.Helper()
	switch {
	case !errors.Is(err, wanted):
		t.Errorf("error %v, want %v", err, wanted)
	case (p == nil) == (wanted == nil):
		t.Errorf("principal %+v with error %v", p, err)
	case p != nil && (p.ID != id || p.Tenant.ID != 7):
		t.Errorf("principal %+v, want %s", p, id)
	}
}

func TestOpenLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		activation, token string
		err               error
	}{
		"its token":                {"act_abc123xyz", documented, nil},
		"no such activation":       {"act_none", documented, auth.ErrNoActivation},
		"no activation":            {"", documented, auth.ErrNoActivation},
		"impossible activation":    {"act\x00", documented, auth.ErrNoActivation},
		"not UTF-8":                {"act\xff", documented, auth.ErrNoActivation},
		"endless":                  {strings.Repeat("a", 1<<16), documented, auth.ErrNoActivation},
		"another's token":          {"act_abc123xyz", b.gone, auth.ErrWrongToken},
		"a key":                    {"act_abc123xyz", b.read, auth.ErrWrongToken},
		"no token":                 {"act_abc123xyz", "", auth.ErrWrongToken},
		"with a space":             {"act_abc123xyz", documented + " ", auth.ErrWrongToken},
		"revoked":                  {"act_gone", b.gone, auth.ErrRevoked},
		"revoked, another's token": {"act_gone", documented, auth.ErrWrongToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := b.OpenLink(t.Context(), nil, c.activation, c.token)
			check(t, p, err, "link:"+c.activation, c.err)
			if p != nil && p.ActivationID != c.activation {
				t.Errorf("the principal may see %q", p.ActivationID)
			}
		})
	}
	codes := map[*analytics.Error]analytics.Code{
		auth.ErrNoActivation: analytics.CodeNotFound, auth.ErrWrongToken: analytics.CodeForbidden, auth.ErrRevoked: analytics.CodeForbidden,
	}
	for err, code := range codes {
		if err.Code != code {
			t.Errorf("%v has code %s", err, err.Code)
		}
	}
}
