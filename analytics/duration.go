package analytics

import (
	"fmt"
	"io"
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

var durationPattern = regexp.MustCompile(`^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,9}))?S)?)?$`)

// ParseDuration reads an ISO 8601 duration such as PT5S; years, months and weeks
// are refused.
func ParseDuration(s string) (Duration, error) {
	invalid := Invalidf("", "must be a duration of at most 366 days such as PT5S, got %s", Quote(s))
	parts := durationPattern.FindStringSubmatch(s)
	if parts == nil || strings.HasSuffix(s, "T") || s == "P" {
		return 0, invalid
	}
	parts[5] += strings.Repeat("0", 9-len(parts[5])) // the second's fraction, in nanoseconds
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second, 1} {
		n, _ := strconv.ParseInt(parts[i+1], 10, 64) // digits, or nothing for 0
		if n > int64(MaxDuration/unit) {
			return 0, invalid
		}
		total += time.Duration(n) * unit
	}
	if total > MaxDuration {
		return 0, invalid
	}
	return Duration(total), nil
}

func (d Duration) String() string {
	text := fmt.Sprintf("PT%d.%09d", d/Duration(time.Second), d%Duration(time.Second))
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "S"
}

// MarshalGQL writes the Duration scalar.
func (d Duration) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(d.String())) }

// UnmarshalGQL reads the Duration scalar.
func (d *Duration) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return Invalidf("", "must be a duration such as PT5S, got %s", Show(v))
	}
	parsed, err := ParseDuration(s)
	*d = parsed
	return err
}
