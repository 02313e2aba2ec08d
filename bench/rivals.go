package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"

	"footfall/bench/contenders"
	"footfall/bench/load"
	"footfall/internal/process"
)

// contenderCommand makes this program a contender instead: a server in a process
// of its own, as the gateway is.
const contenderCommand = "contender"

var contenderIsUp = regexp.MustCompile(`contender on http://(\S+)`)

// rival is a contender as the harness sees it: how it is started and asked.
type rival struct {
	name    string
	request func(q contenders.Question) load.Request
	start   func(ctx context.Context, c contenders.Config) (*process.Process, error)
	slow    bool // so slow on some jobs that more than one connection only queues
}

// ours are the rivals that this program itself can be.
func ours() map[string]rival {
	out := map[string]rival{}
	for _, name := range []string{contenders.Ceiling, contenders.Redis, contenders.Bare, contenders.Cells, contenders.Events} {
		out[name] = rival{name: name, request: contenders.Question.Request, start: startSelf(name), slow: name == contenders.Events}
	}
	asGateway := out[contenders.Bare]
	asGateway.request = nil
	out[contenders.Bare] = asGateway
	return out
}

func startSelf(name string) func(ctx context.Context, c contenders.Config) (*process.Process, error) {
	return func(ctx context.Context, c contenders.Config) (*process.Process, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		return process.Launch(ctx, process.Command{Path: self, Args: []string{contenderCommand, name}, Stdin: bytes.NewReader(text), Announce: contenderIsUp})
	}
}

// slowJobs are those of which Postgres counts for seconds: more connections than
// one only queue.
var slowJobs = regexp.MustCompile(`^J(1hot|[234])`)

// join starts a rival for a job and makes sure that it says the gateway's numbers.
func (b *bench) join(ctx context.Context, r rival, j job, requests []load.Request, want []load.Answer) (lane, error) {
	asked := requests
	if r.request != nil {
		asked = mapped(j.questions, r.request)
	}
	config := contenders.Config{Database: b.data.url, Redis: b.redis(1), Tenant: b.data.TenantID}
	if r.name == contenders.Redis || r.name == contenders.Bare {
		for i := range asked {
			config.Answers = append(config.Answers, contenders.Prebuilt{Request: asked[i], Answer: want[i]})
		}
	}
	p, err := r.start(ctx, config)
	if err != nil {
		return lane{}, fmt.Errorf("%s: %w", r.name, err)
	}
	answers, err := load.Capture(ctx, p.Address, asked)
	for i := range answers {
		if err == nil {
			err = contenders.SameNumbers(answers[i].Body, want[i].Body)
		}
	}
	if err != nil {
		p.Stop()
		return lane{}, fmt.Errorf("%s: %w; it said: %s", r.name, err, p.Tail())
	}
	return lane{state: r.name, server: p, requests: asked, answers: answers}, nil
}
