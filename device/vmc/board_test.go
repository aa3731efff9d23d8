package vmc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

func slot(n int) sale.Slot { return sale.Slot(n) }

// line is a serial line in memory, for use in a synctest bubble.
type line struct {
	rx   chan []byte
	done chan struct{}

	mu       sync.Mutex
	tx       []byte
	session  int
	fault    *sale.Fault
	reopened int
	writeN   int // with writeErr: bytes that still pass
	writeErr error
}

func newLine() *line {
	return &line{
		rx: make(chan []byte, 16), done: make(chan struct{}),
		fault: &sale.Fault{Code: sale.CodeSerialMissing, What: "unplugged"},
	}
}

func (l *line) Read(p []byte, wait time.Duration) (int, error) {
	select {
	case b := <-l.rx:
		return copy(p, b), nil
	case <-time.After(wait):
		return 0, l.Err()
	case <-l.done:
		return 0, l.Err()
	}
}

func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.fault != nil:
		return 0, l.fault
	case l.writeErr != nil:
		l.tx = append(l.tx, p[:l.writeN]...)
		return l.writeN, l.writeErr
	}
	l.tx = append(l.tx, p...)
	return len(p), nil
}

func (l *line) Session() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}

func (l *line) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil {
		return l.fault
	}
	return nil
}

func (l *line) Reopen(*sale.Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reopened++
	l.session++
}

// reopens is how often the driver had the port opened anew.
func (l *line) reopens() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reopened
}

// breakAfter lets n bytes of each write pass and fail; negative heals the line.
func (l *line) breakAfter(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writeN, l.writeErr = n, nil
	if n >= 0 {
		l.writeErr = errors.New("broken")
	}
}

func (l *line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

// board is a VMC in the hands of a test: it says when it sends what, and sees
// at once what the driver answers.
type board struct {
	*testing.T
	*line
	dev  *vmc.Dev
	pack byte     // of the board's last data frame
	sent []string // every frame of the driver but ACKs
}

// bubble runs a test with a driver on a line that is not plugged yet.
func bubble(t *testing.T, s vmc.Settings, do func(b *board)) {
	t.Helper()
	bubbleOf(t, func(l *line) *vmc.Dev { return vmc.OpenOn(l, s) }, do)
}

func bubbleOf(t *testing.T, open func(*line) *vmc.Dev, do func(b *board)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &board{T: t, line: newLine()}
		b.dev = open(b.line)
		defer b.dev.Close()
		do(b)
	})
}

// talking is a bubble with the greetings behind it: the next PackNO of the
// driver is 2.
func talking(t *testing.T, s vmc.Settings, do func(b *board)) {
	t.Helper()
	bubble(t, s, func(b *board) {
		b.plug()
		b.expect("the first POLL", b.poll(), "FA FB 31 01 01 30")
		b.ack()
		b.sent = nil
		do(b)
	})
}

func (b *board) plug() {
	b.mu.Lock()
	b.session++
	b.fault = nil
	b.mu.Unlock()
	b.settle()
}

func (b *board) unplug() {
	b.mu.Lock()
	b.fault = &sale.Fault{Code: sale.CodeSerialMissing, What: "unplugged"}
	b.mu.Unlock()
	b.settle()
}

// settle lets the driver notice what the line says without being read.
func (b *board) settle() { time.Sleep(60 * time.Millisecond); synctest.Wait() }

// tell sends bytes and returns what the driver writes at once.
func (b *board) tell(bytes []byte) string {
	b.Helper()
	b.rx <- bytes
	synctest.Wait()
	b.mu.Lock()
	reply := b.tx
	b.tx = nil
	b.mu.Unlock()
	var p vmc.Parser
	for _, f := range p.Feed(reply) {
		if f.Cmd != 0x42 {
			b.sent = append(b.sent, fmt.Sprintf("% X", f.Append(nil)))
		}
	}
	return fmt.Sprintf("% X", reply)
}

const pollFrame, ackFrame = "FA FB 41 00 40", "FA FB 42 00 43"

// poll waits a POLL interval and sends a POLL.
func (b *board) poll() string {
	b.Helper()
	time.Sleep(200 * time.Millisecond)
	return b.tell(unhex(b, pollFrame))
}

func (b *board) ack() { b.Helper(); b.tell(unhex(b, ackFrame)) }

// data sends a data frame with a new PackNO.
func (b *board) data(cmd byte, text ...byte) string {
	b.Helper()
	b.pack++
	return b.again(cmd, text...)
}

// again sends a data frame with the last PackNO.
func (b *board) again(cmd byte, text ...byte) string {
	b.Helper()
	return b.tell(vmc.Frame{Cmd: cmd, Body: append([]byte{b.pack}, text...)}.Append(nil))
}

// status sends an 04 and wants it acknowledged.
func (b *board) status(code byte, slot int) {
	b.Helper()
	b.expect("a status", b.data(0x04, code, byte(slot>>8), byte(slot), 0), ackFrame)
}

// idle polls for a while, acknowledging commands, and returns them.
func (b *board) idle(d time.Duration) (commands []string) {
	b.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		if reply := b.poll(); reply != ackFrame && reply != "" {
			commands = append(commands, reply)
			b.ack()
		}
	}
	return commands
}

func (b *board) expect(what, got, want string) {
	b.Helper()
	if got != want {
		b.Fatalf("%s: the driver answers %q, want %q", what, got, want)
	}
}

// drives counts the 06 that the driver wrote.
func (b *board) drives() (n int) {
	for _, s := range b.sent {
		if strings.HasPrefix(s, "FA FB 06") {
			n++
		}
	}
	return n
}

// event returns the next event, nil for none.
func (b *board) event() sale.BoardEvent {
	synctest.Wait()
	select {
	case e := <-b.dev.Events():
		return e
	default:
		return nil
	}
}

// later runs a call beside the test and returns how to wait for its result.
func later[T any](call func() T) func() T {
	c := make(chan T, 1)
	go func() { c <- call() }()
	synctest.Wait()
	return func() T { return <-c }
}

// command is the dispense of an order.
func command(n int) sale.Command {
	return sale.Command{Number: "SH0042000001", Token: 1, Slot: slot(n)}
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func faultCode(err error) sale.Code {
	if f, ok := errors.AsType[*sale.Fault](err); ok {
		return f.Code
	}
	return ""
}
