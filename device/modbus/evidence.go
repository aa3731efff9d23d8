package modbus

import (
	"fmt"

	"kioskd/device"
	"kioskd/sale"
)

// evidence is what Check notes for Recover, see [device.EncodeEvidence].
type evidence struct {
	Version int      `json:"v"`
	Run     uint64   `json:"run,omitempty"`    // the process that took it ...
	Driven  int      `json:"driven,omitempty"` // ... and how many pulses it had written before
	Sensor  *reading `json:"sensor,omitempty"`
}

const evidenceVersion = 1

// reading is the drop sensor's register, and which it is: after a change of
// the configuration it says nothing.
type reading struct {
	Kind     string `json:"kind"`
	Address  int    `json:"address"`
	Register int    `json:"register"`
	Value    uint16 `json:"value"`
}

// decodeEvidence returns no reading for what another version wrote.
func decodeEvidence(b sale.Evidence) evidence {
	e, _ := device.DecodeEvidence[evidence](b, evidenceVersion)
	return e
}

// evidence is what could be noted now.
func (d *Dev) evidence() evidence {
	e := evidence{Version: evidenceVersion, Run: d.run, Driven: d.driven}
	if d.sensor.counts {
		at := d.plan.register
		e.Sensor = &reading{d.settings.DropSensor.Kind, d.settings.Boards[at.board].Address, at.n, d.sensor.value}
	}
	return e
}

// before is the value of the register in the evidence of an order, if it can
// be compared with what the register holds now.
func (d *Dev) before(b sale.Evidence) (value uint16, ok bool) {
	then, now := decodeEvidence(b).Sensor, d.evidence().Sensor
	if then == nil || now == nil {
		return 0, false
	}
	value = then.Value
	then.Value = now.Value
	return value, *then == *now
}

// current refuses evidence that was overtaken: after a crash Recover would take
// another product, or a hand in the beam, for this order's.
func (d *Dev) current(c sale.Command) error {
	then, ok := d.before(c.Evidence)
	if ok && then != d.sensor.value {
		return fmt.Errorf("the drop sensor's register changed after the slot was checked for this order (%d, then %d)", then, d.sensor.value)
	}
	return nil
}
