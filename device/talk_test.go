package device_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

// words is a parser of words that end with a full stop.
type words struct{ buf []byte }

func (w *words) Feed(b []byte) (found []string) {
	w.buf = append(w.buf, b...)
	for {
		word, rest, ok := bytes.Cut(w.buf, []byte("."))
		if !ok {
			return found
		}
		found, w.buf = append(found, string(word)), rest
	}
}

func (w *words) Gap() []string { w.Reset(); return nil }
func (w *words) Reset()        { w.buf = nil }

// parrot is a wire with a board that says what the test wants.
type parrot struct {
	*dead
	mu      sync.Mutex
	session int
	wrote   []string
	refuse  error // of Write, which takes no byte then
	said    chan string
}

func (p *parrot) Read(b []byte, wait time.Duration) (int, error) {
	select {
	case s := <-p.said:
		return copy(b, s), nil
	case <-p.closed:
		return 0, errors.New("closed")
	case <-time.After(wait):
		return 0, nil
	}
}

func (p *parrot) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		return 0, p.refuse
	}
	p.wrote = append(p.wrote, string(b))
	return len(b), nil
}

func (p *parrot) Session() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

func (p *parrot) reopen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session++
}

func (p *parrot) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.wrote)
}

func (p *parrot) say(after time.Duration, s string) {
	time.AfterFunc(after, func() { p.said <- s })
}

type talk struct {
	*testing.T
	*parrot
	*device.Talk[string]
	unasked []string
}

// talking runs a test in a bubble, on a port that was just opened.
func talking(t *testing.T, do func(*talk)) {
	synctest.Test(t, func(t *testing.T) {
		p := &parrot{dead: &dead{closed: make(chan struct{})}, session: 1, said: make(chan string, 9)}
		l := device.NewLife(p, testBoard, nil)
		x := &talk{T: t, parrot: p}
		x.Talk = &device.Talk[string]{Life: l, Parser: &words{}, Late: 2 * time.Second,
			Unasked: func(s string, _ time.Time) { x.unasked = append(x.unasked, s) }}
		x.Begin()
		defer l.Close()
		time.Sleep(100 * time.Millisecond)
		do(x)
	})
}

func (x *talk) ask(ctx context.Context) (string, bool, error) {
	return x.Exchange(ctx, []byte("how?"), time.Second, func(s string) bool { return s == "well" })
}

func (x *talk) want(what string, got any, want string) {
	x.Helper()
	if s := fmt.Sprint(got); s != want {
		x.Errorf("%s: %s, want %s", what, s, want)
	}
}

// all is several results in one line.
func all(results ...any) string { return strings.TrimSuffix(fmt.Sprintln(results...), "\n") }

func TestExchange(t *testing.T) {
	talking(t, func(x *talk) {
		x.say(200*time.Millisecond, "hello.we")
		x.say(210*time.Millisecond, "ll.bye.")
		got, left, err := x.ask(x.T.Context())
		x.want("answer", all(got, left, err), "well true <nil>")
		synctest.Wait()
		x.want("unasked", x.unasked, "[hello bye]")
		x.want("health", x.Err(), "<nil>")
		// What a gap divides is no answer.
		x.say(10*time.Millisecond, "we")
		x.say(100*time.Millisecond, "ll.")
		_, left, err = x.ask(x.T.Context())
		x.want("no answer", all(left, err), "true E-SERIAL-03: the controller does not answer (look)")
	})
}

// Nothing is asked while the answer to a question that was given up may come,
// and that answer is no other question's.
func TestExchangeLate(t *testing.T) {
	talking(t, func(x *talk) {
		x.say(2*time.Second, "well.")
		x.ask(x.T.Context())
		began := time.Now()
		x.say(2500*time.Millisecond, "well.")
		got, _, err := x.ask(x.T.Context())
		x.want("the next answer", all(got, err), "well <nil>")
		x.want("it came after", time.Since(began).Truncate(100*time.Millisecond), "2.5s")
		x.want("the late answer", x.unasked, "[well]")
	})
}

