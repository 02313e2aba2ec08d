//go:build linux && !footfall_guard

package localdb

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// The kernel ends our children when we die, however we die (PR_SET_PDEATHSIG). It ties a child to the thread that
// forked it, not to the process; so all children are forked by one goroutine that keeps its thread for good.

var (
	forks      = make(chan func())
	startForks = sync.OnceFunc(func() { go forkForever() })
)

func forkForever() {
	runtime.LockOSThread()
	for fork := range forks {
		fork()
	}
}

// launch starts the command in a process group of its own, out of reach of the terminal's Ctrl-C; it gets the signal
// when this process dies. The command's credential, if any, is kept.
func launch(cmd *exec.Cmd, onDeath syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = onDeath
	startForks()
	started := make(chan error)
	forks <- func() { started <- cmd.Start() }
	return <-started
}

// guard is nothing here: the kernel stands guard.
type guard struct{}

func watch(*exec.Cmd, syscall.Signal) *guard { return nil }

func (*guard) dismiss() {}
