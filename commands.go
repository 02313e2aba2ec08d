package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"footfall/analytics"
	"footfall/auth"
	"footfall/ingest"
	"footfall/store"
	"footfall/store/cache"
)

// withStore runs f with an open store whose schema is this version's.
func withStore(ctx context.Context, db database, f func(s *store.Store) error) error {
	return withAnyStore(ctx, db, func(s *store.Store) error {
		schema, err := s.Schema(ctx)
		if err == nil {
			err = schema.Err()
		}
		if err != nil {
			return err
		}
		return f(s)
	})
}

// withAnyStore runs f with an open store.
func withAnyStore(ctx context.Context, db database, f func(s *store.Store) error) error {
	s, err := store.Open(ctx, store.Options{URL: db.URL, Patient: true})
	if err != nil {
		return err
	}
	defer s.Close()
	return f(s)
}

// withTenant runs f with an open store and a tenant of it.
func withTenant(ctx context.Context, db database, accessKey string, f func(s *store.Store, t analytics.Tenant) error) error {
	return withStore(ctx, db, func(s *store.Store) error {
		t, err := s.Tenant(ctx, accessKey)
		if err != nil {
			return err
		}
		return f(s, t)
	})
}

// withWriter runs f with a writer. Without Redis the word to the caches stays in
// the outbox, where the gateways find it.
func withWriter(ctx context.Context, db database, redis redisServer, accessKey string, log *slog.Logger,
	f func(s *store.Store, w *ingest.Writer, t analytics.Tenant) error,
) error {
	return withTenant(ctx, db, accessKey, func(s *store.Store, t analytics.Tenant) (err error) {
		o := ingest.Options{Store: s, Log: log}
		if redis.URL != "" {
			client, err := cache.OpenRedis(redis.URL)
			if err != nil {
				return err
			}
			defer func() { _ = client.Close() }()
			o.Publisher = cache.New(cache.Options{Next: s, Outbox: s, Incarnation: s.Incarnation, Redis: client, Log: log})
		}
		w := ingest.New(o)
		defer w.Close()
		return f(s, w, t)
	})
}

// printJSON prints one JSON value a line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

type migrateCmd struct {
	Database database `embed:""`
}

// Run brings the schema up to date.
func (c *migrateCmd) Run(ctx context.Context, std streams) error {
	return withAnyStore(ctx, c.Database, func(s *store.Store) error {
		n, err := s.Migrate(ctx)
		if err == nil {
			_, _ = fmt.Fprintf(std.err, "footfall: %d migrations ran, the schema is up to date\n", n)
			if err = s.Ping(ctx); err == nil && !s.Bound() {
				_, _ = fmt.Fprintln(std.err, "footfall:", store.Unbound)
			}
		}
		return err
	})
}

type tenantsCmd struct {
	Create createTenantCmd `cmd:"" help:"Create a tenant."`
	List   listTenantsCmd  `cmd:"" help:"List the tenants, a JSON object a line."`
}

type createTenantCmd struct {
	Database database `embed:""`
	Key      string   `required:"" help:"The access key: its public name in URLs, 1 to 64 letters, digits, - or _."`
	Name     string   `required:"" help:"Its name."`
	TimeZone string   `default:"UTC" help:"The IANA time zone whose days its dates are."`
}

// Run creates a tenant and prints it.
func (c *createTenantCmd) Run(ctx context.Context, std streams) error {
	zone, err := analytics.ParseTimeZone(c.TimeZone)
	if err != nil {
		return fmt.Errorf("--time-zone %w", err)
	}
	return withStore(ctx, c.Database, func(s *store.Store) error {
		t, err := s.CreateTenant(ctx, analytics.Tenant{AccessKey: c.Key, Name: c.Name, Zone: zone})
		if err != nil {
			return err
		}
		return printTenant(std.out, t)
	})
}

func printTenant(w io.Writer, t analytics.Tenant) error {
	return printJSON(w, struct {
		Key      string `json:"key"`
		Name     string `json:"name"`
		TimeZone string `json:"timeZone"`
	}{t.AccessKey, t.Name, t.Zone.String()})
}

type listTenantsCmd struct {
	Database database `embed:""`
}

// Run lists the tenants.
func (c *listTenantsCmd) Run(ctx context.Context, std streams) error {
	return withStore(ctx, c.Database, func(s *store.Store) error {
		tenants, err := s.Tenants(ctx)
		for _, t := range tenants {
			err = errors.Join(err, printTenant(std.out, t))
		}
		return err
	})
}

type keysCmd struct {
	Create createKeyCmd `cmd:"" help:"Create an API key and print it. It cannot be shown again."`
	List   listKeysCmd  `cmd:"" help:"List a tenant's keys, a JSON object a line."`
	Revoke revokeKeyCmd `cmd:"" help:"Revoke a key. It stops working within a second; while Postgres is away, up to MAX_STALE after it was last checked."`
}

type createKeyCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
	Scopes   []string `required:"" help:"What it may do, separated by commas: analytics:read, events:write, admin."`
	Name     string   `help:"What it is for."`
	Mode     string   `name:"documents" default:"off" enum:"off,log,enforce" help:"Which GraphQL documents it may run: any (off), any, logging those that are not trusted (log), or trusted ones alone (enforce)."`
	Expires  *string  `help:"When it stops working: an instant such as 2027-01-01T00:00:00Z."`
	Budget   *int     `help:"What its GraphQL operations may cost a minute, 0 without a limit; by default what COST_BUDGET says."`
	Rate     *int     `name:"rate-limit" help:"How many requests it may send a minute, 0 without a limit; by default what RATE_LIMIT and LEADERBOARD_RATE_LIMIT say."`
}

