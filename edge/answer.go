package edge

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"time"

	"footfall/analytics"
)

// answer is one that is kept.
type answer struct {
	header      http.Header // what the answer set
	body        []byte
	etag        string // "" for none
	asked       time.Time
	until       time.Time
	describes   bool          // whether it says its age
	age         time.Duration // when it was asked for
	notModified http.Header   // header without what describes a body
}

// ages are the values of Age that nearly all answers have.
var ages = func() (out [10][]string) {
	for n := range out {
		out[n] = []string{strconv.Itoa(n)}
	}
	return out
}()

func ageOf(d time.Duration) []string {
	if n := int(d / time.Second); n >= 0 && n < len(ages) {
		return ages[n]
	}
	return []string{strconv.Itoa(int(d / time.Second))}
}

func newAnswer(header http.Header, body []byte, asked time.Time, ttl time.Duration) *answer {
	a := &answer{header: header, body: bytes.Clone(body), etag: header.Get("Etag"), asked: asked, until: asked.Add(ttl)}
	a.age, a.describes = seconds(header.Get("Age"))
	a.notModified = header.Clone()
	for _, name := range bodyHeaders {
		a.notModified.Del(name)
	}
	return a
}

// serves reports whether the answer may be given now, as old as it is then.
func (a *answer) serves(r *http.Request, now time.Time) bool {
	return now.Before(a.until) && a.age+now.Sub(a.asked) <= analytics.MaxAge(r.Context())
}

func (a *answer) write(w http.ResponseWriter, r *http.Request, now time.Time) {
	h, header, has := w.Header(), a.header, unchanged(r, a.etag)
	if has {
		header = a.notModified
	}
	maps.Copy(h, header)
	if a.describes {
		h["Age"] = ageOf(a.age + now.Sub(a.asked))
	}
	if has {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.body)
}

// recorder keeps a copy of what passes through, up to one byte more than most,
// and turns what the client has already into 304.
type recorder struct {
	http.ResponseWriter
	request *http.Request
	most    int // 0 keeps nothing
	status  int
	header  http.Header // as it was when the body began
	body    bytes.Buffer
	silent  bool // the client has the body
}

func (r *recorder) WriteHeader(status int) {
	if r.status != 0 || status < http.StatusOK {
		r.ResponseWriter.WriteHeader(status)
		return
	}
	r.status = status
	h := r.Header()
	if r.most > 0 {
		r.header = h.Clone()
	}
	if status == http.StatusOK && unchanged(r.request, h.Get("Etag")) {
		r.silent = true
		for _, name := range bodyHeaders {
			h.Del(name)
		}
		status = http.StatusNotModified
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	if r.most > 0 {
		r.body.Write(b[:min(len(b), r.most+1-min(r.body.Len(), r.most+1))])
	}
	if r.silent {
		return len(b), nil
	}
	return r.ResponseWriter.Write(b)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
