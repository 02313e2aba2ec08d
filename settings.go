package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"footfall/auth"
	"footfall/store"
	"footfall/store/cache"
)

// maxRetention is how many months of events may be kept.
const maxRetention = 1200

// Validate refuses settings that cannot be meant, each by its flag and its variable.
func (s *serving) Validate() error {
	trimAll(s.CORSOrigins)
	trimAll(s.TrustedProxies)
	var errs []error
	if s.Listen == "" {
		errs = append(errs, errors.New("--listen (LISTEN) must be an address such as 127.0.0.1:8080, got \"\""))
	}
	for _, o := range s.CORSOrigins {
		if !isOrigin(o) {
			errs = append(errs, fmt.Errorf("--cors-origins (CORS_ORIGINS) must be origins such as https://dashboard.example.com, got %q", o))
		}
	}
	if _, err := auth.ParseProxies(s.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("--trusted-proxies (TRUSTED_PROXIES) %w", err))
	}
	if s.Retention != 0 && (s.Retention < 2 || s.Retention > maxRetention) {
		errs = append(errs, fmt.Errorf("--retention (RETENTION) must be 0, or 2 to %d months, got %d", maxRetention, s.Retention))
	}
	if 0 < s.CompactEvery && s.CompactEvery < time.Second {
		errs = append(errs, fmt.Errorf("--compact-every (COMPACT_EVERY) must be 0, or a second or more, got %s", s.CompactEvery))
	}
	return errors.Join(append(errs,
		atLeast("--timeout (REQUEST_TIMEOUT)", s.Timeout, time.Millisecond),
		atLeast("--edge-cache-ttl (EDGE_CACHE_TTL)", s.EdgeCacheTTL, 0), atLeast("--max-stale (MAX_STALE)", s.MaxStale, 0),
		atLeast("--drain-delay (DRAIN_DELAY)", s.DrainDelay, 0), atLeast("--compact-every (COMPACT_EVERY)", s.CompactEvery, 0),
		atLeast("--queue-time (QUEUE_TIME)", s.QueueTime, time.Millisecond),
		atLeast("--reads-at-once (READS_AT_ONCE)", s.ReadsAtOnce, 0), atLeast("--reads-queued (READS_QUEUED)", s.ReadsQueued, 0),
		atLeast("--rate-limit (RATE_LIMIT)", s.RateLimit, 0), atLeast("--leaderboard-rate-limit (LEADERBOARD_RATE_LIMIT)", s.LeaderboardRateLimit, 0),
		atLeast("--failure-rate-limit (FAILURE_RATE_LIMIT)", s.FailureRateLimit, 0),
		atLeast("--cost-limit (COST_LIMIT)", s.CostLimit, 0), atLeast("--cost-budget (COST_BUDGET)", s.CostBudget, 0),
		atLeast("--depth-limit (DEPTH_LIMIT)", s.DepthLimit, 0), atLeast("--alias-limit (ALIAS_LIMIT)", s.AliasLimit, 0),
		atLeast("--root-field-limit (ROOT_FIELD_LIMIT)", s.RootFieldLimit, 0),
	)...)
}

// Validate refuses what is no URL of a replica, beside what serving does.
func (c *serveCmd) Validate() error {
	err := c.serving.Validate()
	if c.ReadURL != "" {
		err = errors.Join(err, inSetting("--database-read-url (DATABASE_READ_URL)", store.CheckURL(c.ReadURL)))
	}
	return err
}

// Validate refuses what is no URL of a database.
func (d database) Validate() error {
	return inSetting("--database-url (DATABASE_URL)", store.CheckURL(d.URL))
}

// Validate refuses what is no URL of Redis.
func (r redisServer) Validate() error {
	if r.URL == "" {
		return nil
	}
	return inSetting("--redis-url (REDIS_URL)", cache.CheckURL(r.URL))
}

// inSetting is what is wrong with a setting, by its name.
func inSetting(setting string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %w", setting, err)
}

// UnmarshalText is that of slog.Level, and names the levels.
func (l *logLevel) UnmarshalText(text []byte) error {
	if l.Level.UnmarshalText(text) != nil {
		return fmt.Errorf("must be debug, info, warn or error, got %q", text)
	}
	return nil
}

// trimAll takes the spaces off that people write after commas.
func trimAll(list []string) {
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
}

func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.Contains(u.Host, "*") && u.Scheme+"://"+u.Host == text
}

func atLeast[N cmp.Ordered](name string, n, least N) error {
	if n < least {
		return fmt.Errorf("%s must be %v or more, got %v", name, least, n)
	}
	return nil
}
