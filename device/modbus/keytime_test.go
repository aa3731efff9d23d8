package modbus_test

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device/modbus"
	"kioskd/sale"
)

// slowLine is a Waveshare board at 9600 baud in a synctest bubble, where every
// byte takes its time and nothing else does. The board notices the end of a
// question by 3.5 characters of silence, and then reads its inputs.
type slowLine struct {
	mu  sync.Mutex
	due []dueByte // what the board sends
	key bool
}

type dueByte struct {
	at time.Time
	b  byte
}

const character = 10 * time.Second / 9600

func (l *slowLine) Write(p []byte) (int, error) {
	request := bytes.Clone(p)
	time.AfterFunc(time.Duration(len(p))*character+7*character/2, func() { l.answer(request) })
	return len(p), nil
}

func (l *slowLine) answer(q []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var text []byte
	switch q[1] {
	case 1: // a coil: off
		text = []byte{q[0], 1, 1, 0}
	case 2:
		text = []byte{q[0], 2, 1, 0}
		if l.key {
			text[3] = 1
		}
	case 3: // no registers
		text = []byte{q[0], 0x83, 2}
	default:
		text = q[:6]
	}
	frame := modbus.Request{Addr: text[0], Func: text[1], Data: text[2:]}.Append(nil)
	at := time.Now()
	for _, b := range frame {
		at = at.Add(character)
		l.due = append(l.due, dueByte{at, b})
	}
}

func (l *slowLine) Read(p []byte, wait time.Duration) (n int, err error) {
	for end := time.Now().Add(wait); ; {
		l.mu.Lock()
		for n < len(p) && len(l.due) > 0 && !l.due[0].at.After(time.Now()) {
			p[n], l.due = l.due[0].b, l.due[1:]
			n++
		}
		next := end
		if len(l.due) > 0 && l.due[0].at.Before(end) {
			next = l.due[0].at
		}
		l.mu.Unlock()
		if n > 0 || !time.Now().Before(end) {
			return n, nil
		}
		time.Sleep(time.Until(next))
	}
}

func (l *slowLine) Session() int       { return 1 }
func (l *slowLine) Err() error         { return nil }
func (l *slowLine) Reopen(*sale.Fault) {}
func (l *slowLine) Close() error       { return nil }

func (l *slowLine) press(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.key = on
}

// What the line alone takes: whenever a key is pressed, it is known within 60
// ms at 9600 baud.
func TestKeyIsKnownInTime(t *testing.T) {
	s := settings(func(s *modbus.Settings) {
		s.Boards = []modbus.Board{{Address: 1, Family: "waveshare", Relays: 1, Inputs: 8}}
		s.Slots = []modbus.Slot{{Slot: 11, Relay: "1", Pulse: time.Second, Key: []string{"1"}}}
	})
	synctest.Test(t, func(t *testing.T) {
		l := &slowLine{}
		d := modbus.OpenOn(l, s)
		defer d.Close()
		time.Sleep(2 * time.Second)
		if err := d.Health(); err != nil {
			t.Fatal(err)
		}
		var least, most time.Duration = time.Hour, 0
		for phase := range 100 {
			time.Sleep(time.Second + time.Duration(phase)*time.Millisecond/3)
			l.press(true)
			pressed := time.Now()
			if e := <-d.Events(); e != (sale.Selected{Slot: 11}) {
				t.Fatalf("event %v", e)
			}
			took := time.Since(pressed)
			least, most = min(least, took), max(most, took)
			time.Sleep(200 * time.Millisecond)
			l.press(false)
		}
		t.Logf("known after %v to %v", least, most)
		if most > 60*time.Millisecond {
			t.Errorf("known after %v at most, want 60 ms", most)
		}
	})
}
