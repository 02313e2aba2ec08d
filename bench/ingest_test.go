package main

import "testing"

func TestAccepted(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"accepted":5000,"duplicates":0,"rejected":[]}`:    true,
		`{"accepted":999,"duplicates":1,"rejected":[]}`:     false,
		`{"accepted":50000,"duplicates":0,"rejected":[]}`:   false,
		`{"type":"about:blank","title":"Too Many Requests"`: false,
	} {
		if err := accepted(200, []byte(body)); (err == nil) != want {
			t.Errorf("%s: %v", body, err)
		}
		if accepted(503, []byte(body)) == nil {
			t.Errorf("503 with %s passes", body)
		}
	}
}
