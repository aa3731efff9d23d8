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

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (device.Finding, error) {
	var p Parser
	buf := make([]byte, 256)
	var asked time.Time
	for end := time.Now().Add(probeFor); time.Now().Before(end) && ctx.Err() == nil; {
		n, err := l.Read(buf, readWait)
		if err != nil {
			return device.Finding{}, err
		}
		for _, line := range p.Feed(buf[:n]) {
			if h, ok := decodeHello(line.Words); ok {
				return h.finding(baud), nil
			}
		}
		if time.Since(asked) >= probeEvery {
			asked = time.Now()
			if _, err := l.Write(Line{Seq: 1, Words: []string{"HELLO", "1"}}.Append(nil)); err != nil {
				return device.Finding{}, err
			}
		}
	}
	return device.Finding{}, ctx.Err()
}

func (h hello) finding(baud int) device.Finding {
	f := device.Finding{What: fmt.Sprintf("WVL/1 board %q, firmware %q, %d slots", h.board, h.firmware, h.slots)}
	if baud != DefaultSettings().Baud {
		f.Settings = append(f.Settings, fmt.Sprintf("baud: %d", baud))
	}
	return f
}
