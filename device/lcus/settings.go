package lcus

import (
	"fmt"
	"slices"
	"time"

	"kioskd/sale"
)

// Settings is what an operator says about the board and what hangs on it.
type Settings struct {
	Baud     int `yaml:"baud"`     // bits per second
	Channels int `yaml:"channels"` // relays of the board: 2, 4 or 8
	// Load is what the relays switch: "lamp", "lock" or "signal". It must be
	// safe when it stays on, because nothing but this program switches it off.
	Load  string `yaml:"load"`
	Slots []Slot `yaml:"slots"`
}

// Slot is a load on a relay.
type Slot struct {
	Slot    sale.Slot     `yaml:"slot"`
	Channel int           `yaml:"channel"` // from 1
	On      time.Duration `yaml:"on"`      // how long the load is on
}

// loads are what may hang on such a relay.
var loads = []string{"lamp", "lock", "signal"}

// channels are the numbers of relays of boards that answer.
var channels = []int{2, 4, 8}

// DefaultSettings are without a load: nobody can guess one.
func DefaultSettings() Settings { return Settings{Baud: 9600} }

var bauds = []int{9600, 19200, 38400, 57600, 115200}

const (
	slotMost = 9999
	onLeast  = 200 * time.Millisecond
	onMost   = 5 * time.Minute
)

// Check reports every value that cannot be right: its yaml key, and what to
// write instead. There are no paths, so dir means nothing here.
func (s *Settings) Check(_ string, problem func(field, what string)) {
	if !slices.Contains(bauds, s.Baud) {
		problem("baud", fmt.Sprintf("%d is no speed of these boards: write 9600, 19200, 38400, 57600 or 115200", s.Baud))
	}
	s.checkLoad(problem)
	switch {
	case slices.Contains(channels, s.Channels):
	case s.Channels == 1:
		problem("channels", "a board with one relay never answers, so nobody would know whether it is there: use one with 2, 4 or 8")
	default:
		problem("channels", fmt.Sprintf("%d is not possible: write 2, 4 or 8, as many relays as the board has", s.Channels))
	}
	if len(s.Slots) == 0 {
		problem("slots", "missing: write at least one")
	}
	slot, channel := map[sale.Slot]int{}, map[int]int{}
	for i, x := range s.Slots {
		at := func(key string) string { return fmt.Sprintf("slots[%d].%s", i, key) }
		if x.Slot < 1 || x.Slot > slotMost {
			problem(at("slot"), fmt.Sprintf("%d is out of range: write 1 to %d", x.Slot, slotMost))
		} else if _, twice := slot[x.Slot]; twice {
			problem(at("slot"), fmt.Sprintf("%d has a relay already: keep one of them", x.Slot))
		}
		slot[x.Slot] = i
		if x.Channel < 1 || s.Channels > 0 && x.Channel > s.Channels {
			problem(at("channel"), fmt.Sprintf("%d is out of range: write 1 to %d", x.Channel, max(s.Channels, 1)))
		} else if first, twice := channel[x.Channel]; twice {
			problem(at("channel"), fmt.Sprintf("relay %d is in use already, by slots[%d]", x.Channel, first))
		}
		channel[x.Channel] = i
		if x.On < onLeast || x.On > onMost {
			problem(at("on"), fmt.Sprintf("%v is out of range: write %v to %v", x.On, onLeast, onMost))
		}
	}
}

func (s *Settings) checkLoad(problem func(field, what string)) {
	const kinds = "write lamp, lock (a magnetic lock that may stay open) or signal (an input of a gate or another controller)"
	switch {
	case s.Load == "":
		problem("load", "missing: what do the relays switch? "+kinds)
	case s.Load == "motor":
		problem("load", "a motor is refused: these relays have no timer, so if this program, its computer or the cable fails while one is on, "+
			"the motor turns on and gives everything away. Use a board that ends its pulse itself: driver modbus, or wvl")
	case !slices.Contains(loads, s.Load):
		problem("load", kinds+"; it must be safe when it stays on, so a motor is refused")
	}
}
