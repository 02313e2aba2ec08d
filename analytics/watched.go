package analytics

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"
)

// watched is who watched when on one day, by combination of dimensions: what a
// filtered audience is counted from. A viewer's spans under one combination are
// merged; sums of them under several would count the same time twice.
type watched struct {
	by      map[Dimensions]map[uint32]Intervals
	dropped dropped
}

func (w *watched) add(d Dimensions, viewer uint32, spans ...Watching) {
	if w.by == nil {
		w.by = map[Dimensions]map[uint32]Intervals{}
	}
	viewers := w.by[d]
	if viewers == nil {
		viewers = map[uint32]Intervals{}
		w.by[d] = viewers
	}
	viewers[viewer] = append(viewers[viewer], spans...) // merged when packed
}

func (w *watched) merge(o *watched) {
	w.drop(max(w.dropped, o.dropped))
	for d, viewers := range o.by {
		d = w.dropped.project(d)
		for viewer, spans := range viewers {
			w.add(d, viewer, spans...)
		}
	}
}

func (w *watched) drop(n dropped) {
	if n <= w.dropped {
		return
	}
	before := w.by
	*w = watched{dropped: n}
	for d, viewers := range before {
		d = n.project(d)
		for viewer, spans := range viewers {
			w.add(d, viewer, spans...)
		}
	}
}

func (w *watched) fold() {
	for len(w.by) > maxFacetsOfDay {
		w.drop(w.dropped + 1)
	}
}

// The units that spans are stored in, in microseconds: the largest that fits.
var watchedUnits = [...]int64{1_000_000, 1_000, 1}

// pack writes the combinations and for each its viewers with their spans, as
// gaps from the day's start on.
func (w *watched) pack(day Bucket) []byte {
	if len(w.by) == 0 {
		return nil
	}
	w.fold()
	w.unite()
	unit := w.unit()
	all := slices.SortedFunc(maps.Keys(w.by), compareDimensions)
	out := append(appendCombinations([]byte{byte(w.dropped)}, all), byte(unit))
	for _, d := range all {
		out = binary.AppendUvarint(out, uint64(len(w.by[d])))
		last := uint32(0)
		for _, viewer := range slices.Sorted(maps.Keys(w.by[d])) {
			out = binary.AppendUvarint(out, uint64(viewer-last))
			out = appendIntervals(out, w.by[d][viewer], day.Start(LevelDay).UnixMicro(), watchedUnits[unit])
			last = viewer
		}
	}
	return out
}

// unite makes the spans of each viewer disjoint and ascending.
func (w *watched) unite() {
	for _, viewers := range w.by {
		for viewer, spans := range viewers {
			viewers[viewer] = spans.Union()
		}
	}
}

// unit is the place of the largest of watchedUnits that all spans are whole in.
func (w *watched) unit() int {
	unit := 0
	for _, viewers := range w.by {
		for _, spans := range viewers {
			for _, s := range spans {
				for s.From%watchedUnits[unit] != 0 || s.To%watchedUnits[unit] != 0 {
					unit++
				}
			}
		}
	}
	return unit
}

func appendIntervals(out []byte, spans Intervals, from, unit int64) []byte {
	out = binary.AppendUvarint(out, uint64(len(spans)))
	for _, s := range spans {
		out = binary.AppendUvarint(out, uint64((s.From-from)/unit))
		out = binary.AppendUvarint(out, uint64((s.To-s.From)/unit))
		from = s.To
	}
	return out
}

func unpackWatched(day Bucket, data []byte) (watched, error) {
	var w watched
	if len(data) == 0 {
		return w, nil
	}
	n, all, data, err := cutCombinations(data)
	if err != nil {
		return w, err
	}
	w.dropped = n
	if len(data) == 0 || int(data[0]) >= len(watchedUnits) {
		return w, fmt.Errorf("watched: unit: %w", errCorrupt)
	}
	r := watchedReader{data: data[1:], unit: watchedUnits[data[0]], start: day.Start(LevelDay).UnixMicro(), end: (day + 1).Start(LevelDay).UnixMicro()}
	for _, d := range all {
		viewer := uint64(0)
		for range r.count() {
			viewer += r.number(1, 1<<32-1-viewer)
			w.add(d, uint32(viewer), r.spans()...)
		}
	}
	if r.err == nil && len(r.data) > 0 {
		r.err = fmt.Errorf("watched left over: %w", errCorrupt)
	}
	return w, r.err
}

// watchedReader reads numbers until one cannot be read.
type watchedReader struct {
	data             []byte
	unit, start, end int64
	err              error
}

func (r *watchedReader) number(least, most uint64) uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v < least || v > most {
		r.data, r.err = nil, fmt.Errorf("watched: %w", errCorrupt)
		return 0
	}
	r.data = r.data[n:]
	return v
}

// count reads how many follow, each of which takes a byte or more.
func (r *watchedReader) count() uint64 { return r.number(1, uint64(len(r.data))) }

func (r *watchedReader) spans() []Watching {
	at := r.start
	var out []Watching
	for range r.count() {
		from := at + int64(r.number(0, uint64((r.end-at)/r.unit)))*r.unit
		to := from + int64(r.number(1, uint64((r.end-from)/r.unit)))*r.unit
		if r.err != nil {
			return nil
		}
		out = append(out, Watching{from, to})
		at = to
	}
	return out
}

// EachDay cuts a span at UTC midnights.
func (w Watching) EachDay(f func(day Bucket, part Watching)) {
	for w.From < w.To {
		day := BucketOf(LevelDay, time.UnixMicro(w.From))
		to := min(w.To, (day + 1).Start(LevelDay).UnixMicro())
		f(day, Watching{w.From, to})
		w.From = to
	}
}

// EachWatched calls f for what each viewer watched on the block's day by each
// combination of dimensions. What the block does not tell apart is "" in them.
func (b *Block) EachWatched(f func(d Dimensions, viewer uint32, spans Intervals)) {
	for d, viewers := range b.watched.by {
		for viewer, spans := range viewers {
			f(d, viewer, spans.Union())
		}
	}
}

// ToldWatched is the combination as far as the block's watched time tells it apart.
func (b *Block) ToldWatched(d Dimensions) Dimensions { return b.watched.dropped.project(d) }
