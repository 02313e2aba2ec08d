//go:build !linux

package localdb

import (
	"os/exec"
	"strconv"
	"strings"
)

// childrenOf lists the process ids of the children of a process.
func childrenOf(parent int) []int {
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(parent)).Output()
	var children []int
	for _, line := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(line); err == nil {
			children = append(children, pid)
		}
	}
	return children
}

// commandLine is how a process was started, or "" when there is none.
func commandLine(pid int) string {
	out, _ := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return strings.TrimSpace(string(out))
}
