package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"footfall/auth"
)

// scan is what a secret scanner does: by shape, then by checksum.
func scan(s string) bool {
	if !regexp.MustCompile(`^(ff_[0-9A-Za-z]{41}|tok_[0-9A-Za-z]{33})$`).MatchString(s) {
		return false
	}
	swap := func(r rune) rune { // big.Int counts a-z before A-Z
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}
	sum, ok := new(big.Int).SetString(strings.Map(swap, s[len(s)-6:]), 62)
	return ok && sum.Uint64() == uint64(crc32.ChecksumIEEE([]byte(s[:len(s)-6])))
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		secret, prefix, digest := auth.NewKey()
		switch {
		case !scan(secret):
			t.Fatalf("a scanner rejects %s", secret)
		case prefix != secret[:11] || !strings.HasPrefix(prefix, "ff_"):
			t.Fatalf("prefix %q of %q", prefix, secret)
		case digest != auth.Digest(secret):
			t.Fatalf("another digest")
		case seen[prefix]:
			t.Fatalf("%s again", prefix)
		}
		seen[prefix] = true
	}
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]bool{}
	letters := map[rune]bool{}
	for range 2000 {
		token, digest := auth.NewToken()
		if !scan(token) || digest != auth.Digest(token) || seen[digest] {
			t.Fatalf("token %q", token)
		}
		seen[digest] = true
		for _, r := range token[4 : len(token)-6] {
			letters[r] = true
		}
	}
	if len(letters) != 62 {
		t.Errorf("%d different characters", len(letters))
	}
}

func TestChecksumTellsATypo(t *testing.T) {
	t.Parallel()
	secret, _, _ := auth.NewKey()
	for i := range secret {
		typo := []byte(secret)
		typo[i] = map[bool]byte{true: 'x', false: 'y'}[typo[i] != 'x']
		if scan(string(typo)) {
			t.Errorf("a scanner accepts %s for %s", typo, secret)
		}
	}
}

func TestDigest(t *testing.T) { // it is in databases: it may never change
	t.Parallel()
	const want = "86b8a24cacd70689264694c8c1d988b27350ba0b9c5814ed1268cea4ed3393fe"
	if got := fmt.Sprintf("%x", auth.Digest(documented)); got != want {
		t.Errorf("digest %s", got)
	}
}

// shown renders v in every way that ends in a log.
func shown(v any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10.3s", "%t"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	b, err := json.Marshal(v)
	fmt.Fprintln(&out, string(b), err)
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v, slog.Group("g", "v", v))
	return out.String()
}

func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, err := b.Credential(t.Context(), documented)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"principal":     p,
		"authenticator": b.Authenticator,
	}
	for name, r := range map[string]error{
		"malformed": second(b.Authenticate(t.Context(), request("Basic "+documented))),
		"two":       second(b.Authenticate(t.Context(), request("Bearer "+documented, documented))),
		"spaced":    second(b.Authenticate(t.Context(), request("Bearer "+documented+" "+documented))),
		"unknown":   second(b.Credential(t.Context(), documented+documented)),
		"wrong":     second(b.OpenLink(t.Context(), nil, "act_gone", documented)),
		"revoked":   second(b.OpenLink(t.Context(), nil, "act_gone", b.gone)),
	} {
		if r == nil {
			t.Errorf("%s: no error", name)
		}
		values[name] = r
	}
	for name, v := range values {
		text := shown(v)
		for _, hidden := range []string{documented, fmt.Sprintf("%x", documented), fmt.Sprintf("%X", documented), b.gone} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s shows the secret:\n%s", name, text)
			}
		}
	}
}

func second(_ *auth.Principal, err error) error { return err }
