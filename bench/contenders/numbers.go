package contenders

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// SameNumbers reports what numbers of a contender's answer are not the gateway's:
// the values of each name must be the same, in order of appearance. How they are
// wrapped is the contender's own.
func SameNumbers(got, want []byte) error {
	ours, err := numbers(got)
	if err != nil {
		return fmt.Errorf("%w: %.200s", err, got)
	}
	theirs, err := numbers(want)
	if err != nil {
		return err
	}
	for name, values := range theirs {
		if name == "rank" { // the place in the list says the same
			continue
		}
		if i := differ(ours[name], values); i >= 0 {
			return fmt.Errorf("%s number %d is not the gateway's: %v, want %v", name, i, excerpt(ours[name], i), excerpt(values, i))
		}
	}
	return nil
}

// differ is the first place at which two lists differ, -1 if they do not.
func differ(a, b []float64) int {
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return slices.IndexFunc(a, func(x float64) bool {
		y := b[0]
		b = b[1:]
		return math.Abs(x-y) > 1e-9*math.Max(1, math.Abs(y))
	})
}

func excerpt(values []float64, at int) []float64 { return values[max(0, at-1):min(len(values), at+2)] }

// numbers lists the numbers of a JSON text by the names they stand under, what is
// beside a GraphQL answer's data left out.
func numbers(text []byte) (map[string][]float64, error) {
	text, _, _ = bytes.Cut(text, []byte(`,"extensions":{`))
	d := json.NewDecoder(strings.NewReader(string(text)))
	out := map[string][]float64{}
	var names []string // of the objects around, "" for a list
	name, inObject := "", []bool{}
	expectName := false
	for {
		token, err := d.Token()
		if err != nil {
			if len(out) == 0 {
				return nil, fmt.Errorf("no numbers in an answer")
			}
			return out, nil // the end, or where the text was cut
		}
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				names, inObject = append(names, name), append(inObject, v == '{')
				expectName = v == '{'
				continue
			default:
				name = names[len(names)-1]
				names, inObject = names[:len(names)-1], inObject[:len(inObject)-1]
			}
		case string:
			if expectName {
				name, expectName = v, false
				continue
			}
		case float64:
			out[name] = append(out[name], v)
		}
		expectName = len(inObject) > 0 && inObject[len(inObject)-1]
	}
}
