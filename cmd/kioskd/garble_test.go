package main

import (
	"bytes"
	"testing"

	"kioskd/device/devicetest"
)

// speeds are those that a board may have.
var speeds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

// garbled is what boards of every speed, with clocks that go wrong by 4% at
// most, take for bytes when q is written at each of the speeds given.
func garbled(q []byte, written []int) (all [][]byte) {
	for _, from := range written {
		for _, to := range speeds {
			for _, off := range []float64{-0.04, -0.02, 0, 0.02, 0.04} {
				all = append(all, heardAs(q, float64(to)*(1+off)/float64(from)))
			}
		}
	}
	return all
}

// heardAs is what a receiver makes of bytes that are written without a pause,
// when it is so many times faster than the sender. It waits for a falling edge,
// looks in the middle of each of its bits, and waits for the line to be high
// where it should be and is not.
func heardAs(q []byte, faster float64) (heard []byte) {
	// level is that of the line at a time in the sender's bits.
	level := func(at float64) bool {
		i, bit := int(at)/10, int(at)%10
		return at < 0 || i >= len(q) || bit == 9 || bit > 0 && q[i]>>(bit-1)&1 == 1
	}
	step := 1 / faster
	end := float64(10 * len(q))
	const tick = 1.0 / 16
	for at := 0.0; at < end; {
		if level(at) {
			at += tick
			continue
		}
		var b byte
		for bit := range 8 {
			if level(at + step*(1.5+float64(bit))) {
				b |= 1 << bit
			}
		}
		heard = append(heard, b)
		for at += step * 9.5; !level(at); {
			at += tick
		}
	}
	return heard
}

func TestHeardAs(t *testing.T) {
	for _, c := range []struct {
		wrote  string
		faster float64
		want   string
	}{
		{"AA 01 01 04 C6 58", 1, "AA 01 01 04 C6 58"},
		{"AA 01 01 04 C6 58", 1.04, "AA 01 01 04 C6 58"},
		{"AA 01 01 04 C6 58", 0.97, "AA 01 01 04 C6 58"},
		{"FF", 2, "FE"},
		{"FF", 8, "80"},
		{"00", 0.5, "F8"},
	} {
		if got := heardAs(devicetest.Unhex(t, c.wrote), c.faster); !bytes.Equal(got, devicetest.Unhex(t, c.want)) {
			t.Errorf("%s by a receiver %v times as fast: % X, want %s", c.wrote, c.faster, got, c.want)
		}
	}
}