// A port that was opened anew ends a question, and the board must be heard again.
func TestExchangeReopened(t *testing.T) {
	talking(t, func(x *talk) {
		x.say(0, "hello.")
		time.AfterFunc(300*time.Millisecond, x.reopen)
		_, left, err := x.ask(x.T.Context())
		x.want("question", all(left, err), "true the port was opened anew meanwhile")
		x.want("health", x.Err(), "E-SERIAL-03: the controller has not answered yet on /dev/test (look)")
	})
}

// Ask repeats the question, and says why there is no answer.
func TestAsk(t *testing.T) {
	talking(t, func(x *talk) {
		x.say(3500*time.Millisecond, "well.")
		ctx, cancel := context.WithTimeout(x.T.Context(), 10*time.Second)
		defer cancel()
		got, err := x.Ask(ctx, []byte("how?"), time.Second, func(s string) bool { return s == "well" })
		x.want("answer", all(got, err, len(x.lines())), "well <nil> 2")
		_, err = x.Ask(ctx, []byte("how?"), time.Second, func(string) bool { return false })
		x.want("no answer", err, "E-SERIAL-03: the controller has been silent on /dev/test for 6s (look)")
	})
}

// The board is asked when it was not heard for a while, not while it rests, and
// the port is opened anew in the end.
func TestKeep(t *testing.T) {
	talking(t, func(x *talk) {
		x.Life.Go(func() { x.Keep(time.Second, func(ctx context.Context) { x.ask(ctx) }) })
		time.Sleep(500 * time.Millisecond)
		x.want("asked at first", len(x.lines()), "1")
		x.say(0, "well.")
		synctest.Wait()
		x.Lock()
		x.Rest(time.Now().Add(time.Minute))
		x.Unlock()
		before := len(x.lines())
		time.Sleep(50 * time.Second)
		x.want("asked in a rest", len(x.lines())-before, "0")
		x.want("health in a rest", x.Err(), "<nil>")
		time.Sleep(15 * time.Second)
		x.want("health after it", x.Err(), "E-SERIAL-03: the controller has been silent on /dev/test for 5s (look)")
		time.Sleep(15 * time.Second)
		synctest.Wait()
		x.want("opened anew", x.why != nil, "true")
	})
}

// Drive writes once, and its vend is over when the board says so.
func TestDrive(t *testing.T) {
	talking(t, func(x *talk) {
		v := &device.Vend{Number: "N"}
		undone := 0
		drive := func(ctx context.Context) sale.Verdict {
			return x.Drive(ctx, []byte("go!"), 10*time.Second, v, func() {}, func() { undone++ })
		}
		x.refuse = errors.New("no port")
		x.want("no byte left", drive(x.T.Context()), "{not dispensed no byte of the command left: no port true false}")
		ended, cancel := context.WithCancel(x.T.Context())
		cancel()
		x.want("nobody waits", drive(ended), "{not dispensed no byte of the command left: context canceled true false}")
		x.want("undone", undone, "1")
		x.refuse = nil
		time.AfterFunc(3*time.Second, func() {
			x.Lock()
			defer x.Unlock()
			v.End(sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "fell"})
			v.End(sale.Verdict{Detail: "not twice"})
			x.Changed()
		})
		x.want("verdict", drive(x.T.Context()), "{dispensed fell false false}")
		// It rests until somebody says Resume.
		short, cancel := context.WithTimeout(x.T.Context(), time.Second)
		defer cancel()
		_, left, err := x.ask(short)
		x.want("a question in a rest", all(left, err), "false context deadline exceeded")
		x.Lock()
		x.Resume(time.Now())
		x.Unlock()
		v = &device.Vend{Odd: "; odd"}
		x.want("silence", drive(x.T.Context()), "{unknown no result in time; odd false false}")
		time.AfterFunc(time.Second, x.Life.End)
		x.want("closed", drive(x.T.Context()), "{unknown the driver was closed during the vend; odd false false}")
		x.want("written", x.lines(), "[go! go! go!]")
	})
}
