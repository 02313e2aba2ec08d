package rest

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"footfall/graph"
)

var csvHeader = []string{
	"activation_id", "event_key", "event_name", "tier", "start_at", "end_at",
	"views", "outbound_clicks", "calendar_syncs",
	"unique_sessions", "unique_view_sessions", "unique_outbound_sessions", "unique_calendar_sessions",
	"outbound_session_rate", "calendar_session_rate", "outbound_interaction_rate", "calendar_interaction_rate",
}

// csv is the answer as a file of a header and one row (RFC 4180, with \n).
func (s *stats) csv() (*reply, error) {
	row := []string{graph.EscapeFormula(s.ActivationID), graph.EscapeFormula(s.EventKey), graph.EscapeFormula(s.EventName), graph.EscapeFormula(s.Tier), s.Range.StartAt, s.Range.EndAt}
	m := s.Metrics
	for _, n := range []int64{
		m.ClickCount, m.OutboundClickCount, m.CalendarSyncCount,
		m.UniqueSessionCount, m.UniqueViewSessionCount, m.UniqueOutboundSessionCount, m.UniqueCalendarSessionCount,
	} {
		row = append(row, strconv.FormatInt(n, 10))
	}
	for _, f := range []float64{m.OutboundSessionRate, m.CalendarSessionRate, m.OutboundInteractionRate, m.CalendarInteractionRate} {
		row = append(row, strconv.FormatFloat(f, 'f', -1, 64))
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll([][]string{csvHeader, row})
	return &reply{
		contentType: "text/csv; charset=utf-8",
		disposition: `attachment; filename="` + fileName("oooc-partner-stats-"+s.EventKey) + `.csv"`,
		body:        b.Bytes(),
	}, err
}

const maxFileName = 150 // bytes; file systems take 255 with the extension

// fileName leaves of a text what is safe in a header and on any file system.
func fileName(text string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		default:
			return '_'
		}
	}, text)
	return safe[:min(len(safe), maxFileName)]
}
