package analytics

import "time"

// CampaignAudience is how many watched a campaign, in equal steps.
type CampaignAudience struct {
	StepSeconds int64 // 0 when nobody watched yet
	Points      []*AudiencePoint
	AsOf        time.Time
}

// AudiencePoint is one step of an audience.
type AudiencePoint struct {
	At      time.Time // the step's first instant, a whole second
	Viewers int64     // the most who watched at one instant of the step
}

// MaxAudiencePoints bounds the steps of an audience.
const MaxAudiencePoints = 1000

const second = int64(time.Second / time.Microsecond)

// seconds is the most who watch within each whole second. That keeps it short,
// however many viewers there are, and its largest is the peak. s is normalized.
func (s Steps) seconds() Steps {
	var out Steps
	level, shown := int64(0), int64(0)
	show := func(at, level int64) {
		if level != shown {
			out = append(out, Step{at, level - shown})
			shown = level
		}
	}
	for i := 0; i < len(s); {
		at, most := floorDiv(s[i].At, second)*second, int64(0)
		if s[i].At > at { // who watched before still does when the second begins
			most = level
		}
		for ; i < len(s) && s[i].At < at+second; i++ {
			level += s[i].Delta
			most = max(most, level)
		}
		show(at, most)
		if i == len(s) || s[i].At >= at+2*second {
			show(at+second, level)
		}
	}
	return out
}

// Curve cuts an audience by seconds into so many steps at most, of equally many
// seconds each, from the first viewer to the last as far as it has come by asOf.
func (s Steps) Curve(points int, asOf time.Time) *CampaignAudience {
	c := &CampaignAudience{Points: []*AudiencePoint{}, AsOf: asOf}
	if len(s) == 0 {
		return c
	}
	from, to := s[0].At, min(s[len(s)-1].At, floorDiv(asOf.UnixMicro(), second)*second+second)
	if from >= to {
		return c
	}
	c.StepSeconds = ((to-from)/second + int64(points) - 1) / int64(points)
	level := int64(0)
	for at, i := from, 0; at < to; at += c.StepSeconds * second {
		most := level
		if i < len(s) && s[i].At == at {
			most = 0 // it is another from the step's first second on
		}
		for ; i < len(s) && s[i].At < min(at+c.StepSeconds*second, to); i++ {
			level += s[i].Delta
			most = max(most, level)
		}
		c.Points = append(c.Points, &AudiencePoint{time.UnixMicro(at).UTC(), most})
	}
	return c
}
