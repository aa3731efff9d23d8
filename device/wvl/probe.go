package wvl

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
)

const (
	// probeFor covers a board that opening the port has reset.
	probeFor   = 2500 * time.Millisecond
	probeEvery = 400 * time.Millisecond
)

// Probe finds a WVL/1 board with HELLO. It gives the board no log: that would
// be a write.
func Probe() device.Probe {
	return device.Probe{Bauds: []int{57600, 115200, 9600, 38400, 19200}, Ask: probe}
}

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (f device.Finding, err error) {
	var p Parser
	hi := device.Inquiry{Question: Line{Seq: 1, Words: []string{"HELLO", "1"}}.Append(nil), Every: probeEvery, For: probeFor}
	err = hi.Ask(ctx, l, func(b []byte) bool {
		for _, line := range p.Feed(b) {
			if h, ok := decodeHello(line.Words); ok {
				f = h.finding(baud)
			}
		}
		return f.Found()
	})
	return f, err
}

func (h hello) finding(baud int) device.Finding {
	f := device.Finding{What: fmt.Sprintf("WVL/1 board %q, firmware %q, %d slots", h.board, h.firmware, h.slots)}
	if baud != DefaultSettings().Baud {
		f.Settings = append(f.Settings, fmt.Sprintf("baud: %d", baud))
	}
	return f
}
