package rest

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// encode writes JSON as the documented services do: keys in the order of the
// fields, <, > and & as they are, and no line end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// decimal is a number that always shows one decimal, rounded half away from
// zero.
type decimal float64

// MarshalJSON writes the number.
func (d decimal) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, math.Round(float64(d)*10)/10, 'f', 1, 64), nil
}

// whole rounds half away from zero to an integer; null is 0.
func whole(f *float64) int64 { return int64(math.Round(orZero(f))) }

// orZero is what the contracts print for a ratio without a denominator.
func orZero(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// milliseconds writes an instant as JavaScript does.
func milliseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

const secondsLayout = "2006-01-02T15:04:05Z"

// seconds writes an instant in whole seconds.
func seconds(t time.Time) string { return t.UTC().Format(secondsLayout) }
