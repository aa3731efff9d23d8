package ubox

import (
	"fmt"
	"slices"
	"time"
)

// Settings is what an operator may say about the board.
type Settings struct {
	Baud       int  `yaml:"baud"`        // bits per second
	DropSensor bool `yaml:"drop_sensor"` // the machine has a drop sensor, and the board uses it
	// VendTime is longer than any vend takes: so long a report is waited for.
	VendTime time.Duration `yaml:"vend_time"`
	// StockBit is what a bit that is set in the board's stock map means:
	// "available" or "empty".
	StockBit string `yaml:"stock_bit"`
	// ProbeChannel is a number of no channel: it was tried on this machine that
	// the board answers a vend of it with "failed" and moves nothing. With it
	// the board can be asked for a stored result: see the package comment. 0:
	// it was not tried.
	ProbeChannel int `yaml:"probe_channel"`
}

// The meanings of a bit in the stock map.
const (
	stockAvailable = "available"
	stockEmpty     = "empty"
)

// DefaultSettings are those of the published firmware, with a drop sensor.
func DefaultSettings() Settings {
	return Settings{Baud: 9600, DropSensor: true, VendTime: 30 * time.Second, StockBit: stockAvailable}
}

var bauds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

const (
	channelMost = 255
	vendLeast   = 5 * time.Second
	vendMost    = 2 * time.Minute
)

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is no speed of a serial port: write 9600, or what the board's manual says, from 1200 to 115200", s.Baud))
	}
	if s.VendTime < vendLeast || s.VendTime > vendMost {
		problem("vend_time", fmt.Sprintf("%v is out of range: write %v to %v, longer than the board's own limit for a vend", s.VendTime, vendLeast, vendMost))
	}
	if s.StockBit != stockAvailable && s.StockBit != stockEmpty {
		problem("stock_bit", "write available or empty: what a bit that is set in the board's stock map means")
	}
	if s.ProbeChannel < 0 || s.ProbeChannel > channelMost {
		problem("probe_channel", fmt.Sprintf("%d is out of range: write the number of no channel, up to %d, that was tried; or 0", s.ProbeChannel, channelMost))
	}
}
