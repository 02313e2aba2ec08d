package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// request is what a job sends.
type request struct {
	Method string
	Target string // path and query
	Header http.Header
	Body   string
}

// fresh is the request with Cache-Control: no-cache.
func (r request) fresh() request {
	r.Header = r.Header.Clone()
	r.Header.Set("Cache-Control", "no-cache")
	return r
}

// wire is the request as it is sent over a connection that stays open.
func (r request) wire() []byte {
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
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}

func parseStatus(line []byte) (int, error) {
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("not an HTTP/1.1 answer: %.60q", line)
	}
	return strconv.Atoi(string(line[9:12]))
}

var (
	contentLength = []byte("Content-Length: ")
	connection    = []byte("Connection: close")
)

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
		case len(line) == 0 && length < 0:
			return 0, errors.New("an answer without Content-Length")
		case len(line) == 0:
			return length, nil
		case hasPrefixFold(line, contentLength):
			if length, err = strconv.Atoi(string(line[len(contentLength):])); err != nil {
				return 0, err
			}
		case bytes.EqualFold(line, connection):
			return 0, errors.New("an answer that closes the connection")
		}
	}
}

func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}
