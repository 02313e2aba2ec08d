//go:build !linux || footfall_guard

package localdb

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// Where the kernel does not end children with their parent, a guard does: a shell beside each server that reads from
// a pipe of ours until the pipe breaks, which it does when we die, however we die. The build tag footfall_guard brings
// the guard to Linux, to test it.

// launch starts the command in a process group of its own, out of reach of the terminal's Ctrl-C. The command's
// credential, if any, is kept.
func launch(cmd *exec.Cmd, _ syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	return cmd.Start()
}

// guard signals a server when this process dies; nil guards nothing.
type guard struct {
	shell *exec.Cmd
	pipe  io.Closer
}

// watch posts a guard for a command that runs. Without a shell there is none, and the server outlives a kill -9 of
// this process; the next Start over the same folder ends it.
func watch(cmd *exec.Cmd, onDeath syscall.Signal) *guard {
	const script = `while read -r _; do :; done; kill -"$1" "$2"`
	shell := exec.Command("/bin/sh", "-c", script, "guard", strconv.Itoa(int(onDeath)), strconv.Itoa(cmd.Process.Pid))
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: cmd.SysProcAttr.Credential}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil
	}
	if err := shell.Start(); err != nil {
		_ = pipe.Close()
		return nil
	}
	return &guard{shell: shell, pipe: pipe}
}

// dismiss ends the guard before the pipe breaks: the process id it holds may soon be somebody else's.
func (g *guard) dismiss() {
	if g == nil {
		return
	}
	_ = g.shell.Process.Kill()
	_ = g.shell.Wait()
	_ = g.pipe.Close()
}
