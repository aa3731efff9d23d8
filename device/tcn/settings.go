package tcn

import (
	"fmt"
	"slices"
	"time"
)

// Settings is what an operator may say about the board.
type Settings struct {
	Baud       int  `yaml:"baud"`        // bits per second
	Slots      int  `yaml:"slots"`       // motors are numbered from 1 to this
	DropSensor bool `yaml:"drop_sensor"` // the machine has a light curtain and shall use it
	// VendTime is longer than any run takes, with the extra turn. So long
	// nothing else is said to the board after a run whose reply did not come.
	VendTime time.Duration `yaml:"vend_time"`
	// Door is how the board's answer about the door is to be read: "none", it
	// has no switch; "normal", 00 is open; "reversed", 01 is open.
	Door string `yaml:"door"`
}

// The readings of the door.
const (
	doorNone     = "none"
	doorNormal   = "normal"
	doorReversed = "reversed"
)

// DefaultSettings are without the number of slots: nobody can guess it.
func DefaultSettings() Settings {
	return Settings{Baud: 9600, DropSensor: true, VendTime: 30 * time.Second, Door: doorNone}
}

var bauds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

const (
	vendLeast = 5 * time.Second
	vendMost  = 2 * time.Minute
)

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is no speed of a serial port: write 9600, or what the board's manual says, from 1200 to 115200", s.Baud))
	}
	switch {
	case s.Slots == 0:
		problem("slots", fmt.Sprintf("missing: write the highest motor's number, 1 to %d", slotMost))
	case s.Slots < 0 || s.Slots > slotMost:
		problem("slots", fmt.Sprintf("%d is out of range: write the highest motor's number, 1 to %d", s.Slots, slotMost))
	}
	if s.VendTime < vendLeast || s.VendTime > vendMost {
		problem("vend_time", fmt.Sprintf("%v is out of range: write %v to %v, longer than two turns of the slowest motor", s.VendTime, vendLeast, vendMost))
	}
	if s.Door != doorNone && s.Door != doorNormal && s.Door != doorReversed {
		problem("door", "write none, normal (the board answers 00 while the door is open) or reversed (it answers 01)")
	}
}
