package analytics

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as clients write it: ISO 8601 in days of 24
// hours, hours, minutes and seconds.
type Duration time.Duration

// MaxDuration bounds what clients may ask for.
const MaxDuration = 366 * 24 * time.Hour

var durationPattern = regexp.MustCompile(`^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$`)

// ParseDuration reads an ISO 8601 duration such as PT5S; years, months and weeks
// are refused.
func ParseDuration(s string) (Duration, error) {
	invalid := Invalidf("", "must be a duration of at most 366 days such as PT5S, got %s", clip(s))
	parts := durationPattern.FindStringSubmatch(s)
	if parts == nil || strings.HasSuffix(s, "T") || s == "P" {
		return 0, invalid
	}
	total := 0.0
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if n, err := strconv.ParseFloat(parts[i+1], 64); err == nil {
			total += math.Round(n * float64(unit))
		}
	}
	if total > float64(MaxDuration) {
		return 0, invalid
	}
	return Duration(total), nil
}

func (d Duration) String() string {
	seconds := strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64)
	return "PT" + seconds + "S"
}

// MarshalGQL writes the Duration scalar.
func (d Duration) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(d.String())) }

// UnmarshalGQL reads the Duration scalar.
func (d *Duration) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return Invalidf("", "must be a duration such as PT5S, got a %s", fmt.Sprintf("%T", v))
	}
	parsed, err := ParseDuration(s)
	*d = parsed
	return err
}
