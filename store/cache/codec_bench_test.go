package cache

import (
	"testing"
	"time"

	"footfall/analytics"
)

// BenchmarkAnswer is what an activation's answer costs on its way to Redis and back.
func BenchmarkAnswer(b *testing.B) {
	totals := &analytics.Totals{Sessions: 892}
	totals.Of[analytics.Click] = analytics.Total{Events: 1250, Sessions: 867}
	totals.Of[analytics.OutboundClick] = analytics.Total{Events: 342, Sessions: 298}
	totals.Of[analytics.CalendarSync] = analytics.Total{Events: 158, Sessions: 142}
	answer := analytics.Answer{Totals: []*analytics.Totals{totals}, AsOf: time.Date(2026, 3, 9, 7, 13, 21, 0, time.UTC)}
	payload, err := encodeAnswer(answer)
	if err != nil {
		b.Fatal(err)
	}
	envelope := &envelope{right: answer.AsOf, until: answer.AsOf.Add(time.Hour), payload: payload}
	stored := envelope.encode()
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := encodeAnswer(answer); err != nil {
				b.Fatal(err)
			}
			envelope.encode()
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e, err := decodeEnvelope(stored)
			if err != nil {
				b.Fatal(err)
			}
			if _, err = decodeAnswer(e.payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}
