package live

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/loaders"
)

// nothing is a Source that knows of nothing; totals are stale as it says.
type nothing struct {
	loaders.Source
	stale bool
}

func (*nothing) Activations(context.Context, int64, []string) ([]*analytics.Activation, error) {
	return nil, nil
}

func (*nothing) ListActivations(context.Context, int64, analytics.ActivationFilter, analytics.Page) ([]*analytics.Activation, error) {
	return nil, nil
}

func (*nothing) CountActivations(context.Context, int64, analytics.ActivationFilter) (int, error) {
	return 0, nil
}

func (*nothing) Partners(context.Context, int64, []uuid.UUID) ([]*analytics.Partner, error) {
	return nil, nil
}

func (*nothing) ListPartners(context.Context, int64) ([]*analytics.Partner, error) { return nil, nil }

func (*nothing) Campaigns(context.Context, int64, []string) ([]*analytics.Campaign, error) {
	return nil, nil
}

func (*nothing) ListCampaigns(context.Context, int64, analytics.CampaignFilter, analytics.Page) ([]*analytics.Campaign, error) {
	return nil, nil
}

func (*nothing) CountCampaigns(context.Context, int64, analytics.CampaignFilter) (int, error) {
	return 0, nil
}

func (n *nothing) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	return []analytics.Answer{{Stale: n.stale}}, nil
}

func (*nothing) Extents(context.Context, int64, []int64) ([]analytics.Range, error) { return nil, nil }

// Whatever is read is noted, so that a change of it is heard.
func TestWhatIsReadIsNoted(t *testing.T) {
	t.Parallel()
	one, two := analytics.SubjectTopic(1), analytics.SubjectTopic(2)
	for name, c := range map[string]struct {
		read func(ctx context.Context, s *noting) error
		want []analytics.Topic
	}{
		"activations": {func(ctx context.Context, s *noting) error { _, err := s.Activations(ctx, 7, nil); return err }, []analytics.Topic{analytics.TopicActivations}},
		"activations' list": {func(ctx context.Context, s *noting) error {
			_, err := s.ListActivations(ctx, 7, analytics.ActivationFilter{}, analytics.Page{})
			return err
		}, []analytics.Topic{analytics.TopicActivations}},
		"activations' count": {func(ctx context.Context, s *noting) error {
			_, err := s.CountActivations(ctx, 7, analytics.ActivationFilter{})
			return err
		}, []analytics.Topic{analytics.TopicActivations}},
		"partners":       {func(ctx context.Context, s *noting) error { _, err := s.Partners(ctx, 7, nil); return err }, []analytics.Topic{analytics.TopicPartners}},
		"partners' list": {func(ctx context.Context, s *noting) error { _, err := s.ListPartners(ctx, 7); return err }, []analytics.Topic{analytics.TopicPartners}},
		"campaigns":      {func(ctx context.Context, s *noting) error { _, err := s.Campaigns(ctx, 7, nil); return err }, []analytics.Topic{analytics.TopicCampaigns}},
		"campaigns' list": {func(ctx context.Context, s *noting) error {
			_, err := s.ListCampaigns(ctx, 7, analytics.CampaignFilter{}, analytics.Page{})
			return err
		}, []analytics.Topic{analytics.TopicCampaigns}},
		"campaigns' count": {func(ctx context.Context, s *noting) error {
			_, err := s.CountCampaigns(ctx, 7, analytics.CampaignFilter{})
			return err
		}, []analytics.Topic{analytics.TopicCampaigns}},
		"totals": {func(ctx context.Context, s *noting) error {
			_, err := s.Totals(ctx, 7, []analytics.Query{{Subject: 1}, {Subject: 2}})
			return err
		}, []analytics.Topic{one, two}},
		"extents": {func(ctx context.Context, s *noting) error { _, err := s.Extents(ctx, 7, []int64{1, 2}); return err }, []analytics.Topic{one, two}},
	} {
		s := &noting{next: &nothing{}, reads: map[analytics.Topic]bool{}}
		if err := c.read(t.Context(), s); err != nil {
			t.Error(name, err)
		}
		want := map[analytics.Topic]bool{}
		for _, topic := range c.want {
			want[topic] = true
		}
		if reads, stale := s.take(); !reflect.DeepEqual(reads, want) || stale {
			t.Errorf("%s: %v, stale %t", name, reads, stale)
		}
	}
}

// One stale answer of many is enough, until it was told.
func TestWhatIsStaleIsNoted(t *testing.T) {
	t.Parallel()
	source := &nothing{stale: true}
	s := &noting{next: source, reads: map[analytics.Topic]bool{}}
	for _, stale := range []bool{true, false} {
		source.stale = stale
		if _, err := s.Totals(t.Context(), 7, nil); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []bool{true, false} {
		if _, stale := s.take(); stale != want {
			t.Errorf("stale %t, want %t", stale, want)
		}
	}
}
