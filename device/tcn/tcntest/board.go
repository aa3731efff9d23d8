// Package tcntest is a spiral board with the 6-byte commands 00 FF, without
// the metal. It shares no code with the driver.
//
// Where the published host says nothing, the harder case holds: a command that
// comes while a motor turns is lost, and is entered as a breach.
package tcntest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"kioskd/device/devicetest"
)

// What the board has.
const (
	motors     = 60
	benchSlot  = 11
	benchOther = 30
	benchNone  = 61
)

// Board is the board. Its methods may be called by any goroutine.
type Board struct {
	*devicetest.Rig

	mu       sync.Mutex
	heard    []byte
	turning  bool
	door     byte // what it answers about the door
	reply    []byte
	breaches []string
}

// Start puts a board behind the link.
func Start(link string) (*Board, error) {
	b := &Board{door: 1}
	b.mu.Lock() // nothing is heard before there is a rig
	defer b.mu.Unlock()
	var err error
	b.Rig, err = devicetest.NewRig(link, b.input, b.forget)
	return b, err
}

// forget: a motor without power stands where it is.
func (b *Board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turning, b.heard = false, nil
}

// Door sets what the board answers about the door.
func (b *Board) Door(is byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.door = is
}

// Answer makes the next run end with R3 and R4, and 5D or 5C before them.
func (b *Board) Answer(head, r3, r4 byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reply = seal(head, r3, r4)
}

// Turning reports whether a motor turns.
func (b *Board) Turning() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.turning
}

// Breaches are what a driver did that it must never do.
func (b *Board) Breaches() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.breaches)
}

func seal(head, r3, r4 byte) []byte {
	sum := int(head) + int(r3) + int(r4)
	return []byte{0, head, r3, r4, byte(sum % 256)}
}

func (b *Board) input(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p == nil {
		b.heard = nil
		return
	}
	b.heard = append(b.heard, p...)
	for {
		at := bytes.Index(b.heard, []byte{0x00, 0xFF})
		if at < 0 || len(b.heard) < at+6 {
			return
		}
		f := b.heard[at : at+6]
		if f[2]+f[3] != 0xFF || f[4]+f[5] != 0xFF {
			b.heard = b.heard[at+2:]
			continue
		}
		b.heard = b.heard[at+6:]
		b.obey(f[2], f[4])
	}
}

func (b *Board) obey(d3, d5 byte) {
	if d3 >= 1 && d3 < 100 {
		b.run(d3, d5)
		return
	}
	switch {
	case b.turning:
		b.breaches = append(b.breaches, fmt.Sprintf("command %02X %02X while a motor turns", d3, d5))
	case d3 == 0xDF && d5 == 0x55:
		b.Cable.Send(seal(0x5D, b.door, 0))
	default:
		b.breaches = append(b.breaches, fmt.Sprintf("command %02X %02X", d3, d5))
	}
}

// run turns a motor and answers when it is done.
func (b *Board) run(slot, mode byte) {
	t, obeys := b.Command(6)
	switch {
	case b.turning:
		b.breaches = append(b.breaches, fmt.Sprintf("motor %d is run while one turns", slot))
		return
	case !obeys:
		return
	case slot > motors:
		b.Say(t, seal(0x5C, 0, 0))
		return
	}
	reply := b.reply
	b.turning, b.reply = true, nil
	b.Turn(t, nil, func(fell bool) {
		b.mu.Lock()
		b.turning = false
		b.mu.Unlock()
		r4 := byte(0x33)
		if fell {
			r4 = 0xAA
		}
		if mode == 0x55 {
			r4 = 0
		}
		own := seal(0x5D, 0, r4)
		if reply != nil {
			own = reply
		}
		switch {
		case t.Extra:
			b.Say(t, seal(0x5D, 0, 0x77), own)
		case t.Odd:
			b.Say(t, seal(0x5D, 0x70, r4))
		default:
			b.Say(t, own)
		}
	})
}

// Harness is the harness for a driver on the board; proves: with the light
// curtain on.
func Harness(proves bool, open func(t testing.TB, port string) devicetest.Driver) devicetest.Harness {
	return devicetest.Harness{
		Proves: proves, CommandBytes: 6, AnswerBytes: 5,
		Open: func(t testing.TB) *devicetest.Bench {
			b, err := Start(filepath.Join(t.TempDir(), "controller"))
			if err != nil {
				t.Fatal(err)
			}
			bench := b.Bench(t, func(port string) devicetest.Driver { return open(t, port) })
			bench.Slot, bench.Other, bench.NoSlot = benchSlot, benchOther, benchNone
			bench.ExtraCode, bench.OddResult = b.ExtraCode, b.OddResult
			t.Cleanup(func() {
				for _, breach := range b.Breaches() {
					t.Error(breach)
				}
			})
			return bench
		},
	}
}
