package mdb

import (
	"fmt"
	"slices"
	"time"

	"kioskd/sale"
)

// Settings is what an operator may say about the adapter and the machine.
type Settings struct {
	Adapter string `yaml:"adapter"` // qibixx, waferstar
	Baud    int    `yaml:"baud"`    // bits per second; 0 is the adapter's own speed
	// Mode is how the machine sells. always_idle: the customer chooses, then
	// pays; the machine must be of feature level 3 and use the option. session:
	// the reader opens a session first, without a balance.
	Mode     string `yaml:"mode"`
	Device   int    `yaml:"device"`   // cashless device 1 or 2 on the bus
	Level    int    `yaml:"level"`    // feature level that the reader claims: 1 to 3
	Scale    int    `yaml:"scale"`    // the machine counts money in so many ...
	Decimals int    `yaml:"decimals"` // ... of the last of so many decimal places of a yuan
	Deny     string `yaml:"deny"`     // qibixx: how a request is denied. vend: C,VEND,-1; stop: C,STOP
	Write    string `yaml:"write"`    // waferstar: how messages are written to it. binary, text
	// Items are slots whose numbers here are not the machine's own.
	Items []Item `yaml:"items"`
}

// Item is one product of the machine.
type Item struct {
	Item int       `yaml:"item"` // as the machine reports it; 65535 where it reports none
	Slot sale.Slot `yaml:"slot"`
}

// What some settings may be.
const (
	adapterQibixx    = "qibixx"
	adapterWaferstar = "waferstar"
	modeAlwaysIdle   = "always_idle"
	modeSession      = "session"
	denyVend         = "vend"
	denyStop         = "stop"
	writeBinary      = "binary"
	writeText        = "text"
)

// DefaultSettings are those of a Qibixx adapter in a machine of level 3.
func DefaultSettings() Settings {
	return Settings{
		Adapter: adapterQibixx, Mode: modeAlwaysIdle, Device: 1, Level: 3, Scale: 1, Decimals: 2,
		Deny: denyVend, Write: writeBinary,
	}
}

var (
	bauds     = []int{0, 9600, 19200, 38400, 57600, 115200}
	addresses = [...]byte{1: 0x10, 2: 0x60}
)

// speed is that of the port.
func (s *Settings) speed() int {
	switch {
	case s.Baud != 0:
		return s.Baud
	case s.Adapter == adapterQibixx:
		return 115200
	}
	return 9600
}

// The machine is told how long it must wait for the answer to a request: one
// byte of seconds. It begins before the code is shown, and an order must be
// closed at the provider before it can be denied.
const (
	mostSeconds = 255
	payMargin   = 30 * time.Second
)

// PayWithinMost is the longest sale.pay_within that the machine can be told to
// wait for.
func (s *Settings) PayWithinMost() time.Duration { return mostSeconds*time.Second - payMargin }

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	choice := func(field, is, one, other string) {
		if is != one && is != other {
			problem(field, fmt.Sprintf("%q is not possible: write %s or %s", is, one, other))
		}
	}
	span := func(field string, is, from, to int) {
		if is < from || is > to {
			problem(field, fmt.Sprintf("%d is out of range: write %d to %d", is, from, to))
		}
	}
	choice("adapter", s.Adapter, adapterQibixx, adapterWaferstar)
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is not possible: write 9600, 19200, 38400, 57600 or 115200, or 0 for the adapter's own", s.Baud))
	}
	choice("mode", s.Mode, modeAlwaysIdle, modeSession)
	span("device", s.Device, 1, 2)
	span("level", s.Level, 1, 3)
	if s.Mode == modeAlwaysIdle && s.Level >= 1 && s.Level < 3 {
		problem("level", fmt.Sprintf("%d is too low for mode always_idle: write 3, or mode: session", s.Level))
	}
	span("scale", s.Scale, 1, 100)
	span("decimals", s.Decimals, 0, 3)
	choice("deny", s.Deny, denyVend, denyStop)
	choice("write", s.Write, writeBinary, writeText)
	s.checkItems(problem)
}

func (s *Settings) checkItems(problem func(field, what string)) {
	seen := map[int]int{}
	for i, it := range s.Items {
		at := fmt.Sprintf("items[%d]", i)
		if it.Item < 0 || it.Item > noItem {
			problem(at+".item", fmt.Sprintf("%d is out of range: write 0 to 65535", it.Item))
		}
		if it.Slot < 1 || it.Slot > 9999 {
			problem(at+".slot", fmt.Sprintf("%d is out of range: write 1 to 9999", it.Slot))
		}
		if first, twice := seen[it.Item]; twice {
			problem(at+".item", fmt.Sprintf("%d stands in items[%d] already", it.Item, first))
			continue
		}
		seen[it.Item] = i
	}
}

// slotOf is the slot of an item, 0 for none. An item that is not listed is the
// slot of its number, unless that is another item's.
func (s *Settings) slotOf(item uint16) sale.Slot {
	taken := item == noItem
	for _, it := range s.Items {
		if it.Item == int(item) {
			return it.Slot
		}
		taken = taken || int(it.Slot) == int(item)
	}
	if taken {
		return 0
	}
	return sale.Slot(item)
}

// codec makes the language of the adapter. timeout is in seconds.
func (s *Settings) codec(timeout int) codec {
	m := money{s.Scale, s.Decimals}
	if s.Adapter == adapterWaferstar {
		return &waferstar{money: m, address: addresses[s.Device], text: s.Write == writeText, timeout: timeout}
	}
	return &qibixx{money: m, mode: s.Mode, stop: s.Deny == denyStop, address: addresses[s.Device], timeout: timeout}
}
