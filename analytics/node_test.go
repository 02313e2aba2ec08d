package analytics_test

import (
	"testing"

	"footfall/analytics"
)

// An id that is read is of a noun and a key that write the same id, or one that
// base64 reads alike.
func FuzzDecodeID(f *testing.F) {
	f.Add(analytics.EncodeID("Activation", "act_1"))
	f.Add("!")
	f.Fuzz(func(t *testing.T, id string) {
		noun, key, known := analytics.DecodeID(id)
		if !known {
			return
		}
		if again, back, known := analytics.DecodeID(analytics.EncodeID(noun, key)); !known || again != noun || back != key {
			t.Errorf("%q is %q %q, and then %q %q", id, noun, key, again, back)
		}
	})
}

// A zone that is read has a name that reads as the same zone, and is no file.
func FuzzParseTimeZone(f *testing.F) {
	for _, name := range []string{"Europe/Paris", "UTC", "", "Local", "../etc/passwd", "/etc/localtime", `Europe\Paris`, "europe/paris"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		zone, err := analytics.ParseTimeZone(name)
		if err != nil {
			return
		}
		if again, err := analytics.ParseTimeZone(zone.String()); err != nil || again.String() != name {
			t.Errorf("%q is %q, and then %q (%v)", name, zone, again, err)
		}
	})
}
