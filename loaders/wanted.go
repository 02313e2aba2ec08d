package loaders

import "context"

type whileKey struct{}

// ReadWhile lets what is loaded under ctx go on for as long as wanted does not
// end. It is for operations whose own context must outlive those who wait.
func ReadWhile(ctx, wanted context.Context) context.Context {
	return context.WithValue(ctx, whileKey{}, wanted)
}

// whileWanted is ctx, ended sooner when the context ends that ReadWhile was given. Call the
// function when the read is over.
func whileWanted(ctx context.Context) (context.Context, context.CancelFunc) {
	wanted, ok := ctx.Value(whileKey{}).(context.Context)
	if !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(wanted, func() { cancel(context.Cause(wanted)) })
	return ctx, func() { stop(); cancel(nil) }
}
