package ubox

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
)

const (
	probeFor   = 2500 * time.Millisecond
	probeEvery = 1200 * time.Millisecond // the published firmware takes a good part of a second
)

// Probe finds a board by the states of its channels, which GET_INFO 4 asks for:
// AA 01 01 04 and the CRC C6 58. A VEND_IND is a byte longer and has
// another CRC. No frame of another driver's begins with AA, and the CRC keeps
// what is damaged from being one.
//
// But boards of one relay that obey single bytes (E-3, HW-667) take the AA for
// "on", without a timer. So it is asked only where it is named.
func Probe() device.Probe {
	return device.Probe{Bauds: []int{9600, 115200, 19200, 38400, 57600}, Named: true, Ask: probe}
}

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (f device.Finding, err error) {
	var p Parser
	question := device.Inquiry{Question: ask(infoChannels), Every: probeEvery, For: probeFor}
	err = question.Ask(ctx, l, func(b []byte) bool {
		frames := p.Feed(b)
		if len(b) == 0 {
			frames = p.Gap()
		}
		for _, x := range frames {
			if states, ok := decodeChannels(x); ok && len(states) > 0 {
				f = finding(len(states), baud)
			}
		}
		return f.Found()
	})
	return f, err
}

func finding(channels, baud int) device.Finding {
	return device.Finding{
		What: fmt.Sprintf(`UBOX "SIMPLE" controller, %d channels`, channels),
		Settings: append(device.BaudSetting(baud, DefaultSettings().Baud),
			"drop_sensor: true # false if the machine has none, or its menu has it off",
			"stock_bit: available # or empty: docs/controllers/ubox.md",
		),
	}
}
