package localdb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A log starts afresh beyond largestLog; errors quote at most its last tailLines lines.
const (
	largestLog = 16 << 20
	tailLines  = 15
	tailBytes  = 8 << 10
)

// logTail is a server's log file, and where this run of the server began in it.
type logTail struct {
	path  string
	file  *os.File
	start int64
}

// openLog opens a log for appending.
func openLog(path string) (*logTail, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > largestLog {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("start the log afresh: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the log: %w", err), file.Close())
	}
	return &logTail{path: path, file: file, start: end}, nil
}

// close gives up our end of the file; the server keeps its own.
func (l *logTail) close() { _ = l.file.Close() }

// tail is the end of what this run has logged.
func (l *logTail) tail() string {
	file, err := os.Open(l.path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	from := max(l.start, info.Size()-tailBytes)
	text, _ := io.ReadAll(io.NewSectionReader(file, from, info.Size()-from))
	return lastLines(string(text), tailLines)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
