package graph

import "testing"

// Fifty activations with their measures, from memory: what executing and writing cost.
func BenchmarkActivations(b *testing.B) {
	const query = `{ activations(first: 50) { nodes { activationId eventName tier metrics {
		clickCount outboundClickCount calendarSyncCount uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
		outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate } } } }`
	for name, byGqlgen := range map[string]bool{"plainly": false, "by gqlgen": true} {
		b.Run(name, func(b *testing.B) {
			ask := inventedServer(b, byGqlgen)
			b.ReportAllocs()
			for b.Loop() {
				ask(query)
			}
		})
	}
}
