package analytics

import "time"

// Before is the window that w is compared with at now, as far as it lies after
// MinInstant.
func (w Window) Before(by Comparison, now time.Time) Window {
	return w.earlier(by, now).Narrow(Range{MinInstant, w.End})
}

func (w Window) earlier(by Comparison, now time.Time) Window {
	switch by {
	case PreviousYear:
		return w.yearBefore()
	case SameElapsed:
		return w.before().elapsed(w, now)
	case WeekdayMatched:
		return w.weeksBefore()
	default:
		return w.before()
	}
}

// before is the window of the same length that ends where w starts: calendar
// months before calendar months, days before days, a duration before a duration.
func (w Window) before() Window {
	switch {
	case w.months > 0:
		return monthWindow(w.first.AddMonths(-w.months), w.months, w.Zone)
	case w.days > 0:
		return dayWindow(w.first.AddDays(-w.days), w.first.AddDays(-1), w.Zone)
	default:
		length := w.End.UnixMicro() - w.Start.UnixMicro() // which may be more than a time.Duration holds
		return WindowOf(Range{time.UnixMicro(w.Start.UnixMicro() - length).UTC(), w.Start}, w.Zone)
	}
}

// yearBefore is the window of the same dates one year earlier, clamped to the
// month's end.
func (w Window) yearBefore() Window {
	switch {
	case w.months > 0:
		return monthWindow(w.first.AddMonths(-12), w.months, w.Zone)
	case w.days > 0:
		last := w.first.AddDays(w.days - 1)
		return dayWindow(w.first.AddMonths(-12), last.AddMonths(-12), w.Zone)
	}
	loc := w.Zone.Location()
	return w.moved(DateOf(w.Start, loc).AddMonths(-12), DateOf(w.End, loc).AddMonths(-12))
}

// moved is w, plain instants, with its ends on other dates at the same time of
// the day.
func (w Window) moved(first, last Date) Window {
	loc := w.Zone.Location()
	r := Range{first.at(clockOf(w.Start, loc), loc), last.at(clockOf(w.End, loc), loc)}
	if r.End.Before(r.Start) { // the end was clamped from a leap day, or lies in an hour that comes twice
		r.End = r.Start
	}
	return WindowOf(r, w.Zone)
}

// elapsed is as much of w as has passed of the window after it at now, to the
// whole second: the same number of calendar days and the same time of the day,
// or the same duration where that window is plain instants.
func (w Window) elapsed(after Window, now time.Time) Window {
	now = now.Truncate(time.Second)
	if !now.Before(after.End) {
		return w
	}
	until := w.Start.Add(now.Sub(after.Start))
	if w.first != (Date{}) {
		loc := w.Zone.Location()
		days := after.first.DaysUntil(DateOf(now, loc))
		until = w.first.AddDays(days).at(clockOf(now, loc), loc)
	}
	if until.Before(w.Start) || now.Before(after.Start) { // nothing has
		until = w.Start
	}
	return w.Narrow(Range{w.Start, until})
}

// weeksBefore is w moved back by the fewest whole weeks that clear it, by the
// calendar and the clock of its zone.
func (w Window) weeksBefore() Window {
	if w.first != (Date{}) {
		days := w.days
		if w.months > 0 {
			days = w.first.DaysUntil(w.first.AddMonths(w.months))
		}
		first := w.first.AddDays(-(days + 6) / 7 * 7)
		return dayWindow(first, first.AddDays(days-1), w.Zone)
	}
	loc := w.Zone.Location()
	first, last := DateOf(w.Start, loc), DateOf(w.End, loc)
	for weeks := max(1, first.DaysUntil(last)/7); ; weeks++ {
		if m := w.moved(first.AddDays(-7*weeks), last.AddDays(-7*weeks)); !m.End.After(w.Start) {
			return m
		}
	}
}
