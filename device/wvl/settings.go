package wvl

import (
	"fmt"
	"slices"
)

// Settings is what an operator may say about the controller.
type Settings struct {
	Baud       int  `yaml:"baud"`        // bits per second
	DropSensor bool `yaml:"drop_sensor"` // the board has a drop sensor and shall use it
	// QuietLines: DTR and RTS are held low while the port is open, for boards
	// that stay in reset while they are high. Of no help against the pulse of
	// the opening itself.
	QuietLines bool `yaml:"quiet_lines"`
}

// DefaultSettings are those of the reference firmware.
func DefaultSettings() Settings { return Settings{Baud: 57600, DropSensor: true} }

var bauds = []int{9600, 19200, 38400, 57600, 115200}

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is not possible: write 9600, 19200, 38400, 57600 or 115200, as the board's firmware has it", s.Baud))
	}
}
