package main

import (
	"fmt"
	"runtime"
	"strconv"

	"footfall/store"
)

// version is that of CHANGELOG.md.
const version = "unreleased"

// fullVersion says which gateways may serve one database side by side: those of one
// schema.
func fullVersion() string {
	return fmt.Sprintf("footfall %s, schema %d, %s", version, store.SchemaVersion(), runtime.Version())
}

func buildLabels() map[string]string {
	return map[string]string{"version": version, "schema": strconv.FormatInt(store.SchemaVersion(), 10), "goversion": runtime.Version()}
}
