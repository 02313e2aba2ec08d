package loaders

import (
	"context"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Node finds any noun by its Relay id; nil when there is none that the viewer
// may see.
func (l *Loaders) Node(ctx context.Context, id string) (analytics.Node, error) {
	noun, key, ok := analytics.DecodeID(id)
	if !ok || l.viewer.ActivationID != "" && noun != "Activation" {
		return nil, nil
	}
	switch noun {
	case "Activation":
		return found(l.Activation(ctx, key))
	case "Campaign":
		return found(l.Campaign(ctx, key))
	case "Partner":
		id, err := uuid.Parse(key)
		if err != nil || id.String() != key {
			return nil, nil //nolint:nilerr // not an id of ours: no such node
		}
		return found(l.Partner(ctx, id))
	}
	return nil, nil
}

// found keeps a nil noun from becoming a node that is not nil.
func found[T any, P interface {
	*T
	analytics.Node
}](noun P, err error) (analytics.Node, error) {
	if err != nil || noun == nil {
		return nil, err
	}
	return noun, nil
}
