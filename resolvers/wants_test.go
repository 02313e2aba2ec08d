package resolvers

import (
	"testing"

	"footfall/graph/generated"
)

// Every measure that needs more than counts is one of the schema's.
func TestWantsAreMeasures(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for name := range wants {
		found := false
		for _, measures := range []string{"ActivationMetrics", "PartnerEngagement", "CampaignMetrics"} {
			found = found || schema.Types[measures].Fields.ForName(name) != nil
		}
		if !found {
			t.Errorf("%s is no measure", name)
		}
	}
}
