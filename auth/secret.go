package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
)

const (
	keyMark   = "ff_"
	tokenMark = "tok_"
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	prefixLength   = 11 // of a key: what may be shown to tell keys apart
	keyLength      = 35 // random characters of a key: 208 bits, 160 of them beyond the prefix
	tokenLength    = 27 // random characters of a token: 160 bits
	checksumLength = 6  // CRC-32 in base 62
)

// NewKey makes the secret of an API key: ff_, 35 random characters and a
// checksum, 44 in all. The prefix (its first 11 characters) may be stored and
// shown, the digest is what to store, the secret is shown once.
//
// The checksum is the CRC-32 (IEEE) of everything before it as six base-62
// digits (0-9A-Za-z), so that a secret scanner can tell a key from a
// look-alike. A lookup does not ask for it.
func NewKey() (secret, prefix string, digest [32]byte) {
	secret = mint(keyMark, keyLength)
	return secret, secret[:prefixLength], Digest(secret)
}

// NewToken makes the token of an activation: tok_, 27 random characters and a
// checksum as in [NewKey], 37 in all.
func NewToken() (token string, digest [32]byte) {
	token = mint(tokenMark, tokenLength)
	return token, Digest(token)
}

// Digest is the SHA-256 of a secret, all that is ever stored of it. Secrets
// are long and random, so that a slow hash would add nothing.
func Digest(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

func mint(mark string, length int) string {
	out := append(make([]byte, 0, len(mark)+length+checksumLength), mark...)
	for i := 0; i < length; {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand
		if v := b[0] >> 2; int(v) < len(base62) {
			out = append(out, base62[v])
			i++
		}
	}
	return string(append(out, checksum(out)...))
}

func checksum(b []byte) []byte {
	out := make([]byte, checksumLength)
	sum := crc32.ChecksumIEEE(b)
	for i := checksumLength - 1; i >= 0; i-- {
		out[i], sum = base62[sum%62], sum/62
	}
	return out
}
