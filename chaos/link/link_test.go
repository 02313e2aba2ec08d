package link

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// echo answers each line with as many bytes of the letter as it says.
func echo(t *testing.T, letter string) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					_, _ = io.WriteString(c, strings.Repeat(letter, 1000))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// ask sends a line, and returns what comes back, at most 1000 bytes.
func ask(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "\n") // a connection that is cut may say so here
	got := make([]byte, 1000)
	n, _ := io.ReadFull(c, got)
	return string(got[:n])
}

func open(t *testing.T, l *Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp4", l.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	l, err := To(echo(t, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	whole := strings.Repeat("a", 1000)
	kept := open(t, l)
	if got := ask(t, kept); got != whole {
		t.Fatalf("all is well: %d bytes", len(got))
	}
	l.Suffer(Trouble{CutIn: 300})
	if got := ask(t, kept); got != whole[:300] {
		t.Errorf("cut in mid-reply: %d bytes", len(got))
	}
	l.Suffer(Trouble{Refuse: true})
	if got := ask(t, open(t, l)); got != "" {
		t.Errorf("refused: %d bytes", len(got))
	}
	l.Suffer(Trouble{Delay: 50 * time.Millisecond})
	if began, got := time.Now(), ask(t, open(t, l)); got != whole || time.Since(began) < 50*time.Millisecond {
		t.Errorf("slow: %d bytes in %s", len(got), time.Since(began))
	}
	l.Suffer(Trouble{})
	old := open(t, l)
	if got := ask(t, old); got != whole {
		t.Errorf("all is well again: %d bytes", len(got))
	}
	l.Lead(echo(t, "b"))
	if got := ask(t, old); got != "" {
		t.Errorf("a connection from before leads on: %d bytes", len(got))
	}
	if got := ask(t, open(t, l)); got != strings.Repeat("b", 1000) {
		t.Errorf("elsewhere: %.10s", got)
	}
}
