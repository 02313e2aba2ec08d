package chart

import "math"

// Scale is an axis of counts from 0 to at least the largest of them.
type scale struct{ step, top float64 }

const mostSteps = 4

// newScale chooses the smallest step of 1, 2 or 5 times a power of ten that
// needs at most mostSteps steps to reach most.
func newScale(most float64) scale {
	if !known(most) || most <= 1 {
		return scale{1, 1}
	}
	step := math.Pow(10, math.Floor(math.Log10(most/mostSteps)))
	for i := 0; math.Ceil(most/step) > mostSteps; i++ {
		step *= [...]float64{2, 2.5, 2}[i%3]
	}
	step = max(step, 1)
	return scale{step, math.Ceil(most/step) * step}
}

// ticks are the values that the axis names, 0 first.
func (s scale) ticks() []float64 {
	var out []float64
	for i := range int(math.Round(s.top/s.step)) + 1 {
		out = append(out, float64(i)*s.step)
	}
	return out
}

// share is how far up the axis a value lies, 0 to 1.
func (s scale) share(v float64) float64 {
	if !known(v) {
		return 0
	}
	return min(max(v/s.top, 0), 1)
}

// every is how many steps lie between two labels, so that of n there are at
// most most.
func every(n, most int) int {
	for _, step := range []int{1, 2, 3, 4, 6, 7} {
		if (n+step-1)/step <= most {
			return step
		}
	}
	return (n + most - 1) / most
}
