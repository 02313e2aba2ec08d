package store

import "testing"

// TestMeanwhilePanics hands a panic to who waits, as without a goroutine.
func TestMeanwhilePanics(t *testing.T) {
	t.Parallel()
	result := async(func() int { panic("of f") })
	defer func() { equal(t, "panic", recover(), any("of f")) }()
	result()
	t.Fatal("no panic")
}
