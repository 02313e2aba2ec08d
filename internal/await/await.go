// Package await has tests wait for what must come, as long as a slow machine needs and
// no longer. It must not know what it waits for.
package await

import (
	"testing"
	"time"
)

// timeout is how long what must come may take.
const timeout = 30 * time.Second

// Until returns when the condition holds. It is asked every millisecond; if it never
// holds the test fails with the words.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	Within(t, timeout, what, holds)
}

// Within is Until for a condition that is promised within d.
func Within(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", d, what)
		}
	}
}

// Value is what the channel gives next, its zero value once it is closed. If nothing
// comes the test fails with the words.
func Value[V any](t testing.TB, what string, from <-chan V) (v V) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(timeout):
		t.Fatalf("never: %s", what)
	}
	return v
}
