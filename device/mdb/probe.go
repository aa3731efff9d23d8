package mdb

import (
	"context"
	"regexp"
	"time"

	"kioskd/device"
)

const (
	// probeFor leaves time for more than one question: the first may end a
	// line of other probes' bytes that the adapter has kept.
	probeFor   = 2 * time.Second
	probeEvery = 400 * time.Millisecond
)

// Probe finds a Qibixx adapter by its version, and leaves the reader as it is.
// The port of an MDB-USB has no speed, and that of a Pi Hat has one. A
// Waferstar box has no question: what is written to it goes to the machine.
//
// The question is V and LF, 56 0A. Neither begins or ends a command of another
// board, and two bytes are too few for any that has a checksum: a Waferstar box
// waits for 56 there, not 0A.
func Probe() device.Probe { return device.Probe{Bauds: []int{115200}, Ask: probe} }

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (f device.Finding, err error) {
	var q qibixx
	question := device.Inquiry{Question: []byte(ping), Every: probeEvery, For: probeFor}
	err = question.Ask(ctx, l, func(b []byte) bool {
		for _, m := range q.feed(b) {
			if words := version.FindStringSubmatch(m.text); words != nil && !f.Found() {
				f = finding(words[1], baud)
			}
		}
		return f.Found()
	})
	return f, err
}

// version is "v,4.0.1.0,1234567890ABCDEF": of the firmware, and the CPU's number.
var version = regexp.MustCompile(`^v,(\d+(?:\.\d+)+),[^,]+$`)

func finding(firmware string, baud int) device.Finding {
	f := device.Finding{What: "Qibixx MDB adapter, firmware " + firmware, Settings: []string{"adapter: qibixx"}}
	f.Settings = append(f.Settings, device.BaudSetting(baud, 115200)...)
	f.Settings = append(f.Settings,
		"mode: always_idle # or session: docs/controllers/mdb.md",
		"scale: 1 # as the machine counts money",
		"decimals: 2",
	)
	return f
}
