package analytics_test

import (
	"errors"
	"testing"
	"time"

	"footfall/analytics"
)

// FuzzRangeInput: whatever a client writes as a range, it is refused with a
// typed error or resolves to a range within bounds that decomposes exactly.
func FuzzRangeInput(f *testing.F) {
	f.Add("2026-03-01", "2026-03-31", "Europe/Paris", "LAST_30_DAYS", int64(0), uint8(0))
	f.Add("2011-12-30", "2011-12-30", "Pacific/Apia", "CURRENT_YEAR", int64(1e15), uint8(1))
	f.Add("2026-03-01T10:00:00+05:45", "2026-03-31T23:59:59.999999Z", "Asia/Kathmandu", "x", int64(-1e15), uint8(2))
	f.Add("2199-12-31", "1900-01-01", "Local", "", int64(1<<60), uint8(3))
	f.Fuzz(func(t *testing.T, from, to, zoneName, periodName string, nowMicros int64, form uint8) {
		zone, err := analytics.ParseTimeZone(zoneName)
		if err != nil {
			zone = analytics.TimeZone{}
		}
		var in analytics.RangeInput
		period := analytics.Period(periodName)
		first, errFirst := analytics.ParseDate(from)
		last, errLast := analytics.ParseDate(to)
		start, okStart := analytics.ParseInstant(from)
		end, okEnd := analytics.ParseInstant(to)
		if form&1 != 0 && period.UnmarshalGQL(periodName) == nil {
			in.Period = &period
		}
		if errFirst == nil && errLast == nil {
			in.Dates = &analytics.DateRangeInput{StartDate: first, EndDate: last}
		}
		if okStart && okEnd {
			in.Instants = &analytics.InstantRangeInput{Start: start, End: end}
		}
		now := time.UnixMicro(nowMicros % 4e15).UTC()
		w, err := in.Resolve(zone, now)
		var typed *analytics.Error
		if err != nil {
			if !errors.As(err, &typed) || typed.Code != analytics.CodeInvalid || typed.Field == "" {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if w.End.Before(w.Start) {
			t.Fatalf("ends before it starts: %v", w.Range)
		}
		for _, by := range []analytics.Comparison{analytics.PreviousPeriod, analytics.PreviousYear, analytics.SameElapsed, analytics.WeekdayMatched} {
			if b := w.Before(by, now); b.End.Before(b.Start) {
				t.Fatalf("%s of %v ends before it starts: %v", by, w.Range, b.Range)
			}
		}
		cover := analytics.Decompose(w.Range)
		covered := cover.Head.End.Sub(cover.Head.Start) + cover.Tail.End.Sub(cover.Tail.Start)
		for _, s := range cover.Spans {
			covered += s.To.Start(s.Level).Sub(s.From.Start(s.Level))
		}
		if asked := w.End.Sub(w.Start); asked < 200*365*24*time.Hour && covered != asked || len(cover.Spans) > 5 {
			t.Fatalf("%v is covered by %v in %d spans", w.Range, covered, len(cover.Spans))
		}
	})
}
