package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// slowReader is a client that reads nothing until it does.
type slowReader struct {
	*httptest.ResponseRecorder
	begun, reads chan struct{}
}

func (s slowReader) Write(b []byte) (int, error) {
	close(s.begun)
	<-s.reads
	return s.ResponseRecorder.Write(b)
}

// Answers that nobody reads take memory, of which a principal has its share.
func TestLongAnswersAreHeld(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.campaigns[0].Title = strings.Repeat("x", 36<<20)
	})
	ask := func(rec http.ResponseWriter) {
		r := httptest.NewRequest(http.MethodGet, seedCampaigns, nil)
		r.Header = bearer("ff_reader")
		w.ServeHTTP(rec, r)
	}
	slow, over := slowReader{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(over)
		ask(slow)
	}()
	<-slow.begun
	if rec := w.do(http.MethodGet, seedCampaigns, bearer("ff_reader")); rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") == "" {
		t.Errorf("beside the first: %d %v %.200s", rec.Code, rec.Header(), rec.Body)
	}
	close(slow.reads)
	<-over
	if slow.Code != http.StatusOK {
		t.Errorf("the first: %d", slow.Code)
	}
	if rec := w.do(http.MethodGet, seedCampaigns, bearer("ff_reader")); rec.Code != http.StatusOK {
		t.Errorf("after the first: %d %.200s", rec.Code, rec.Body)
	}
}
