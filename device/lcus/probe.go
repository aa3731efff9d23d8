package lcus

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"kioskd/device"
)

const (
	probeFor   = 1700 * time.Millisecond
	probeEvery = 600 * time.Millisecond
	// silences of 50 ms end an answer: the rest of one that comes in two
	// pieces shall not be missing.
	silences = 4
)

// Probe finds a board by the states of its relays, asked for with FF. It takes
// two answers alike, because the number of relays is the number of lines.
//
// FF is a start bit and then nothing that differs from a line at rest. At any
// speed it is one byte of zeros below ones (FE, FC, ... 00) or none, and too
// short for a frame. It is no command of a board that obeys single bytes, AA,
// BB and CC, either.
func Probe() device.Probe {
	return device.Probe{Bauds: []int{9600, 115200, 19200, 38400, 57600}, Ask: probe}
}

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (f device.Finding, err error) {
	var answer []byte
	silent, before := 0, 0
	question := device.Inquiry{Question: askStates, Every: probeEvery, For: probeFor}
	err = question.Ask(ctx, l, func(b []byte) bool {
		answer = append(answer, b...)
		if silent++; len(b) > 0 {
			silent = 0
		}
		if silent < silences || len(answer) == 0 {
			return false
		}
		n := relays(answer)
		answer = nil
		if n > 0 && n == before {
			f = finding(n, baud)
		}
		before = n
		return f.Found()
	})
	return f, err
}

// relays is how many relays an answer names, each in its line, 0 if it is none
// of a board that the driver can use.
func relays(answer []byte) (n int) {
	ends := func(r rune) bool { return r == '\r' || r == '\n' }
	for _, text := range bytes.FieldsFunc(answer, ends) {
		s, ok := decodeState(text)
		if !ok || s.Channel != n+1 {
			return 0
		}
		n++
	}
	if !slices.Contains(channels, n) {
		return 0
	}
	return n
}

func finding(n, baud int) device.Finding {
	return device.Finding{
		What: fmt.Sprintf("LCUS board, %d relays", n),
		Settings: append(device.BaudSetting(baud, DefaultSettings().Baud),
			fmt.Sprintf("channels: %d", n),
			"load: lamp # or lock, or signal; never a motor: docs/controllers/lcus.md",
			"slots: # one line for each load",
			"  - {slot: 11, channel: 1, on: 5s}",
		),
	}
}
