package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// An outage that fails every request does not fill the disk, and the log says what
// it left out. Other lines are not touched.
func TestLogLeavesOutRepetition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := NewLog(&out, slog.LevelInfo)
		for range 1000 {
			log.Error("request failed", "code", "UNAVAILABLE")
		}
		log.With("route", "/graphql").Error("request failed", "code", "UNAVAILABLE")
		log.Error("request failed", "code", "INTERNAL")
		log.Debug("request failed", "code", "INTERNAL")
		time.Sleep(time.Second)
		log.Error("request failed", "code", "UNAVAILABLE")
		log.Error("request failed", "code", "UNAVAILABLE")

		got := map[string][]float64{} // how many were omitted before each line
		for d := json.NewDecoder(&out); d.More(); {
			var l struct {
				Code    string
				Omitted float64
			}
			if err := d.Decode(&l); err != nil {
				t.Fatal(err)
			}
			got[l.Code] = append(got[l.Code], l.Omitted)
		}
		if n := got["UNAVAILABLE"]; len(n) != linesPerSecond+2 || n[linesPerSecond-1] != 0 || n[linesPerSecond] != 991 || n[linesPerSecond+1] != 0 {
			t.Errorf("lines omitted before those of UNAVAILABLE: %v", n)
		}
		if n := got["INTERNAL"]; len(n) != 1 || n[0] != 0 {
			t.Errorf("lines omitted before those of INTERNAL: %v", n)
		}
	})
}

// Lines that nobody repeats, of strangers' making, are bounded too.
func TestLogForgetsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counts{of: map[line]*count{}}
		written := 0
		for i := range 10 * linesApart {
			if _, ok := c.admit(line{message: fmt.Sprint(i)}, time.Now()); ok {
				written++
			}
		}
		if most := linesApart + 1 + linesPerSecond; len(c.of) > linesApart+1 || written > most {
			t.Errorf("%d lines held, %d written, want at most %d", len(c.of), written, most)
		}
		time.Sleep(time.Second)
		c.admit(line{message: "x"}, time.Now())
		if len(c.of) > 2 { // and those that were omitted
			t.Errorf("%d lines held a second later", len(c.of))
		}
	})
}
