package keypad_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kioskd/display/keypad"
	"kioskd/sale"
)

func strokes(s string) []keypad.Stroke {
	var out []keypad.Stroke
	for _, c := range s {
		switch c {
		case 'E':
			out = append(out, keypad.Enter)
		case 'C':
			out = append(out, keypad.Cancel)
		default:
			out = append(out, keypad.Digit(int(c-'0')))
		}
	}
	return out
}

var cancel = keypad.Key{Cancel: true}

func TestCollectorCompletesNumbers(t *testing.T) {
	tests := []struct {
		name   string
		digits int
		typed  string
		want   []keypad.Key
		left   bool
	}{
		{"a digit waits", 0, "1", nil, true},
		{"enter completes", 0, "12E", []keypad.Key{{Slot: 12}}, false},
		{"the longest number completes itself", 0, "125", []keypad.Key{{Slot: 125}}, false},
		{"the next digit begins a new number", 0, "1254", []keypad.Key{{Slot: 125}}, true},
		{"two digits", 2, "1203", []keypad.Key{{Slot: 12}, {Slot: 3, Zeros: 1}}, false},
		{"leading zero", 0, "07E", []keypad.Key{{Slot: 7, Zeros: 1}}, false},
		{"a zero behind", 0, "70E", []keypad.Key{{Slot: 70}}, false},
		{"zeros are no slot", 0, "0E000", []keypad.Key{{Zeros: 1}, {Zeros: 3}}, false},
		{"enter alone is nothing", 0, "E", nil, false},
		{"cancel alone", 0, "C", []keypad.Key{cancel}, false},
		{"cancel forgets the digits", 0, "1C2E", []keypad.Key{cancel, {Slot: 2}}, false},
		{"cancel twice", 0, "CC", []keypad.Key{cancel, cancel}, false},
		{"no more than nine digits", 40, "123456789", []keypad.Key{{Slot: 123456789}}, false},
		{"not a stroke", 0, "1Z2E", []keypad.Key{{Slot: 12}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := keypad.Collector{Digits: tt.digits}
			var got []keypad.Key
			for _, s := range strokes(tt.typed) {
				if k, ok := c.Press(s); ok {
					got = append(got, k)
				}
			}
			if !slices.Equal(got, tt.want) || c.Pending() != tt.left {
				t.Errorf("got %v pending %v, want %v pending %v", got, c.Pending(), tt.want, tt.left)
			}
		})
	}
}

// Whatever was pressed before, a number that is typed after a cancel comes out
// exactly, and every key is either a slot or a cancel.
func TestCollectorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := keypad.Collector{Digits: rapid.IntRange(1, 9).Draw(t, "digits")}
		for _, n := range rapid.SliceOf(rapid.IntRange(-3, 14)).Draw(t, "noise") {
			k, ok := c.Press(keypad.Stroke(n))
			if ok && (k.Digits() != "") == k.Cancel {
				t.Fatalf("stroke %d made %+v", n, k)
			}
		}
		if k, ok := c.Press(keypad.Cancel); !ok || k != cancel || c.Pending() {
			t.Fatalf("cancel made %+v %v", k, ok)
		}
		highest := 1
		for range c.Digits {
			highest *= 10
		}
		want := rapid.IntRange(1, highest-1).Draw(t, "slot")
		var got keypad.Key
		for _, s := range strokes(strconv.Itoa(want) + "E") {
			if k, ok := c.Press(s); ok {
				got = k
			}
		}
		if got != (keypad.Key{Slot: sale.Slot(want)}) || c.Pending() {
			t.Fatalf("typed %d, got %+v", want, got)
		}
	})
}

// TestRunPauses types with real pauses; the bubble's clock makes them exact.
func TestRunPauses(t *testing.T) {
	const step = time.Millisecond
	tests := []struct {
		name  string
		typed string        // a space is a wait
		wait  time.Duration // of one space
		want  []keypad.Key
	}{
		{"a pause completes", "1 2 ", keypad.Pause + step, []keypad.Key{{Slot: 1}, {Slot: 2}}},
		{"just in time", "1 2", keypad.Pause - step, []keypad.Key{{Slot: 12}}},
		{"each digit starts the pause again", "1 2 5", keypad.Pause - step, []keypad.Key{{Slot: 125}}},
		{"a complete number leaves no pause behind", "1 25 7", keypad.Pause - step, []keypad.Key{{Slot: 125}, {Slot: 7}}},
		{"cancel stops the pause", "1C ", 2 * keypad.Pause, []keypad.Key{cancel}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, out := make(chan keypad.Stroke), make(chan keypad.Key, 8)
				done := make(chan struct{})
				go func() {
					defer close(done)
					keypad.Run(t.Context(), new(keypad.Collector), keypad.Pause, in, out)
				}()
				for _, c := range tt.typed {
					if c == ' ' {
						time.Sleep(tt.wait)
						synctest.Wait()
						continue
					}
					in <- strokes(string(c))[0]
				}
				close(in)
				<-done
				close(out)
				var got []keypad.Key
				for k := range out {
					got = append(got, k)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestRunNeverBlocksAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		in, out := make(chan keypad.Stroke), make(chan keypad.Key, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			keypad.Run(ctx, new(keypad.Collector), keypad.Pause, in, out)
		}()
		for _, s := range strokes("1E2E3E4") {
			in <- s
		}
		stop()
		<-done
		time.Sleep(2 * keypad.Pause)
		if got := <-out; got != (keypad.Key{Slot: 1}) {
			t.Errorf("the oldest key is %v", got)
		}
		if len(out) != 0 {
			t.Errorf("a key was sent after the end: %v", <-out)
		}
	})
}

// What was typed comes out as it was typed.
func TestDigits(t *testing.T) {
	for _, typed := range []string{"7", "70", "007", "0", "000", "120"} {
		var c keypad.Collector
		var got keypad.Key
		for _, s := range strokes(typed + "E") {
			if k, ok := c.Press(s); ok {
				got = k
			}
		}
		if got.Digits() != typed {
			t.Errorf("typed %s, got %s (%+v)", typed, got.Digits(), got)
		}
	}
}
