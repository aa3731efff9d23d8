package mdb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device/mdb"
	"kioskd/sale"
)

// prices are what every machine of the tests sells.
var prices = map[sale.Slot]sale.Fen{11: 200, 300: 350}

// line is a serial line in memory. What the driver writes is kept; a test
// plays the adapter.
type line struct {
	in      chan []byte
	mu      sync.Mutex
	session int
	broken  error
	wrote   []string
	answer  func(w string) string // of the adapter, to be heard at once
}

func newLine() *line { return &line{in: make(chan []byte, 100), session: 1} }

func (l *line) Read(p []byte, wait time.Duration) (int, error) {
	select {
	case b := <-l.in:
		return copy(p, b), nil
	case <-time.After(wait):
		return 0, nil
	}
}

func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return 0, l.broken
	}
	w := string(p)
	if w[len(w)-1] != '\n' {
		w = fmt.Sprintf("% X", p)
	}
	w = strings.TrimSpace(w)
	if l.answer != nil {
		if a := l.answer(w); a != "" {
			l.in <- []byte(a + "\n")
		}
	}
	if w != "V" && w != "C,1" {
		l.wrote = append(l.wrote, w)
	}
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
	return l.broken
}

func (l *line) Reopen(*sale.Fault) {}
func (l *line) Close() error       { return nil }

// plays puts another adapter on the line, nil for a dead one.
func (l *line) plays(answer func(w string) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = answer
}

// reopened is the port that went and came back.
func (l *line) reopened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session++
}

// said is what was written since the last call, but for pings.
func (l *line) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := strings.Join(l.wrote, "; ")
	l.wrote = nil
	return s
}

// obliging is a Qibixx adapter that takes every setting.
func obliging() func(w string) string {
	on := false
	return func(w string) string {
		switch {
		case w == "V":
			return "v,4.0.1.0,1"
		case w == "C,0":
			on = false
			return "c,0"
		case w == "C,1" && on:
			return `c,ERR,"cashless is on"`
		case w == "C,1":
			on = true
			return "c,1\nc,STATUS,INACTIVE"
		case strings.HasPrefix(w, "C,SETCONF,"):
			return "c,SET,OK"
		}
		return ""
	}
}

// rig is a driver on a line, with a bubble's time.
type rig struct {
	*testing.T
	*line
	dev *mdb.Dev
}

// at begins a driver and waits until it is set up.
func at(t *testing.T, s mdb.Settings, do func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, line: newLine()}
		if s.Adapter == "qibixx" {
			r.answer = obliging()
		}
		r.dev = mdb.OpenOn(r.line, s, mdb.Options{Prices: prices, PayWithin: 90 * time.Second})
		defer r.dev.Close()
		r.sleep(10 * time.Second)
		if s.Adapter == "qibixx" {
			r.hear("c,STATUS,DISABLED\nc,STATUS,ENABLED\n")
		}
		r.said()
		if err := r.dev.Health(); err != nil {
			t.Fatal(err)
		}
		do(r)
	})
}

func (r *rig) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hear lets the driver hear text, or a block in hex.
func (r *rig) hear(s string) {
	r.Helper()
	b := []byte(s)
	if !strings.HasSuffix(s, "\n") {
		b = unhex(r, s)
	}
	r.in <- b
	r.sleep(10 * time.Millisecond)
}

// event is the next one, nil for none.
func (r *rig) event() sale.BoardEvent {
	synctest.Wait()
	select {
	case e := <-r.dev.Events():
		return e
	default:
		return nil
	}
}

func (r *rig) events(want ...sale.BoardEvent) {
	r.Helper()
	for _, w := range append(want, nil) {
		if e := r.event(); e != w {
			r.Errorf("the event is %#v, not %#v", e, w)
		}
	}
}

func (r *rig) spoke(want string) {
	r.Helper()
	if got := r.said(); got != want {
		r.Errorf("said %q, not %q", got, want)
	}
}

// asked lets the machine ask for slot 11 and checks it.
func (r *rig) asked(request string) sale.Command {
	r.Helper()
	r.hear(request)
	r.events(sale.Selected{Slot: 11})
	e, err := r.dev.Check(r.Context(), 11)
	if err != nil {
		r.Fatal(err)
	}
	return sale.Command{Number: "TEST0001", Token: 1, Slot: 11, Evidence: e}
}

// dispense begins a Dispense; the channel has its verdict.
func (r *rig) dispense(c sale.Command, within time.Duration) <-chan sale.Verdict {
	got := make(chan sale.Verdict, 1)
	go func() {
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		got <- r.dev.Dispense(ctx, c)
	}()
	r.sleep(100 * time.Millisecond)
	return got
}

func (r *rig) verdict(got <-chan sale.Verdict, want sale.Verdict) {
	r.Helper()
	synctest.Wait()
	select {
	case v := <-got:
		if v != want {
			r.Errorf("verdict %+v\nnot     %+v", v, want)
		}
	default:
		r.Errorf("no verdict, want %+v", want)
	}
}

var errPulled = errors.New("the port went away")
