package mdbtest

import (
	"fmt"
	"time"
)

// take takes messages of the reader.
func (v *vmc) take(b []byte, now time.Time) {
	m := v.machine
	if len(b) < 2 || sum(b[:len(b)-1]) != b[len(b)-1] {
		m.breach("an answer with a wrong checksum: % X", b)
		return
	}
	b = b[:len(b)-1]
	if v.phase < ready && b[0] >= 0x03 && b[0] <= 0x07 {
		return // the host does not know yet that the reader was reset
	}
	switch b[0] {
	case 0x00:
		v.justReset()
	case 0x01:
		v.configured(b)
	case 0x03:
		if v.phase != ready || v.session || !m.opt.Session {
			m.breach("BEGIN SESSION in phase %d", v.phase)
			return
		}
		if n := len(b); n != 10 || b[1] != 0xFF || b[2] != 0xFF {
			m.breach("BEGIN SESSION % X to a machine of level 3", b)
		}
		v.session = true
	case 0x04:
		if v.session && v.phase == ready {
			v.complete()
		}
	case 0x05:
		v.approve(b, now)
	case 0x06:
		v.denied()
	case 0x07:
		if v.phase != ending {
			m.breach("END SESSION in phase %d", v.phase)
			return
		}
		v.session, v.vend = false, nil
		v.to(ready)
	case 0x08, 0x09, 0x0E:
	case 0x0B:
		v.boot() // out of sequence: the reader is to be reset
	default:
		m.breach("an answer of no table: % X", b)
	}
}

func (v *vmc) justReset() {
	switch v.phase {
	case resetting:
		v.to(settingUp)
	case settingUp, naming:
	default:
		v.machine.log.Debug("the reader has started anew")
		v.boot()
		v.to(settingUp)
	}
}

// configured is the answer to SETUP.
func (v *vmc) configured(b []byte) {
	m := v.machine
	if len(b) != 8 {
		m.breach("a configuration of %d bytes", len(b))
		return
	}
	m.config = fmt.Sprintf("% X", b)
	v.maxResp = max(5*time.Second, time.Duration(b[6])*time.Second)
	if v.phase != settingUp {
		return
	}
	v.next = append(v.next, sealed(0x11, 0x01, 0xFF, 0xFF, 0x00, 0x00))
	v.next = append(v.next, sealed(append([]byte{0x17, 0x00}, "VMC000000000001MODEL-000001\x01\x00"...)...))
	if !m.opt.Session {
		v.next = append(v.next, sealed(0x17, 0x04, 0, 0, 0, 0x20))
	}
	v.next = append(v.next, sealed(0x14, 0x01))
	v.enables = 1
	m.setUps++
	v.to(naming)
}

// approve is VEND APPROVED.
func (v *vmc) approve(b []byte, now time.Time) {
	m := v.machine
	switch {
	case v.phase == cancelling: // they have crossed, and the cancel counts
	case len(b) != 3:
		m.breach("an approval of %d bytes", len(b))
	case v.phase != asking:
		m.breach("an approval in phase %d", v.phase)
	case int(b[1])<<8|int(b[2]) != v.vend.slot.Price:
		m.breach("an approval of %d fen for %d", int(b[1])<<8|int(b[2]), v.vend.slot.Price)
	default:
		v.vend.approved = now
		if item := v.vend.slot.Number; m.jams[item] > 0 {
			m.jams[item]--
			v.vend.jam = true
		}
		m.turns = append(m.turns, v.vend.slot.Number)
		if n := len(m.commands); n > 0 {
			m.commands[n-1].Turned = true
		}
		v.to(vending)
	}
}

func (v *vmc) denied() {
	switch v.phase {
	case asking, cancelling:
		v.machine.denials++
		v.complete()
	case ready:
		// A host that starts frees whatever may wait. Nothing does.
	default:
		v.machine.breach("VEND DENIED in phase %d", v.phase)
	}
}
