package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// command says how to start a process that announces itself.
type command struct {
	path     string
	args     []string
	env      []string // beside our own
	stdin    io.Reader
	stderr   io.Writer      // nil: read for the announcement too
	announce *regexp.Regexp // its first group, if any, is the address
}

// process is a child that has announced itself.
type process struct {
	address string // host:port
	pid     int
	cancel  context.CancelFunc
	exited  chan struct{}
	said    *announcer
}

// launch starts a process and returns once it has announced itself. It lives
// until stop is called or ctx ends.
func launch(ctx context.Context, c command) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	said := &announcer{pattern: c.announce, found: make(chan string, 1)}
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(os.Environ(), c.env...), c.stdin, said, said
	if c.stderr != nil {
		cmd.Stderr = c.stderr
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, cancel: cancel, exited: make(chan struct{}), said: said}
	go func() {
		_ = cmd.Wait() // how it ended shows in what it said
		close(p.exited)
	}()
	select {
	case p.address = <-said.found:
		return p, nil
	case <-p.exited:
		cancel()
		return nil, fmt.Errorf("%s %s ended before it was ready: %s", c.path, strings.Join(c.args, " "), said.tail())
	}
}

// stop ends the process and waits until it is gone.
func (p *process) stop() {
	if p != nil {
		p.cancel()
		<-p.exited
	}
}

// keptOutput bounds what is remembered of a process' output.
const keptOutput = 4 << 10

// announcer looks for the announcement in what a process says, and remembers
// the last of it for the error message.
type announcer struct {
	pattern *regexp.Regexp
	found   chan string
	mu      sync.Mutex
	done    bool
	text    []byte
}

// Write implements io.Writer.
func (a *announcer) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text = append(a.text, b...)
	if m := a.pattern.FindSubmatch(a.text); m != nil && !a.done {
		a.done = true
		a.found <- string(m[len(m)-1])
	}
	if over := len(a.text) - keptOutput; over > 0 {
		a.text = append(a.text[:0], a.text[over:]...)
	}
	return len(b), nil
}

func (a *announcer) tail() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return string(bytes.TrimSpace(a.text))
}
