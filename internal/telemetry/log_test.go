package telemetry

import (
	"bytes"
	"encoding/json"
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
