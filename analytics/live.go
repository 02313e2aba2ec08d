package analytics

import (
	"slices"
	"time"
)

// CampaignLive is a campaign at one instant.
type CampaignLive struct {
	At         time.Time // a whole second
	ViewersNow int64     // whose watched time holds At
	Metrics    *CampaignMetrics
}

// after is the audience from t on as whole seconds see it: who watches at the
// second that t lies in, then each change at the first whole second that it
// counts in. That keeps it short, however many viewers there are. s is
// normalized.
func (s Steps) after(t time.Time) Steps {
	from := floorDiv(t.UnixMicro(), second) * second
	out := Steps{{At: from}}
	for _, step := range s {
		at := max(from, -floorDiv(-step.At, second)*second)
		if last := &out[len(out)-1]; last.At == at {
			last.Delta += step.Delta
		} else {
			out = append(out, Step{at, step.Delta})
		}
	}
	later := slices.DeleteFunc(out[1:], func(step Step) bool { return step.Delta == 0 })
	return out[:1+len(later)]
}

// Level is how many of an audience watch at t; before its first step it is the
// level there.
func (s Steps) Level(t time.Time) int64 {
	level := int64(0)
	for i, step := range s {
		if i > 0 && step.At > t.UnixMicro() {
			break
		}
		level += step.Delta
	}
	return level
}
