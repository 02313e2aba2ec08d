package main

import (
	"os"
	"os/user"
)

// whoRuns names who runs a command, for the audit log: the operating system's user
// and the machine.
func whoRuns() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}
