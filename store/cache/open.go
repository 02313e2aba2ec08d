package cache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// OpenRedis makes the client that Options wants from a URL: a server
// (redis://user:password@host:6379/0, rediss:// with TLS), a Cluster
// (…?addr=host2:6379&addr=host3:6379), or a server behind Sentinels
// (redis://sentinel:26379/0?master_name=name). It connects lazily, does not
// retry, keeps to the deadline of each call and never reads from a replica.
func OpenRedis(address string) (redis.UniversalClient, error) {
	o, query, err := parseURL(address)
	if err != nil {
		return nil, fmt.Errorf("the Redis URL %w", err)
	}
	hush.Do(func() { redis.SetLogger(nobody{}) })
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: append([]string{o.Addr}, query["addr"]...), MasterName: query.Get("master_name"),
		Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
		PoolSize: 100, DialTimeout: callTimeout, PoolTimeout: callTimeout, ReadTimeout: time.Second, WriteTimeout: time.Second,
		// A handshake that only one vendor's servers know.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), nil
}

// CheckURL says what is wrong with a URL of Redis, without its text: that may hold a
// password.
func CheckURL(address string) error {
	_, _, err := parseURL(address)
	return err
}

// parseURL parts a URL into what the library reads and what we do.
func parseURL(address string) (*redis.Options, url.Values, error) {
	bad := errors.New("must be a URL such as redis://host:6379/0")
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "unix" || strings.Contains(u.RawQuery, "@") { // a password with a question mark
		return nil, nil, bad
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, bad
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "addr" && name != "master_name" {
			return nil, nil, fmt.Errorf("must have no parameters but addr and master_name, got %q", name)
		}
	}
	u.RawQuery = ""
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, nil, bad
	}
	return o, query, nil
}

// The library would write a line to stderr for each failure, which we count and
// log ourselves.
var hush sync.Once

type nobody struct{}

func (nobody) Printf(context.Context, string, ...any) {}
