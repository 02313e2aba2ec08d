// Package cost owns the arithmetic of what a GraphQL operation costs, from the
// schema's @cost and @listSize directives (IBM's GraphQL Cost Directives,
// https://ibm.github.io/graphql-specs/cost-spec.html): before it runs from the
// document and its variables, afterwards from its data. It must not know HTTP,
// who asks, or which limits there are.
package cost

// Costs are added up in thousandths, so that light weights count, and rounded up
// in the end. What would be more than the ceiling is the ceiling; the largest
// cost is Ceiling.
const (
	thousandths = 1000
	ceiling     = 1<<53 - 1
	Ceiling     = ceiling/thousandths + 1
)

// rounded is a cost in whole units.
func rounded(cost int64) int64 { return (cost + thousandths - 1) / thousandths }

// add and times keep costs, which are never negative, up to the ceiling.
func add(costs ...int64) int64 {
	var sum int64
	for _, c := range costs {
		sum = min(sum+c, ceiling)
	}
	return sum
}

func times(n, cost int64) int64 {
	if cost > 0 && n > ceiling/cost {
		return ceiling
	}
	return n * cost
}
