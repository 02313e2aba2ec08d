package loaders

import "context"

// Crowd knows who asks side by side in an operation, as the elements of a list do: a
// batch waits for them.
type Crowd interface {
	// Alone reports whether nobody else asks when who asks under ctx does.
	Alone(ctx context.Context) bool
	// Gather begins to count who has asked.
	Gather() Gathering
}

// Gathering is who of a Crowd has asked. It need not be safe for concurrent use.
type Gathering interface {
	// Enter counts who asks under ctx.
	Enter(ctx context.Context)
	// Whole reports whether all have asked who surely will.
	Whole() bool
	// Expecting reports whether somebody has not asked who may, or may never.
	Expecting() bool
}

// loners is the Crowd of those of whom nothing is known: each is alone.
type loners struct{}

func (loners) Alone(context.Context) bool { return true }
func (loners) Gather() Gathering          { return loners{} }
func (loners) Enter(context.Context)      {}
func (loners) Whole() bool                { return true }
func (loners) Expecting() bool            { return false }
