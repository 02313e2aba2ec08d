// Package telemetry owns what operators see: the log's form, the metrics and
// the HTTP middleware that feeds both. Of a request it must never see the query
// string, a header or the body, where secrets travel.
package telemetry

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"footfall/analytics"
)

// Metrics are the process's, in one registry.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	flying   prometheus.Gauge
}

// NewMetrics makes the registry, with the runtime's own metrics in it.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "footfall_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "footfall_http_request_seconds", Help: "Time to answer, by route; streams are not in it.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		flying: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "footfall_http_requests_in_flight", Help: "Requests being answered now.",
		}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.flying, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Count adds a counter that is read when it is asked for.
func (m *Metrics) Count(name, help string, labels map[string]string, read func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(read()) }))
}

// Gauge adds a gauge that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, labels map[string]string, read func() int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, func() float64 { return float64(read()) }))
}

// Counter adds a counter that is written to, with one label.
func (m *Metrics) Counter(name, help, label string, values ...string) func(value string, n int) {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	m.registry.MustRegister(c)
	for _, value := range values {
		c.WithLabelValues(value) // 0 until something happens
	}
	return func(value string, n int) { c.WithLabelValues(value).Add(float64(n)) }
}

// Histogram adds a distribution, without labels.
func (m *Metrics) Histogram(name, help string, buckets []float64) func(n int64) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return func(n int64) { h.Observe(float64(n)) }
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Watch counts, times and logs what h answers under the route's name, and turns
// a panic into a plain 500, or where the answer had begun already breaks it off.
func (m *Metrics) Watch(route string, log *slog.Logger, h http.Handler) http.Handler {
	good, seconds := m.requests.WithLabelValues(route, "200"), m.seconds.WithLabelValues(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &statusRecorder{ResponseWriter: w}
		m.flying.Inc()
		defer m.flying.Dec()
		whole := answer(rec, r, route, log, h)
		took, count := time.Since(start), good
		if status := rec.Status(); status != http.StatusOK {
			count = m.requests.WithLabelValues(route, strconv.Itoa(status))
		}
		count.Inc()
		if !rec.stream() {
			seconds.Observe(took.Seconds())
		}
		if log.Enabled(r.Context(), slog.LevelDebug) {
			log.DebugContext(r.Context(), "request", "method", r.Method, "route", route, "status", rec.Status(), "took", took.String())
		}
		if !whole { // lest what was written passes for all
			panic(http.ErrAbortHandler)
		}
	})
}

// answer has h answer, and a 500 written where it panics before it begins. It reports
// whether the answer is whole.
func answer(rec *statusRecorder, r *http.Request, route string, log *slog.Logger, h http.Handler) (whole bool) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		aborted := v == any(http.ErrAbortHandler)
		if !aborted {
			log.ErrorContext(r.Context(), "panic", "route", route, "error", analytics.Panicked(v))
		}
		if whole = !aborted && rec.status == 0; whole {
			http.Error(rec, "internal error", http.StatusInternalServerError)
		}
	}()
	h.ServeHTTP(rec, r)
	return true
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

// Status is what was answered; a handler that wrote nothing answered 200.
func (r *statusRecorder) Status() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// stream reports whether the answer took as long as its reader stayed.
func (r *statusRecorder) stream() bool {
	return r.status == http.StatusSwitchingProtocols || strings.HasPrefix(r.Header().Get("Content-Type"), "text/event-stream")
}

func (r *statusRecorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *statusRecorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
