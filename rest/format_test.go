package rest

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"footfall/graph"
)

// TestRounding compares both roundings of a quotient of counts with exact
// arithmetic: half away from zero, also where the quotient has no exact float.
func TestRounding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int64{40, 2_000, 1_000_000_000}).Draw(t, "most")
		events, viewers := rapid.Int64Range(0, most).Draw(t, "events"), rapid.Int64Range(1, most).Draw(t, "viewers")
		const largest = 1 << 53 // of counts that a float holds exactly

		if rapid.Bool().Draw(t, "tie") && events <= largest/viewers { // k/20 lies halfway between two decimals
			events, viewers = events*viewers, 20*viewers
		}
		quotient := float64(events) / float64(viewers)
		if got, want := whole(&quotient), exact(events, viewers, 1); got != want.Int64() {
			t.Fatalf("%d ÷ %d: got %d, want %s", events, viewers, got, want)
		}
		tenths := exact(events, viewers, 10)
		want := new(big.Rat).SetFrac(tenths, big.NewInt(10)).FloatString(1)
		if got, err := json.Marshal(decimal(quotient)); err != nil || string(got) != want {
			t.Fatalf("%d ÷ %d: got %s, want %s", events, viewers, got, want)
		}
	})
}

// exact is scale × events ÷ viewers rounded half up, in integers.
func exact(events, viewers, scale int64) *big.Int {
	n := new(big.Int).Mul(big.NewInt(2*scale), big.NewInt(events))
	return n.Div(n.Add(n, big.NewInt(viewers)), big.NewInt(2*viewers))
}

func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "x": "x", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx",
		"x=1": "x=1", "'=1": "'=1", "é": "é", " =1": " =1",
	} {
		if got := graph.EscapeFormula(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"jazz-sunset-2026-03-15":  "jazz-sunset-2026-03-15",
		"a\"b\r\nc/../d\\e;é\x00": "a_b__c_.._d_e___",
		strings.Repeat("x", 300):  strings.Repeat("x", maxFileName),
	} {
		if got := fileName(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
