package vmc

import (
	"fmt"
	"slices"
	"time"
)

// Settings is what an operator may say about the controller.
type Settings struct {
	Baud int `yaml:"baud"` // bits per second; the document knows only 57600
	// CheckLen is the LEN of command 01. The document says 4 and lists fields
	// for 3. 0 finds out which one the controller answers.
	CheckLen   int  `yaml:"check_len"`
	DropSensor bool `yaml:"drop_sensor"` // the machine has a drop sensor and shall use it
	Lift       bool `yaml:"lift"`        // the product comes down in a lift
	Oven       bool `yaml:"oven"`        // the product is heated before it is given
	// Counts: it was tried on this machine that command 06 raises the sales
	// counter (menu 47) by one when a product is given, and nothing but kioskd
	// sells from the slots.
	Counts bool `yaml:"counts"`
	// PollInterval is what the controller is told to POLL at, in 100 ms. 0
	// leaves it as it is.
	PollInterval int `yaml:"poll_interval"`
	// Pace is the time from one vend to the next that a machine which sells
	// without a break must have on average; twelve may come at once. 0: no bound.
	Pace time.Duration `yaml:"pace"`
}

// DefaultSettings are those of a machine with a drop sensor as it is delivered.
func DefaultSettings() Settings {
	return Settings{Baud: 57600, DropSensor: true, Pace: 20 * time.Second}
}

const paceMost = 5 * time.Minute

var bauds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is no speed of a serial port: write 57600, or what the controller's manual says, from 1200 to 115200", s.Baud))
	}
	if s.CheckLen != 0 && s.CheckLen != 3 && s.CheckLen != 4 {
		problem("check_len", fmt.Sprintf("%d is not possible: write 3 or 4, or 0 to find out which one the controller answers", s.CheckLen))
	}
	if s.Pace < 0 || s.Pace > paceMost {
		problem("pace", fmt.Sprintf("%v is out of range: write 1s to %v, or 0s for no bound", s.Pace, paceMost))
	}
	if s.PollInterval < 0 || s.PollInterval > 20 {
		problem("poll_interval", fmt.Sprintf("%d is out of range: write 1 to 20 (in 100 ms), or 0 to leave the controller's own", s.PollInterval))
	}
}
