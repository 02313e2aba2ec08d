package loaders

import (
	"context"
	"errors"
	"strings"
	"testing"

	"footfall/analytics"
)

func TestRoomForPoints(t *testing.T) {
	t.Parallel()
	room := NewRoom(nil)
	var a, b pointBudget
	take := func(of *pointBudget, n int) error {
		t.Helper()
		return of.take(t.Context(), room, n)
	}
	for range 3 {
		if err := take(&a, analytics.MaxPoints); err != nil {
			t.Fatal(err)
		}
	}
	if err := take(&a, shortSeries+1); err == nil || !strings.Contains(err.Error(), "300000") {
		t.Errorf("more than there is, for one operation: %v", err)
	}
	if err := take(&b, shortSeries); err != nil {
		t.Errorf("a short series: %v", err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.take(impatient, room, shortSeries+1); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that left while waiting: %v", err)
	}
	waited := make(chan error)
	go func() { waited <- take(&b, analytics.MaxPoints) }()
	a.give(room)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if err := take(&a, 2*analytics.MaxPoints); err != nil {
		t.Error(err)
	}
	var unavailable *analytics.Error
	if err := take(&b, analytics.MaxPoints); !errors.As(err, &unavailable) || unavailable.Code != analytics.CodeUnavailable {
		t.Errorf("waiting while holding: %v", err)
	}
	a.give(room)
	b.give(room)
	if !room.points.TryAcquire(pointsAtOnce) {
		t.Error("not everything was given back")
	}
}
