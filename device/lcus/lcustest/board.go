// Package lcustest is a board of LCUS relays without the metal. It shares no
// code with the driver. Its relays stay as they were last told, whatever
// becomes of the host, and a load that was on for a moment has given its
// product.
package lcustest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/device/devicetest"
)

// window is how long the troubles of a vend befall the answers behind it.
const window = 2 * time.Second

// What the benches' slots are: a driver must have them on these relays.
const (
	benchSlot  = 11
	benchOther = 30
	benchNone  = 99
	Relay      = 1 // of benchSlot
	OtherRelay = 2
	Channels   = 4
)

// Board is the board. Its methods may be called by any goroutine.
type Board struct {
	*devicetest.Rig

	mu    sync.Mutex
	heard []byte
	on    [Channels]bool
	weld  bool
	t     devicetest.Trouble
	until time.Time // of the troubles t
}

// Start puts a board behind the link.
func Start(link string) (*Board, error) {
	b := &Board{}
	b.mu.Lock() // nothing is heard before there is a rig
	defer b.mu.Unlock()
	var err error
	b.Rig, err = devicetest.NewRig(link, b.input, b.forget)
	return b, err
}

// forget: relays without power fall off.
func (b *Board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, b.heard = [Channels]bool{}, nil
}

// Switch puts a relay on or off by hand, and Weld holds every relay as it is.
func (b *Board) Switch(relay int, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on[relay-1] = on
}

// Weld holds every relay as it is.
func (b *Board) Weld(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.weld = on
}

// On reports whether any relay is on.
func (b *Board) On() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.on[:], true)
}

func (b *Board) input(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p == nil {
		b.heard = nil
		return
	}
	b.heard = append(b.heard, p...)
	for len(b.heard) > 0 {
		switch {
		case b.heard[0] == 0xFF:
			b.heard = b.heard[1:]
			b.answer()
		case b.heard[0] != 0xA0:
			b.heard = b.heard[1:]
		case len(b.heard) < 4:
			return
		default:
			b.obey(b.heard[1], b.heard[2], b.heard[3])
			b.heard = b.heard[4:]
		}
	}
}

// obey is one frame. An "on" is a dispense command.
func (b *Board) obey(channel, state, sum byte) {
	if sum != 0xA0+channel+state || channel < 1 || channel > Channels || state > 1 {
		return
	}
	relay := int(channel) - 1
	if state == 0 {
		if !b.weld {
			b.on[relay] = false
		}
		return
	}
	t, obeys := b.Command(4)
	b.t, b.until = t, time.Now().Add(window)
	if !obeys || b.on[relay] {
		return
	}
	b.on[relay] = true
	b.Turn(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.on[relay]
	}, func(bool) {})
}

// answer says how the relays are.
func (b *Board) answer() {
	t := devicetest.Trouble{}
	if time.Now().Before(b.until) {
		t = b.t
	}
	on := b.on
	if t.Other {
		on[Relay-1], on[OtherRelay-1] = on[OtherRelay-1], on[Relay-1]
	}
	var text strings.Builder
	for i, is := range on {
		word := "OFF"
		if is {
			word = "ON"
		}
		if t.Odd && i == Relay-1 {
			word = "WARM"
		}
		fmt.Fprintf(&text, "CH%d: %s\r\n", i+1, word)
	}
	var frames [][]byte
	if t.Stray {
		frames = append(frames, []byte("CH2: ON\r\n"))
	}
	if t.Extra {
		frames = append(frames, []byte("CH1: WARM\r\n"))
	}
	b.Say(t, append(frames, []byte(text.String()))...)
}

// Harness is the harness for a driver on the board.
func Harness(open func(t testing.TB, port string) devicetest.Driver) devicetest.Harness {
	return devicetest.Harness{
		CommandBytes: 4, AnswerBytes: 37,
		Open: func(t testing.TB) *devicetest.Bench {
			b, err := Start(filepath.Join(t.TempDir(), "controller"))
			if err != nil {
				t.Fatal(err)
			}
			bench := b.Bench(t, func(port string) devicetest.Driver { return open(t, port) })
			bench.Slot, bench.Other, bench.NoSlot = benchSlot, benchOther, benchNone
			bench.StrayResult, bench.WrongSlot, bench.ExtraCode, bench.OddResult = b.StrayResult, b.WrongSlot, b.ExtraCode, b.OddResult
			// Nothing may stay on.
			bench.Idle = func() bool { return b.Idle() && !b.On() }
			return bench
		},
	}
}
