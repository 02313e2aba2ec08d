package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// settled is within how long of the last event subscriptions have said it.
	settled = 3 * time.Second
	// comeBack is how soon a subscription that broke off is asked for again.
	comeBack = 100 * time.Millisecond
)

// watcher keeps a subscription, opens it again when it breaks off, and checks
// everything that it says.
type watcher struct {
	*load
	question
	mu   sync.Mutex
	last []figure
}

// How many of a tenant's nouns are watched at most.
const (
	pagesWatched     = 3
	campaignsWatched = 2
)

// watches are the subscriptions that a tenant keeps.
func (t *tenant) watches() (all []question) {
	for i := range min(t.pages, pagesWatched) {
		all = append(all, t.watchesActivation(i))
	}
	for i := range min(t.campaigns, campaignsWatched) {
		all = append(all, t.watchesCampaign(i))
	}
	return all
}

func (t *tenant) watchesActivation(page int) question {
	const query = `subscription ($id: String!) { activationLive(activationId: $id) { ` + pageMeasures + ` } }`
	return t.graphQL("activationLive", http.MethodPost, query, object{"id": t.activation(page)}, func(data []byte) ([]figure, error) {
		var d struct{ ActivationLive pageFigures }
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		return t.pageFigures(page, d.ActivationLive)
	})
}

func (t *tenant) watchesCampaign(campaign int) question {
	const query = `subscription ($key: String!) { campaignLive(campaignKey: $key) { metrics { ` + showMeasures + ` } } }`
	return t.graphQL("campaignLive", http.MethodPost, query, object{"key": campaignKey(campaign)}, func(data []byte) ([]figure, error) {
		var d struct{ CampaignLive struct{ Metrics shows } }
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		d.CampaignLive.Metrics.CampaignKey = campaignKey(campaign)
		return t.showFigures(d.CampaignLive.Metrics)
	})
}

func (w *watcher) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if v := w.follow(ctx); v.outcome == wrong && ctx.Err() == nil {
			w.seen.note(w.kind, v, 0)
		}
		pause(ctx, comeBack)
	}
}

// follow reads one stream to its end.
func (w *watcher) follow(ctx context.Context) verdict {
	asked := time.Now()
	response, err := w.open(ctx, w.method, w.target, w.key, w.body, "Content-Type", "application/json", "Accept", "text/event-stream")
	if err != nil {
		return verdict{refused, err.Error()}
	}
	defer func() { _ = response.Body.Close() }()
	if v, over := refusal(reply{status: response.StatusCode, header: response.Header, asked: asked, until: time.Now()}, nil, readDeadline); over {
		return v
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		said, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if v := w.hear([]byte(said)); v.outcome != whole {
			return v
		}
	}
	return verdict{refused, "the stream broke off"}
}

// hear checks what a subscription says. It was read within the time that any read
// may take.
func (w *watcher) hear(said []byte) verdict {
	now := time.Now()
	v, figures := w.weigh(said, now.Add(-promise-readDeadline), now, false, w.truth)
	if v.outcome == whole {
		w.mu.Lock()
		w.last = figures
		w.mu.Unlock()
	}
	return v
}

// settle waits until all watchers have said the last event.
func (l *load) settle(ctx context.Context) {
	for deadline := time.Now().Add(settled); ctx.Err() == nil; pause(ctx, 20*time.Millisecond) {
		behind := ""
		for _, w := range l.watchers {
			if why := w.behind(); why != "" {
				behind = w.kind + ": " + why
			}
		}
		if behind == "" {
			return
		}
		if time.Now().After(deadline) {
			l.seen.note("subscription", bad("%s after the last event %s", settled, behind), 0)
			return
		}
	}
}

// behind says what the watcher was not told; "" when it was told all.
func (w *watcher) behind() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		return "nothing was said"
	}
	return outside(w.last, time.Now(), time.Now(), true, w.truth)
}
