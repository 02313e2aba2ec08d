// Package auth says who asks and how often they may: principals, API keys,
// activation tokens, scopes and rate limits.
//
// It owns the shape of the secrets we hand out, the reading of an
// Authorization header, what is remembered of a [Directory]'s answers and the
// text of every refusal. It must never know where credentials are stored,
// which route or field is being asked for, beyond the use that it counts for, or
// how an error is dressed for a client; and no secret may leave it in an error, a log value or a panic: a
// secret is digested at the door, and only digests are kept and compared.
package auth
