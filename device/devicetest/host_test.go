package devicetest_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kioskd/device/devicetest"
)

const (
	poll = "FA FB 41 00 40"
	ack  = "FA FB 42 00 43"
)

// patience is far more than anything here takes.
const patience = 10 * time.Second

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

// numbered writes a vector of the document with another PackNO.
func numbered(t testing.TB, vector string, pack byte) string {
	t.Helper()
	b := unhex(t, vector)
	last := len(b) - 1
	b[last] ^= b[4] ^ pack
	b[4] = pack
	return show(b)
}

func show(b []byte) string { return strings.ToUpper(strings.TrimSpace(spaced(b))) }

func spaced(b []byte) (s string) {
	for _, c := range b {
		s += " " + hex.EncodeToString([]byte{c})
	}
	return s
}

// start runs a cabinet with a link, quick and patient with slow test machines.
func start(t testing.TB, change func(*devicetest.Options)) *devicetest.Cabinet {
	t.Helper()
	o := devicetest.Options{
		Slots: []devicetest.Slot{
			{Number: 12, Price: 200, Stock: 5},
			{Number: 13, Price: 350, Stock: 7, Capacity: 10, Product: 42},
			{Number: 300, Price: 100, Stock: 1},
		},
		Link:         filepath.Join(t.TempDir(), "controller"),
		PollEvery:    10 * time.Millisecond,
		AnswerWithin: 2 * time.Second,
		VendTime:     30 * time.Millisecond,
		BootTime:     20 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	c, err := devicetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// impatient shortens the wait for answers where a test gives none.
func impatient(o *devicetest.Options) { o.AnswerWithin = 150 * time.Millisecond }

// host is the far end in bytes. It answers nothing by itself.
type host struct {
	t    testing.TB
	port *os.File
	buf  []byte
}

// dial opens the port as it is and settles the start: 31 is acknowledged.
func dial(t testing.TB, c *devicetest.Cabinet) *host {
	t.Helper()
	h := open(t, c)
	h.want("FA FB 31 01 01 30")
	h.send(ack)
	eventually(t, "the ACK of 31 arrives", func() bool { return c.Counters().Acks == 1 })
	return h
}

func open(t testing.TB, c *devicetest.Cabinet) *host {
	t.Helper()
	f, err := os.OpenFile(c.Path(), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &host{t: t, port: f}
}

func (h *host) send(s string) {
	h.t.Helper()
	if _, err := h.port.Write(unhex(h.t, s)); err != nil {
		h.t.Fatal(err)
	}
}

// frame is the next frame, or the bytes that are none before it.
func (h *host) frame(d time.Duration) (string, error) {
	h.port.SetReadDeadline(time.Now().Add(d))
	for {
		i := bytes.Index(h.buf, []byte{0xFA, 0xFB})
		if i > 0 {
			return h.take(i), nil
		}
		if i == 0 && len(h.buf) > 3 && len(h.buf) >= 5+int(h.buf[3]) {
			return h.take(5 + int(h.buf[3])), nil
		}
		b := make([]byte, 256)
		n, err := h.port.Read(b)
		if err != nil {
			return show(h.buf), err
		}
		h.buf = append(h.buf, b[:n]...)
	}
}

func (h *host) take(n int) string {
	s := show(h.buf[:n])
	h.buf = h.buf[n:]
	return s
}

// want reads exactly these frames.
func (h *host) want(frames ...string) {
	h.t.Helper()
	for _, w := range frames {
		got, err := h.frame(patience)
		if err != nil {
			h.t.Fatalf("waiting for %s: %v, after %q", w, err, got)
		}
		if got != w {
			h.t.Fatalf("the board sent %s, want %s", got, w)
		}
	}
}

// say answers the next POLL with a command and takes its ACK.
func (h *host) say(command string) {
	h.t.Helper()
	h.poll()
	h.send(command)
	h.want(ack)
}

// poll reads the next POLL, which must be all that comes.
func (h *host) poll() {
	h.t.Helper()
	h.want(poll)
}

// data reads data frames, which must be these with any PackNO, acknowledges
// them and the POLLs between, and returns their PackNOs.
func (h *host) data(frames ...string) (packs []byte) {
	h.t.Helper()
	for _, w := range frames {
		got := h.next()
		b := unhex(h.t, got)
		if got != numbered(h.t, w, b[4]) {
			h.t.Fatalf("the board sent %s, want %s with some PackNO", got, w)
		}
		h.send(ack)
		packs = append(packs, b[4])
	}
	return packs
}

// next is the next frame that is no POLL; those are acknowledged.
func (h *host) next() string {
	h.t.Helper()
	for {
		got, err := h.frame(patience)
		if err != nil {
			h.t.Fatalf("waiting for a data frame: %v, after %q", err, got)
		}
		if got != poll {
			return got
		}
		h.send(ack)
	}
}

// quiet reads for a while and fails for anything but POLLs, which it
// acknowledges.
func (h *host) quiet(d time.Duration) {
	h.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		got, err := h.frame(time.Until(end))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			h.t.Fatal(err)
		case got != poll:
			h.t.Fatalf("the board sent %s, want nothing but POLLs", got)
		}
		h.send(ack)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
