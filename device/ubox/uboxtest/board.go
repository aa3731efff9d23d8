// Package uboxtest is a board with the UBOX "SIMPLE" protocol (AA) without the
// metal. It shares no code with the driver.
//
// It behaves as the published firmware does, also where that is awkward: the
// serial number of the last vend is lost with the power; a repeat of it that
// comes while the motor turns is answered with the result of the vend before;
// a vend of a channel that cannot vend is answered with "failed".
package uboxtest

import (
	"path/filepath"
	"sync"
	"testing"

	"kioskd/device/devicetest"
	"kioskd/sale"
)

// What the board has. Probe is a number of no channel.
const (
	channels   = 60
	benchSlot  = 11
	benchOther = 30
	benchNone  = 61
	Probe      = 200
)

// Board is the board. Its methods may be called by any goroutine.
type Board struct {
	*devicetest.Rig

	mu    sync.Mutex
	heard []byte
	ram   ram

	empty    map[byte]bool
	disabled map[byte]bool
	vends    [][2]byte // channel and SN of each vend that it obeyed
	probes   int
}

// ram is what the power takes with it.
type ram struct{ channel, result, sn byte }

// Start puts a board behind the link.
func Start(link string) (*Board, error) {
	b := &Board{empty: map[byte]bool{}, disabled: map[byte]bool{}}
	b.mu.Lock() // nothing is heard before there is a rig
	defer b.mu.Unlock()
	var err error
	b.Rig, err = devicetest.NewRig(link, b.input, b.forget)
	return b, err
}

func (b *Board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ram, b.heard = ram{}, nil
}

// Empty sells a channel out, Disable takes it out of service.
func (b *Board) Empty(channel byte)   { b.set(b.empty, channel) }
func (b *Board) Disable(channel byte) { b.set(b.disabled, channel) }

func (b *Board) set(m map[byte]bool, channel byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m[channel] = true
}

// Press is a customer who presses a channel's number.
func (b *Board) Press(channel byte) { b.Cable.Send(seal(0x03, 1, channel)) }

// Vends are the channel and the serial number of each vend that it obeyed, and
// Probes how many vends of channels that it has not were answered.
func (b *Board) Vends() [][2]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][2]byte(nil), b.vends...)
}

// Probes is how many vends named a channel that the board has not.
func (b *Board) Probes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.probes
}

// seal makes a frame, with the CRC a bit at a time from the other end than a
// driver's.
func seal(kind byte, data ...byte) []byte {
	f := append([]byte{0xAA, kind, byte(len(data))}, data...)
	sum := checksum(f)
	return append(f, byte(sum>>8), byte(sum))
}

func checksum(f []byte) uint32 {
	var crc uint32
	for _, x := range f {
		for i := 7; i >= 0; i-- {
			in := uint32(x) >> i & 1
			out := crc >> 15 & 1
			crc = (crc << 1) & 0xFFFF
			if in != out {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

func (b *Board) input(p []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p == nil {
		b.heard = nil
		return
	}
	b.heard = append(b.heard, p...)
	for len(b.heard) >= 5 {
		n := int(b.heard[2]) + 5
		if b.heard[0] != 0xAA {
			b.heard = b.heard[1:]
			continue
		}
		if len(b.heard) < n {
			return
		}
		f := b.heard[:n]
		b.heard = b.heard[n:]
		if sum := checksum(f[:n-2]); f[n-2] == byte(sum>>8) && f[n-1] == byte(sum) {
			b.obey(f[1], f[3:n-2])
		}
	}
}

func (b *Board) obey(kind byte, data []byte) {
	switch {
	case kind == 0x01 && len(data) == 1 && data[0] == 1:
		b.Cable.Send(seal(0x01, b.stock()...))
	case kind == 0x01 && len(data) == 1 && data[0] == 4:
		states := []byte{4, channels}
		for c := byte(1); c <= channels; c++ {
			s := byte(0)
			if b.disabled[c] {
				s = 1
			}
			states = append(states, s)
		}
		b.Cable.Send(seal(0x01, states...))
	case kind == 0x02 && len(data) == 2:
		b.vend(data[0], data[1])
	}
}

// stock has a bit set for each channel that can vend.
func (b *Board) stock() []byte {
	bytes := make([]byte, (channels+7)/8)
	for c := byte(1); c <= channels; c++ {
		if !b.empty[c] && !b.disabled[c] {
			bytes[(c-1)/8] |= 1 << ((c - 1) % 8)
		}
	}
	return append([]byte{1, 0, byte(len(bytes))}, bytes...)
}

func (b *Board) report() []byte { return seal(0x02, b.ram.channel, b.ram.result, b.ram.sn) }

// vend is a VEND_IND.
func (b *Board) vend(channel, sn byte) {
	known := b.ram.sn == sn && sn > 0
	var t devicetest.Trouble
	if channel < 1 || channel > channels {
		b.probes++
	} else {
		var obeys bool
		if t, obeys = b.Command(7); !obeys {
			return
		}
	}
	if known {
		b.Say(t, b.report())
		return
	}
	b.ram.channel, b.ram.sn = channel, sn
	if channel < 1 || channel > channels || b.empty[channel] || b.disabled[channel] {
		b.ram.result = 1
		b.Say(t, b.report())
		return
	}
	b.vends = append(b.vends, [2]byte{channel, sn})
	b.Turn(t, nil, func(fell bool) { b.done(t, fell) })
}

// done is the end of a vend. A board without a drop sensor takes a motor that
// turned for a success; this one has one.
func (b *Board) done(t devicetest.Trouble, fell bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ram.result = 1
	if fell {
		b.ram.result = 0
	}
	r := b.ram
	var frames [][]byte
	if t.Stray {
		frames = append(frames, seal(0x02, benchOther, 0, r.sn), seal(0x02, r.channel, 0, r.sn+1))
	}
	if t.Extra {
		frames = append(frames, seal(0x02, r.channel, 0x77, r.sn))
	}
	switch {
	case t.Other:
		frames = append(frames, seal(0x02, benchOther, r.result, r.sn))
	case t.Odd:
		frames = append(frames, seal(0x02, r.channel, 0x77, r.sn))
	default:
		frames = append(frames, b.report())
	}
	b.Say(t, frames...)
}

// Harness is the harness for a driver on the board; probes: the driver knows
// Probe and asks for stored results with it.
func Harness(probes bool, open func(t testing.TB, port string) devicetest.Driver) devicetest.Harness {
	return devicetest.Harness{
		Proves: true, Recovers: probes, KeysOnce: true, CommandBytes: 7, AnswerBytes: 8,
		Open: func(t testing.TB) *devicetest.Bench {
			b, err := Start(filepath.Join(t.TempDir(), "controller"))
			if err != nil {
				t.Fatal(err)
			}
			bench := b.Bench(t, func(port string) devicetest.Driver { return open(t, port) })
			bench.Slot, bench.Other, bench.NoSlot = benchSlot, benchOther, benchNone
			bench.Press = func(s sale.Slot) { b.Press(byte(s)) }
			bench.SoldOut = func() { b.Empty(benchSlot) }
			bench.Pause = func() { b.Disable(benchSlot) }
			bench.StrayResult, bench.WrongSlot, bench.ExtraCode, bench.OddResult = b.StrayResult, b.WrongSlot, b.ExtraCode, b.OddResult
			return bench
		},
	}
}
