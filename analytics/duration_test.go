package analytics_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "P0D": 0, "PT10S": 10 * time.Second, "PT5M": 5 * time.Minute, "PT1H": time.Hour, "P1D": 24 * time.Hour,
		"P1DT2H3M4.5S": 26*time.Hour + 3*time.Minute + 4500*time.Millisecond, "PT0.000000001S": 1, "PT90M": 90 * time.Minute,
		"P366D": analytics.MaxDuration, "PT31622400S": analytics.MaxDuration,
	} {
		if got, err := analytics.ParseDuration(text); err != nil || time.Duration(got) != want {
			t.Errorf("%s is %v, %v, want %v", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{
		"", "P", "PT", "P1DT", "T1S", "1S", "10", "PT1", "PT-1S", "-PT1S", "+PT1S", "P1Y", "P1M", "P1W", "PT1S1M", "PT1.5M", "PT.5S", "PT1.S",
		"PT1,5S", "pt1s", " PT1S", "PT1S\n", "PT1e3S", "PTNaNS", "P367D", "P366DT1S", "PT31622400.000000001S", "PT999999999H",
		"PT1234567890S", "PT٣S", strings.Repeat("P1D", 1000),
	} {
		got, err := analytics.ParseDuration(text)
		var typed *analytics.Error
		if !errors.As(err, &typed) || typed.Code != analytics.CodeInvalid || len(typed.Message) > 200 {
			t.Errorf("%.40q is %v, %v", text, got, err)
		}
	}
}

// What is written is read again as the same length.
func TestDurationRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := analytics.Duration(rapid.Int64Range(0, int64(analytics.MaxDuration)).Draw(t, "nanoseconds"))
		var b bytes.Buffer
		want.MarshalGQL(&b)
		var got analytics.Duration
		if err := got.UnmarshalGQL(strings.Trim(b.String(), `"`)); err != nil || got != want {
			t.Errorf("%d was written as %s and read as %d, %v", want, &b, got, err)
		}
	})
}

// FuzzDuration: whatever a client writes is refused, or a length within bounds
// that is written and read as the same.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"PT0S", "P1DT12H", "PT1.000000001S", "-PT5S", "P366D", "PT0.5S", "PT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := analytics.ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 || time.Duration(d) > analytics.MaxDuration {
			t.Fatalf("%q is %d", text, d)
		}
		if again, err := analytics.ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q is %d, written as %s and read as %d, %v", text, d, d, again, err)
		}
	})
}

func TestDurationIsText(t *testing.T) {
	t.Parallel()
	for _, value := range []any{nil, 5, 5.5, true, []any{"PT5S"}} {
		var d analytics.Duration
		var typed *analytics.Error
		if err := d.UnmarshalGQL(value); !errors.As(err, &typed) || typed.Code != analytics.CodeInvalid {
			t.Errorf("%v is %v, %v", value, d, err)
		}
	}
}
