package graph

import (
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// Fifty activations with their measures, from memory: what executing and writing cost.
func BenchmarkActivations(b *testing.B) {
	const query = `{ activations(first: 50) { nodes { activationId eventName tier metrics {
		clickCount outboundClickCount calendarSyncCount uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
		outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate } } } }`
	for name, fields := range map[string]graphql.FieldMiddleware{"plainly": writePlainly, "by gqlgen": byGqlgen} {
		b.Run(name, func(b *testing.B) {
			ask := inventedServer(b, fields)
			b.ReportAllocs()
			for b.Loop() {
				ask(query)
			}
		})
	}
}
