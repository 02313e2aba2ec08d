package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"footfall/analytics"
)

// input is a CreateActivationInput. The id is made of the rest, so a second run
// finds the activations there already instead of making them twice.
type input struct {
	ActivationID string    `json:"activationId"`
	EventKey     string    `json:"eventKey"`
	EventName    string    `json:"eventName"`
	Tier         string    `json:"tier"`
	StartAt      time.Time `json:"startAt"`
	EndAt        time.Time `json:"endAt"`
}

// The columns that are read; Date To may be missing.
const (
	columnTitle  = "Title"
	columnDate   = "Date"
	columnDateTo = "Date To"
	columnKey    = "Event Key"
)

// columnsOf finds the columns by their names.
func columnsOf(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF"))] = i
	}
	for _, name := range []string{columnTitle, columnDate, columnKey} {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("the header has no column %q", name)
		}
	}
	return columns, nil
}

// input makes a row's activation: from some days before the event's date to the
// end of its last.
func (p plan) input(columns map[string]int, record []string) (input, error) {
	cell := func(name string) string {
		if i, ok := columns[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	in := input{EventKey: cell(columnKey), EventName: cell(columnTitle), Tier: p.tier}
	switch {
	case in.EventKey == "":
		return in, errors.New("no " + columnKey)
	case in.EventName == "":
		return in, errors.New("no " + columnTitle)
	}
	first, err := date(columnDate, cell(columnDate))
	if err != nil {
		return in, err
	}
	last := first
	if cell(columnDateTo) != "" {
		if last, err = date(columnDateTo, cell(columnDateTo)); err != nil {
			return in, err
		}
	}
	if first.DaysUntil(last) < 0 {
		return in, fmt.Errorf("%s %s is before %s %s", columnDateTo, last, columnDate, first)
	}
	in.StartAt, in.EndAt = first.AddDays(-p.days).Start(p.zone).UTC(), last.AddDays(1).Start(p.zone).UTC()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", in.EventKey, in.Tier, in.StartAt.Unix(), in.EndAt.Unix()))
	in.ActivationID = "act_" + hex.EncodeToString(sum[:8])
	return in, in.check()
}

// check refuses what the gateway would.
func (in input) check() error {
	_, err := analytics.CreateActivationInput{
		EventKey: in.EventKey, EventName: in.EventName, Tier: in.Tier, StartAt: in.StartAt, EndAt: in.EndAt,
	}.Activation(in.ActivationID)
	return err
}

func date(column, text string) (analytics.Date, error) {
	t, err := time.Parse("02-01-2006", text)
	if err != nil {
		return analytics.Date{}, fmt.Errorf("%s must be a date such as 21-06-2026, got %q", column, text)
	}
	return analytics.DateOf(t, time.UTC), nil
}
