package ingest

import (
	"strings"
	"testing"
)

// BenchmarkDecode reads 10,000 events of every format.
func BenchmarkDecode(b *testing.B) {
	lines := strings.Repeat(full[NDJSON]+"\n", MaxEvents)
	header, row, _ := strings.Cut(full[CSV], "\n")
	for name, tc := range map[string]struct {
		format Format
		text   string
	}{
		"ndjson": {NDJSON, lines}, "json": {JSON, array(lines)}, "csv": {CSV, header + "\n" + strings.Repeat(row, MaxEvents)},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(tc.text)))
			b.ReportAllocs()
			for b.Loop() {
				if events, err := decode(strings.NewReader(tc.text), tc.format, anything); err != nil || len(events) != MaxEvents || events[0].Err != nil {
					b.Fatal(len(events), err)
				}
			}
			b.ReportMetric(MaxEvents*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
