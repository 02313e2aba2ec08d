package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is what a job sends.
type Request struct {
	Method string
	Target string // path and query
	Header http.Header
	Body   string
}

// Fresh is the request with Cache-Control: no-cache.
func (r Request) Fresh() Request {
	r.Header = r.Header.Clone()
	r.Header.Set("Cache-Control", "no-cache")
	return r
}

// Answer is what a server said to a request.
type Answer struct {
	Header http.Header
	Body   []byte
}

// Send sends the request outside of any measurement.
func (r Request) Send(ctx context.Context, address string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+address+r.Target, strings.NewReader(r.Body))
	if err != nil {
		return Answer{}, err
	}
	maps.Copy(req.Header, r.Header)
	res, err := transport.RoundTrip(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d: %.300s", r.Method, req.URL.Path, res.StatusCode, body)
	}
	return Answer{res.Header, body}, err
}

// transport keeps as many idle connections as Capture uses.
var transport = &http.Transport{MaxIdleConnsPerHost: captors, DisableCompression: true}

// Wire is the request as it is sent over a connection that stays open.
func (r Request) Wire() []byte {
	var b bytes.Buffer
	_, _ = fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n", r.Method, r.Target)
	_ = r.Header.Write(&b)
	if r.Method == http.MethodPost {
		_, _ = fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n" + r.Body)
	return b.Bytes()
}

// conn is one keep-alive connection with one request on it at a time. It knows
// just as much HTTP/1.1 as our servers speak: net/http's client would take more
// of the processor than some of what is measured.
type conn struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(ctx context.Context, address string, deadline time.Time) (*conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}, c.SetDeadline(deadline)
}

// do sends a request and reads its answer; the body is good until the next one.
func (c *conn) do(wire []byte) (status int, body []byte, err error) {
	if _, err = c.Write(wire); err != nil {
		return 0, nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if status, err = parseStatus(line); err != nil {
		return 0, nil, err
	}
	length, err := c.readHeader()
	if err != nil {
		return 0, nil, err
	}
	c.body = c.body[:0]
	if length != inChunks {
		err = c.read(length)
		return status, c.body, err
	}
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		size, err := strconv.ParseUint(string(bytes.TrimRight(line, "\r\n")), 16, 31)
		if err != nil {
			return 0, nil, err
		}
		if err = c.read(int(size)); err != nil {
			return 0, nil, err
		}
		if _, err = c.in.Discard(len("\r\n")); err != nil || size == 0 {
			return status, c.body, err
		}
	}
}

// read appends so many bytes to the body.
func (c *conn) read(n int) error {
	from := len(c.body)
	c.body = slices.Grow(c.body, n)[:from+n]
	_, err := io.ReadFull(c.in, c.body[from:])
	return err
}

func parseStatus(line []byte) (int, error) {
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("not an HTTP/1.1 answer: %.60q", line)
	}
	return strconv.Atoi(string(line[9:12]))
}

var (
	contentLength = []byte("Content-Length: ")
	chunked       = []byte("Transfer-Encoding: chunked")
	connection    = []byte("Connection: close")
)

// inChunks is the length of a body that comes in chunks.
const inChunks = -2

// readHeader reads up to the body and returns its length.
func (c *conn) readHeader() (length int, err error) {
	length = -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0 && length == -1:
			return 0, errors.New("an answer without Content-Length")
		case len(line) == 0:
			return length, nil
		case hasPrefixFold(line, contentLength):
			if length, err = strconv.Atoi(string(line[len(contentLength):])); err != nil {
				return 0, err
			}
		case bytes.EqualFold(line, chunked):
			length = inChunks
		case bytes.EqualFold(line, connection):
			return 0, errors.New("an answer that closes the connection")
		}
	}
}

func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}
