package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
)

// wants is what a measure needs besides counts; measures that are counts are
// not in it.
var wants = map[string]analytics.Want{
	"uniqueSessionCount":         analytics.WantUniques,
	"uniqueViewSessionCount":     analytics.WantUniques,
	"uniqueOutboundSessionCount": analytics.WantUniques,
	"uniqueCalendarSessionCount": analytics.WantUniques,
	"outboundSessionRate":        analytics.WantUniques,
	"calendarSessionRate":        analytics.WantUniques,
	"outboundInteractionRate":    analytics.WantUniques,
	"calendarInteractionRate":    analytics.WantUniques,
	"uniqueUsers":                analytics.WantUniques,
	"totalViewers":               analytics.WantUniques,
	"totalLoginViewers":          analytics.WantUniques,
	"averageViewingTime":         analytics.WantUniques,
	"likeViewers":                analytics.WantUniques,
	"averageLikes":               analytics.WantUniques,
	"chatViewers":                analytics.WantUniques,
	"averageChats":               analytics.WantUniques,
	"productClickViewers":        analytics.WantUniques,
	"averageProductClicks":       analytics.WantUniques,
	"peakConcurrentViewers":      analytics.WantPeak,
	"peakAt":                     analytics.WantPeak,
}

// wanted is what the measures selected at path below the current field need.
func wanted(ctx context.Context, path ...string) analytics.Want {
	op := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFieldsCtx(ctx, nil)
	for _, name := range path {
		var below []graphql.CollectedField
		for _, f := range fields {
			if f.Name == name {
				below = append(below, graphql.CollectFields(op, f.Selections, nil)...)
			}
		}
		fields = below
	}
	return wantedBy(op, fields)
}

// wantedBy is what the measures among fields need, and those whose change is asked
// for: it is from the value of this range to that of another.
func wantedBy(op *graphql.OperationContext, fields []graphql.CollectedField) analytics.Want {
	var want analytics.Want
	for _, f := range fields {
		want |= wants[f.Name]
		if f.Name == "change" {
			want |= wantedBy(op, graphql.CollectFields(op, f.Selections, nil))
		}
	}
	return want
}

// wantedOfRows is what a breakdown needs: its rows and what is in none.
func wantedOfRows(ctx context.Context) analytics.Want {
	return wanted(ctx, "rows", "metrics") | wanted(ctx, "other")
}
