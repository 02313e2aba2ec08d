package store

// async runs f beside its caller, who gets what it returned, or panicked with,
// by calling the result.
func async[T any](f func() T) (result func() T) {
	var out T
	var failure any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { failure = recover() }()
		out = f()
	}()
	return func() T {
		<-done
		if failure != nil {
			panic(failure)
		}
		return out
	}
}