const maxKeyName = 256

// Run creates a key and prints the secret alone.
func (c *createKeyCmd) Run(ctx context.Context, std streams) error {
	k, err := c.key()
	if err != nil {
		return err
	}
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		id, secret, err := createKey(ctx, s, t, k)
		if err != nil {
			return err
		}
		if _, err = fmt.Fprintln(std.out, secret); err != nil {
			return fmt.Errorf("key %d was made, but not shown: footfall keys revoke %[1]d --tenant %s takes it back: %w", id, t.AccessKey, err)
		}
		return nil
	})
}

// key is the key that the flags describe.
func (c *createKeyCmd) key() (k analytics.APIKey, err error) {
	if len(c.Name) > maxKeyName {
		return k, fmt.Errorf("--name must be at most %d bytes long, got %d", maxKeyName, len(c.Name))
	}
	k = analytics.APIKey{Name: c.Name, Documents: analytics.DocumentMode(c.Mode), Budget: c.Budget, RateLimit: c.Rate}
	if k.Scopes, err = parseScopes(c.Scopes); err != nil {
		return k, err
	}
	if c.Expires != nil {
		at, err := instant("--expires", *c.Expires)
		if err != nil {
			return k, err
		}
		if !at.After(time.Now()) {
			return k, fmt.Errorf("--expires must lie in the future, got %s", *c.Expires)
		}
		k.ExpiresAt = &at
	}
	if c.Budget != nil && *c.Budget < 0 {
		return k, fmt.Errorf("--budget must be 0 or more, got %d", *c.Budget)
	}
	if c.Rate != nil && (*c.Rate < 0 || *c.Rate > math.MaxInt32) {
		return k, fmt.Errorf("--rate-limit must be from 0 to %d, got %d", math.MaxInt32, *c.Rate)
	}
	return k, nil
}

func parseScopes(names []string) (scopes []analytics.Scope, err error) {
	for _, name := range names {
		scope, err := analytics.ParseScope(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	if len(scopes) == 0 {
		return nil, errors.New("--scopes must name at least one of analytics:read, events:write, admin")
	}
	return scopes, nil
}

// createKey makes a key for a tenant and returns its id and its secret.
func createKey(ctx context.Context, s *store.Store, t analytics.Tenant, k analytics.APIKey) (id int64, secret string, err error) {
	secret, prefix, digest := auth.NewKey()
	k.Tenant, k.Prefix = t, prefix
	k, err = s.CreateKey(ctx, k, digest)
	return k.ID, secret, err
}

func instant(name, text string) (time.Time, error) {
	t, ok := analytics.ParseInstant(text)
	if !ok {
		return t, fmt.Errorf("%s must be an instant such as 2026-03-31T12:00:00Z, got %q", name, text)
	}
	return t, nil
}

type listKeysCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
}

// Run lists a tenant's keys.
func (c *listKeysCmd) Run(ctx context.Context, std streams) error {
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		keys, err := s.Keys(ctx, t.ID)
		for _, k := range keys {
			scopes := make([]string, len(k.Scopes))
			for i, scope := range k.Scopes {
				scopes[i] = scope.Name()
			}
			err = errors.Join(err, printJSON(std.out, struct {
				ID        int64      `json:"id"`
				Prefix    string     `json:"prefix"`
				Name      string     `json:"name"`
				Scopes    []string   `json:"scopes"`
				Documents string     `json:"documents"`
				CreatedAt time.Time  `json:"createdAt"`
				ExpiresAt *time.Time `json:"expiresAt"`
				RevokedAt *time.Time `json:"revokedAt"`
				Budget    *int       `json:"budget"`
				RateLimit *int       `json:"rateLimit"`
			}{k.ID, k.Prefix, k.Name, scopes, string(k.Documents), k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.Budget, k.RateLimit}))
		}
		return err
	})
}

type revokeKeyCmd struct {
	Database database `embed:""`
	Tenant   string   `required:"" help:"The tenant's access key."`
	ID       int64    `arg:"" help:"The key's id, as keys list shows it."`
}

// Run revokes a key.
func (c *revokeKeyCmd) Run(ctx context.Context, std streams) error {
	return withTenant(ctx, c.Database, c.Tenant, func(s *store.Store, t analytics.Tenant) error {
		err := s.RevokeKey(ctx, t.ID, c.ID)
		if err == nil {
			_, _ = fmt.Fprintf(std.err, "footfall: key %d is revoked\n", c.ID)
		}
		return err
	})
}

// newBar draws progress for people, on a terminal; -1 is an unknown total.
func newBar(w io.Writer, total int64, what string, bytes bool) *progressbar.ProgressBar {
	seen := isTerminal(w)
	return progressbar.NewOptions64(total, progressbar.OptionSetVisibility(seen),
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(bytes),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetWidth(30),
		progressbar.OptionOnCompletion(func() {
			if seen {
				_, _ = fmt.Fprintln(w)
			}
		}), progressbar.OptionSetPredictTime(true))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
