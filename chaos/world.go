package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/chaos/ledger"
	"footfall/chaos/link"
	"footfall/internal/localdb"
)

const builtBin = "bin/footfall"

// world is what there is to break: private servers behind links, gateways behind
// a proxy, tenants, and the truth about their events.
type world struct {
	o        options
	binary   string
	say      progress
	errOut   io.Writer
	volume   *volume
	servers  *localdb.Server
	standby  *localdb.Standby // nil until one is needed
	primary  string           // the URL of the Postgres that is written to
	postgres *link.Link
	replica  *link.Link // to the standby; nil until gateways read from it
	redis    *link.Link
	proxy    *balancer
	gateways []*gateway
	tenants  []*tenant
	truth    *ledger.Ledger
	control  *redis.Client // past the link
}

// openWorld builds the program, starts the servers and makes the tenants.
func openWorld(ctx context.Context, o options, errOut io.Writer, say progress) (_ *world, err error) {
	w := &world{o: o, binary: o.binary, say: say, errOut: errOut, truth: ledger.New()}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.binary == "" {
		say("building %s", builtBin)
		if w.binary, err = builtBin, build(ctx, errOut, "-o", builtBin, "."); err != nil {
			return nil, err
		}
	}
	if o.soak == 0 { // which would fill it
		w.volume = mountVolume(ctx)
	}
	if w.servers, err = localdb.Start(ctx, localdb.Options{Dir: w.volume.data(), Redis: true, Log: errOut}); err != nil {
		return nil, err
	}
	if w.servers.Redis() == nil {
		return nil, errors.New("no redis-server on PATH: scripts/setup.sh redis installs it")
	}
	if err = w.lay(ctx); err != nil {
		return nil, err
	}
	return w, w.settle(ctx)
}

func build(ctx context.Context, errOut io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
	cmd.Stdout, cmd.Stderr = errOut, errOut
	return cmd.Run()
}

// lay puts links before the servers and the proxy before the gateways.
func (w *world) lay(ctx context.Context) (err error) {
	w.primary = w.servers.DatabaseURL()
	if w.postgres, err = link.To(hostOf(w.primary)); err != nil {
		return err
	}
	if w.redis, err = link.To(hostOf(w.servers.RedisURL())); err != nil {
		return err
	}
	o, err := redis.ParseURL(w.servers.RedisURL())
	if err != nil {
		return err
	}
	w.control = redis.NewClient(o)
	w.proxy, err = newBalancer(ctx)
	return err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// through is an address by way of a link.
func through(address string, l *link.Link) string {
	return strings.Replace(address, "@"+hostOf(address), "@"+l.Address(), 1)
}

// settle migrates, and makes the tenants and their nouns.
func (w *world) settle(ctx context.Context) error {
	// WAL must not fill the small volume by itself.
	if err := w.sql(ctx, "ALTER SYSTEM SET max_wal_size = '96MB'", "ALTER SYSTEM SET min_wal_size = '32MB'", "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	if _, err := w.footfall(ctx, "migrate"); err != nil {
		return err
	}
	if err := w.scale(ctx, 1); err != nil {
		return err
	}
	has := few
	if w.o.soak > 0 {
		has = many
	}
	for i := range tenants {
		t := &tenant{nouns: has, accessKey: fmt.Sprint("tenant", i), first: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-days)}
		if err := w.create(ctx, t); err != nil {
			return err
		}
		w.tenants = append(w.tenants, t)
	}
	return nil
}

// create makes a tenant as a customer would.
func (w *world) create(ctx context.Context, t *tenant) (err error) {
	if _, err = w.footfall(ctx, "tenants", "create", "--key", t.accessKey, "--name", t.accessKey, "--time-zone", "UTC"); err != nil {
		return err
	}
	if t.key, err = w.footfall(ctx, "keys", "create", "--tenant", t.accessKey, "--scopes", "analytics:read,events:write,admin"); err != nil {
		return err
	}
	for i := range t.pages {
		text, err := w.footfall(ctx, "activations", "create", "--tenant", t.accessKey, "--id", t.activation(i), "--event-key", pageKey(i),
			"--event-name", pageKey(i), "--tier", "gold", "--start", t.from().Format(time.RFC3339), "--end", t.until().Format(time.RFC3339))
		if err != nil {
			return err
		}
		var made struct{ Token string }
		if err = json.Unmarshal([]byte(text), &made); err != nil {
			return err
		}
		t.tokens = append(t.tokens, made.Token)
	}
	var mutation strings.Builder
	mutation.WriteString("mutation { upsertPartners(input: [")
	for i := range t.partners {
		_, _ = fmt.Fprintf(&mutation, `{ uuid: %q, name: %q, partnerType: REFERRAL } `, partnerUUID(i), partnerName(i))
	}
	mutation.WriteString("]) { __typename } upsertCampaigns(input: [")
	for i := range t.campaigns {
		_, _ = fmt.Fprintf(&mutation, `{ campaignKey: %q, title: "Show", scheduledAt: %q } `, campaignKey(i), t.first.Format(time.RFC3339))
	}
	mutation.WriteString("]) { __typename } }")
	q := t.graphQL("", http.MethodPost, mutation.String(), nil, func([]byte) ([]figure, error) { return nil, nil })
	v, _ := w.client(w.proxy.address, 1).ask(ctx, q, false, false, w.truth)
	if v.outcome != whole {
		return fmt.Errorf("make the nouns: %s", v.why)
	}
	return nil
}

// client sends to an address over at most so many connections. What it leaves behind
// is gone before long, lest it be taken for a leak of the gateway's.
func (w *world) client(address string, connections int) client {
	return client{&http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Second, DisableCompression: true,
	}}, "http://" + address}
}

func (w *world) close() (err error) {
	for _, g := range w.gateways {
		g.stop()
	}
	if w.proxy != nil {
		w.proxy.close()
	}
	for _, l := range []*link.Link{w.postgres, w.replica, w.redis} {
		if l != nil {
			l.Close()
		}
	}
	if w.control != nil {
		_ = w.control.Close()
	}
	if w.standby != nil {
		err = w.standby.Close()
	}
	if w.servers != nil {
		err = errors.Join(err, w.servers.Close())
	}
	return errors.Join(err, w.volume.unmount())
}
