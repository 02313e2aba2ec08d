package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
)

// People who cause events, and how far back they did.
const (
	visitors = 20_000
	lookback = time.Hour
	timeForm = "2006-01-02T15:04:05.000Z"
)

// feed makes events about the nouns of the sample data, a third of each kind,
// most of them about few subjects, as traffic is.
type feed struct {
	nouns *nouns
	name  string // starts every id: no event is sent twice
	sent  int
	start time.Time
	dice  *rand.Rand
	text  []byte
}

func newFeed(n *nouns, name string, start time.Time) *feed {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	return &feed{nouns: n, name: name, start: start.UTC(), dice: rand.New(rand.NewPCG(sum.Sum64(), 1))}
}

// batch is the next events as NDJSON, good until the next one.
func (f *feed) batch() []byte {
	f.text = f.text[:0]
	for range batchEvents {
		f.event()
	}
	return f.text
}

func (f *feed) event() {
	at := f.start.Add(-time.Duration(f.dice.Int64N(int64(lookback/time.Millisecond))) * time.Millisecond)
	f.text = append(f.text, `{"id":"`...)
	f.text = append(f.text, f.name...)
	f.text = strconv.AppendInt(f.text, int64(f.sent), 10)
	f.text = append(f.text, `","at":"`...)
	f.text = at.AppendFormat(f.text, timeForm)
	f.text = append(f.text, `",`...)
	who := f.dice.IntN(visitors)
	switch f.sent % 3 {
	case 0:
		f.text = fmt.Appendf(f.text, `"action":%q,"event":%q,"session":"s%d"`, f.click(), pick(f, f.nouns.events), who)
	case 1:
		f.text = fmt.Appendf(f.text, `"action":"page_view","partner":%q,"visitor":"u%d"`, pick(f, f.nouns.partners), who)
	default:
		f.text = fmt.Appendf(f.text, `"action":"watch","campaign":%q,"visitor":"w%d","seconds":%d,"loggedIn":%t`,
			pick(f, f.nouns.campaigns), who, 10+f.dice.Int64N(50), who%2 == 0)
	}
	f.text = append(f.text, "}\n"...)
	f.sent++
}

// click is what a visitor of an event page does.
func (f *feed) click() string {
	switch n := f.dice.IntN(20); {
	case n < 15:
		return "click"
	case n < 18:
		return "outbound_click"
	default:
		return "calendar_sync"
	}
}

// pick favours the first: half of the draws fall on the first quarter.
func pick(f *feed, from []string) string {
	x := f.dice.Float64()
	return from[int(x*x*float64(len(from)))]
}
