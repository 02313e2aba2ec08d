package localdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How long an orderly stop may take before it becomes a hard one, and how often a start looks whether it is done.
const (
	stopLimit = 30 * time.Second
	pollEvery = 10 * time.Millisecond
)

// errNotRunning is what a Process that is down says to a signal.
var errNotRunning = errors.New("not running")

// errFatal marks an answer of a server that more patience will not change.
var errFatal = errors.New("will not get ready")

// program is what a Process runs.
type program struct {
	name    string                      // for people
	logFile string                      // takes stdout and stderr
	prepare func(context.Context) error // before each start; nil = nothing to do
	command func() *exec.Cmd            // a new one for each start
	ready   func(context.Context) error // nil once the server answers; errFatal ends the wait
	retry   func(logged string) bool    // whether a start that failed so is worth another try; nil = never
	stop    syscall.Signal              // asks for an orderly exit that disconnects clients
}

// Process is a server that can be stopped, started, frozen and killed, always over the same data and at the same
// address. Its methods are safe for concurrent use and return when the thing is done.
type Process struct {
	program program
	mu      sync.Mutex
	child   *child // nil when down
}

// child is one run of a Process.
type child struct {
	cmd    *exec.Cmd
	guard  *guard
	done   chan struct{}
	frozen []int // process ids that Pause stopped
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) exited() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Pid is the process id, or 0 when it is down.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.running(); c != nil {
		return c.pid()
	}
	return 0
}

// running is the current child unless it has exited. The caller holds the lock.
func (p *Process) running() *child {
	if p.child != nil && p.child.exited() {
		p.child = nil
	}
	return p.child
}

// Start starts a process that is down, over the data that it left, and returns when it answers. An error carries the
// end of the server's log.
func (p *Process) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startupLimit)
	defer cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() != nil {
		return fmt.Errorf("start %s: running already", p.program.name)
	}
	for {
		err := p.tryStart(ctx)
		var failed *startError
		if !errors.As(err, &failed) || p.program.retry == nil || !p.program.retry(failed.logged) {
			return err
		}
		if !pause(ctx) {
			return err
		}
	}
}

func (p *Process) tryStart(ctx context.Context) error {
	if p.program.prepare != nil {
		if err := p.program.prepare(ctx); err != nil {
			return fmt.Errorf("start %s: %w", p.program.name, err)
		}
	}
	log, err := openLog(p.program.logFile)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.program.name, err)
	}
	c, err := spawn(p.program, log)
	if err == nil {
		if err = p.await(ctx, c); err == nil {
			p.child = c
			return nil
		}
		err = errors.Join(err, c.leave(p.program.stop))
	}
	return &startError{name: p.program.name, cause: err, logged: log.tail()}
}

// await polls until the server answers, exits, or time is up.
func (p *Process) await(ctx context.Context, c *child) error {
	for {
		err := p.program.ready(ctx)
		switch {
		case err == nil && !c.exited():
			return nil
		case errors.Is(err, errFatal):
			return err
		case c.exited():
			return fmt.Errorf("it exited: %s", c.cmd.ProcessState)
		}
		select {
		case <-c.done:
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// spawn starts one run, its output going to the log.
func spawn(program program, log *logTail) (*child, error) {
	c := &child{cmd: program.command(), done: make(chan struct{})}
	defer log.close()
	c.cmd.Stdout, c.cmd.Stderr = log.file, log.file
	if err := launch(c.cmd, program.stop); err != nil {
		return nil, err
	}
	c.guard = watch(c.cmd, program.stop)
	go func() {
		_ = c.cmd.Wait()
		c.guard.dismiss()
		close(c.done)
	}()
	return c, nil
}

// Stop shuts the process down in order, and waits; down already is fine. One that does not leave in half a minute is
// killed, which is an error.
func (p *Process) Stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.running()
	if c == nil {
		return nil
	}
	if err := c.leave(p.program.stop); err != nil {
		return fmt.Errorf("stop %s: %w", p.program.name, err)
	}
	return nil
}

// Kill ends the process and its children with SIGKILL, as a power cut would, and waits.
func (p *Process) Kill() error {
	return p.signal("kill", (*child).kill)
}

// Pause freezes the process and its children with SIGSTOP: connections stay open, and nothing answers.
func (p *Process) Pause() error {
	return p.signal("pause", (*child).freeze)
}

// Resume lets a paused process go on.
func (p *Process) Resume() error {
	return p.signal("resume", (*child).thaw)
}

func (p *Process) signal(verb string, send func(*child)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.running()
	if c == nil {
		return fmt.Errorf("%s %s: %w", verb, p.program.name, errNotRunning)
	}
	send(c)
	return nil
}

// freeze stops the parent first, so that it neither starts nor reaps children, and then all that there are. Postgres
// gives each backend a session of its own: a signal to the process group would miss them.
func (c *child) freeze() {
	stopped := map[int]bool{}
	_ = c.cmd.Process.Signal(syscall.SIGSTOP)
	for fresh := true; fresh; {
		fresh = false
		for _, pid := range childrenOf(c.pid()) {
			if !stopped[pid] {
				stopped[pid], fresh = true, true
				c.frozen = append(c.frozen, pid)
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
		}
	}
}

// thaw wakes what freeze stopped, the children first.
func (c *child) thaw() {
	for _, pid := range c.frozen {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	c.frozen = nil
	_ = c.cmd.Process.Signal(syscall.SIGCONT)
}

// leave ends the run in order; half a minute later by force, which is an error.
func (c *child) leave(signal syscall.Signal) error {
	c.thaw()
	if err := c.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(stopLimit):
		c.kill()
		return fmt.Errorf("killed, because it did not leave within %s", stopLimit)
	}
}

// kill leaves nobody: the frozen parent cannot reap, so the children's process ids are still theirs.
func (c *child) kill() {
	if c.exited() {
		return
	}
	c.freeze()
	for _, pid := range childrenOf(c.pid()) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = c.cmd.Process.Kill()
	<-c.done
}

// pause waits one polling interval; false when time is up.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pollEvery):
		return true
	}
}

// startError is a start that failed, with what the server logged meanwhile.
type startError struct {
	name   string
	cause  error
	logged string
}

func (e *startError) Error() string {
	text := fmt.Sprintf("start %s: %v", e.name, e.cause)
	if e.logged != "" {
		text += "; its log ends with:\n" + e.logged
	}
	return text
}

func (e *startError) Unwrap() error { return e.cause }

// portTaken reports whether the server found its port in use.
func (e *startError) portTaken() bool {
	return strings.Contains(strings.ToLower(e.logged), "address already in use")
}
