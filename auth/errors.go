package auth

import "footfall/analytics"

// The refusals, for errors.Is. A credential that never was, one that expired
// and one that was revoked answer alike.
var (
	// ErrMissing: the request has no Authorization header.
	ErrMissing = analytics.Errorf(analytics.CodeUnauthenticated, "Authorization header is required")
	// ErrMalformed: the header is not one scheme we know and one credential.
	ErrMalformed = analytics.Errorf(analytics.CodeUnauthenticated,
		"Authorization must be one header of the form Bearer KEY or Api-Key KEY, at most %d bytes long", maxHeader)
	// ErrInvalid: the credential opens nothing.
	ErrInvalid = analytics.Errorf(analytics.CodeUnauthenticated, "the API key or token is unknown, expired or revoked")

	// ErrNoActivation: OpenLink found no such activation.
	ErrNoActivation = analytics.Errorf(analytics.CodeNotFound, "no such activation")
	// ErrWrongToken: OpenLink was given another token than the activation's.
	ErrWrongToken = analytics.Errorf(analytics.CodeForbidden, "the token is not this activation's")
	// ErrRevoked: OpenLink was given the activation's token, revoked since.
	ErrRevoked = analytics.Errorf(analytics.CodeForbidden, "the activation's link has been revoked")
)
