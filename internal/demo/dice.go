package demo

import (
	"encoding/hex"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/google/uuid"
)

// dice is a repeatable source of chance.
type dice struct{ *rand.Rand }

// newDice is the source for one purpose, so that what one part draws does not
// shift what another gets.
func newDice(seed uint64, purpose string) dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is uniform over [low, high).
func (d dice) between(low, high float64) float64 { return low + d.Float64()*(high-low) }

// more is a geometric number, 0 and up, with the mean given.
func (d dice) more(mean float64) int {
	if mean <= 0 {
		return 0
	}
	return int(math.Log(1-d.Float64()) / math.Log(mean/(1+mean)))
}

// gap is a pause in milliseconds: log-normal around the median, in seconds,
// and never more than most.
func (d dice) gap(median, most float64) int64 {
	return 1 + int64(1000*min(most, median*math.Exp(d.NormFloat64())))
}

// word is n letters and digits.
func (d dice) word(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[d.IntN(len(letters))]
	}
	return string(out)
}

// hex is n random bytes in hexadecimal.
func (d dice) hex(n int) string {
	raw := make([]byte, n)
	d.fill(raw)
	return hex.EncodeToString(raw)
}

func (d dice) uuid() uuid.UUID {
	var id uuid.UUID
	d.fill(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func (d dice) fill(raw []byte) {
	for i := range raw {
		raw[i] = byte(d.Uint32())
	}
}

// odds are running sums of weights.
type odds []float64

func oddsOf(weights ...float64) odds {
	o := make(odds, 0, len(weights))
	for _, w := range weights {
		o = o.and(w)
	}
	return o
}

// and adds the weight of one more outcome.
func (o odds) and(weight float64) odds { return append(o, o.total()+weight) }

func (o odds) total() float64 {
	if len(o) == 0 {
		return 0
	}
	return o[len(o)-1]
}

// draw is the number of an outcome, by weight.
func (d dice) draw(o odds) int {
	at := d.Float64() * o.total()
	return min(sort.Search(len(o), func(i int) bool { return o[i] > at }), len(o)-1)
}

// oneOf is an element of the list, all alike likely.
func oneOf[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// zipf gives n things the weights 1, 1/2^s, 1/3^s, … in random order.
func (d dice) zipf(n int, s float64) []float64 {
	out := make([]float64, n)
	for rank, i := range d.Perm(n) {
		out[i] = math.Pow(float64(rank+1), -s)
	}
	return out
}

// crowd hands out people by number: new ones, and those who come back, the
// recent ones more often.
type crowd struct {
	people    int
	returning float64
}

func (c *crowd) next(d dice) int {
	if c.people > 0 && d.chance(c.returning) {
		u := d.Float64()
		return c.people - int(u*u*u*float64(c.people))
	}
	c.people++
	return c.people
}

// pace splits total over the weights, exactly: how much there is up to and with
// each.
func pace(total int, weights []float64) []int {
	sums := oddsOf(weights...)
	out := make([]int, len(weights))
	for i := range out {
		out[i] = int(math.Round(float64(total) * sums[i] / sums.total()))
	}
	return out
}

// shares is the same, each for itself.
func shares(total int, weights []float64) []int {
	out := pace(total, weights)
	for i := len(out) - 1; i > 0; i-- {
		out[i] -= out[i-1]
	}
	return out
}
