package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/edge"
	"footfall/loaders"
)

// deferSpec names the form of deferred parts: the incremental delivery draft of
// August 2022, which Apollo Client reads.
const deferSpec = "20220824"

const (
	boundary    = "footfall"
	maxPart     = 64 << 10 // parts of at least this size are not gathered further
	partsReady  = 16       // deferred fragments that may wait for a slow reader
	partTimeout = 10 * time.Second
	partHeading = "Content-Type: application/json; charset=utf-8\r\n\r\n"
)

// inParts reports whether an operation is answered in parts: it defers, and the
// client reads them. gqlgen defers in queries alone.
func inParts(ctx context.Context, op *graphql.OperationContext) bool {
	return wanted(ctx).parts && op.Operation.Operation == ast.Query && deferred(op)
}

// deliver executes an operation and sends its answer, then what it deferred as
// it comes, within the time of one operation. Nothing of it is kept at the edge.
func (t *transport) deliver(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, op *graphql.OperationContext, media string) {
	edge.MarkStorable(r.Context(), false)
	over := time.NewTimer(t.timeout)
	defer over.Stop()
	reads, leave := context.WithCancel(r.Context())
	defer leave()
	types := &objectTypes{}
	respond, ctx := exec.DispatchOperation(context.WithValue(loaders.ReadWhile(r.Context(), reads), objectTypesKey{}, types), op)
	gone := make(chan struct{})
	defer close(gone)
	responses := responsesOf(&execution{respond, ctx}, gone, t.log)
	p := &parts{w: w, control: http.NewResponseController(w), op: op, types: types}
	var first *graphql.Response
	select {
	case first = <-responses:
	case <-over.C:
	}
	if first == nil {
		refuse(w, media, 0, context.DeadlineExceeded)
		return
	}
	held, err := t.bodies.holdAnswer(ctx, first)
	if err != nil {
		refuse(w, media, 0, err)
		return
	}
	defer held.release()
	if !hasNext(first) { // nothing of what is marked has a resolver
		offer(w.Header(), media, op.Operation.Operation, first)
		write(w, media, executedStatus(w, media, first), first)
		return
	}
	w.Header().Set("Content-Type", mediaParts+`; boundary="`+boundary+`"; deferSpec=`+deferSpec)
	p.begin(first)
	for p.open {
		select {
		case next := <-responses:
			batch, size := gather(next, responses)
			if err = held.holdNext(size); err != nil {
				p.fail(err)
			} else {
				p.send(batch)
			}
		case <-over.C:
			p.fail(context.DeadlineExceeded)
		case <-r.Context().Done():
			if errors.Is(r.Context().Err(), context.DeadlineExceeded) { // the client's own
				p.fail(context.DeadlineExceeded)
			}
			return
		}
	}
}

// responsesOf reads the responses to their end, also once nobody takes them any
// more: gqlgen's deferred fragments wait until they are read.
func responsesOf(op *execution, gone <-chan struct{}, log *slog.Logger) <-chan *graphql.Response {
	responses := make(chan *graphql.Response, partsReady)
	go func() {
		defer close(responses)
		for response := op.next(log); response != nil; response = op.next(log) {
			select {
			case responses <- response:
			case <-gone:
			}
		}
	}()
	return responses
}

// hasNext reports whether more follows a response.
func hasNext(response *graphql.Response) bool {
	return response != nil && response.HasNext != nil && *response.HasNext
}

// gather adds what is ready to a response, up to the size of a part, and counts the bytes.
func gather(last *graphql.Response, ready <-chan *graphql.Response) (batch []*graphql.Response, size int) {
	for {
		batch = append(batch, last)
		if last != nil {
			size += len(last.Data)
		}
		if !hasNext(last) || size >= maxPart {
			return batch, size
		}
		select {
		case last = <-ready:
		default:
			return batch, size
		}
	}
}

// parts writes a multipart body. It is open until the last part.
type parts struct {
	w       http.ResponseWriter
	control *http.ResponseController
	op      *graphql.OperationContext
	types   *objectTypes
	open    bool
}

func (p *parts) begin(first *graphql.Response) {
	_, err := p.w.Write([]byte("--" + boundary + "\r\n"))
	p.open = err == nil
	first.Data = p.withoutPutOff(nil, first.Data, false)
	p.part(false, first)
}

func (p *parts) withoutPutOff(path ast.Path, data json.RawMessage, payload bool) json.RawMessage {
	set, of := p.types.selectionAt(p.op, path)
	return p.types.withoutPutOff(p.op, spot{path, set, of}, data, payload)
}

// fragment is a deferred fragment's place and data.
type fragment struct {
	Data       json.RawMessage `json:"data"`
	Path       ast.Path        `json:"path"`
	Label      string          `json:"label,omitempty"`
	Errors     gqlerror.List   `json:"errors,omitempty"`
	Extensions map[string]any  `json:"extensions,omitempty"`
}

func (p *parts) send(batch []*graphql.Response) {
	incremental := []fragment{}
	for _, r := range batch {
		if r == nil { // the end
			continue
		}
		data := p.withoutPutOff(r.Path, r.Data, true)
		if string(data) != "{}" || len(r.Errors) > 0 { // else all came with another fragment
			incremental = append(incremental, fragment{data, r.Path, labelOf(r.Label), r.Errors, r.Extensions})
		}
	}
	more := hasNext(batch[len(batch)-1])
	p.part(!more, map[string]any{"incremental": incremental, "hasNext": more})
}

// fail is the last part of an answer that cannot go on.
func (p *parts) fail(err error) {
	p.part(true, map[string]any{"errors": failed(err).Errors, "hasNext": false})
}

// part sends a part and the boundary after it, so that the client need not wait
// for the next to see its end. Who does not read is cut off.
func (p *parts) part(last bool, v any) {
	var b bytes.Buffer
	b.WriteString(partHeading)
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		last = true // an extension that is no JSON: the client sees an unfinished answer
	}
	b.WriteString("\r\n--" + boundary)
	if last {
		b.WriteString("--")
	}
	b.WriteString("\r\n")
	_ = p.control.SetWriteDeadline(time.Now().Add(partTimeout))
	_, err := p.w.Write(b.Bytes())
	p.open = p.open && !last && err == nil && p.control.Flush() == nil
	if p.open {
		_ = p.control.SetWriteDeadline(time.Time{}) // or HTTP/2 ends a stream that has nothing to say
	}
}
