// Package process starts child processes that announce where they listen, and
// ends them. It knows nothing of what they do.
package process

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

// Command says how to start a process that announces itself.
type Command struct {
	Path     string
	Args     []string
	Env      []string // beside our own
	Stdin    io.Reader
	Stderr   io.Writer      // nil: read for the announcement too
	Announce *regexp.Regexp // its first group, if any, is the address
}

// Process is a child that has announced itself.
type Process struct {
	Address string // host:port
	Pid     int
	process *os.Process
	cancel  context.CancelFunc
	exited  chan struct{}
	said    *announcer
}

// Launch starts a process and returns once it has announced itself. It lives
// until Stop or End is called or ctx ends.
func Launch(ctx context.Context, c Command) (*Process, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	said := &announcer{pattern: c.Announce, found: make(chan string, 1)}
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(os.Environ(), c.Env...), c.Stdin, said, said
	if c.Stderr != nil {
		cmd.Stderr = c.Stderr
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	p := &Process{Pid: cmd.Process.Pid, process: cmd.Process, cancel: cancel, exited: make(chan struct{}), said: said}
	go func() {
		_ = cmd.Wait() // how it ended shows in what it said
		close(p.exited)
	}()
	select {
	case p.Address = <-said.found:
		return p, nil
	case <-p.exited:
		cancel()
		return nil, fmt.Errorf("%s %s ended before it was ready: %s", c.Path, strings.Join(c.Args, " "), p.Tail())
	}
}

// Stop asks the process to end and waits until it is gone. Nil is gone already.
func (p *Process) Stop() {
	if p != nil {
		p.cancel()
		<-p.exited
	}
}

// End sends a signal that the process ends on, and waits until it is gone.
func (p *Process) End(s os.Signal) {
	_ = p.process.Signal(s) // gone already is fine
	<-p.exited
	p.cancel()
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) error { return p.process.Signal(s) }

// Tail is the last of what the process said.
func (p *Process) Tail() string { return p.said.tail() }

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
