package configs

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"kioskd/pin"
	"kioskd/sale"
)

// Service is the doors of the technician. All are shut by default.
type Service struct {
	PIN   string `yaml:"pin"`   // absolute path of the file with the PIN; empty: there is none
	Panel string `yaml:"panel"` // address and port of the panel, HOST:PORT; empty: there is none
	// Chord are numbers that open service mode at the machine when they are
	// pressed one after the other, 3 to 6 of them; empty: there are none.
	Chord []sale.Slot `yaml:"chord"`
	Door  bool        `yaml:"door"` // service mode opens with the machine's door
	// Keys are the numbers that service mode is used with: four choices and back.
	Keys []sale.Slot `yaml:"keys"`
}

// PanelReach says who can open the panel, if there is one.
func (s Service) PanelReach() string {
	if s.PanelIsLocal() {
		return "the panel at http://" + s.Panel + "/ can be opened from this machine alone"
	}
	return "the panel at http://" + s.Panel + "/ is plain http: whoever is in that network can try PINs and read along; never open it to the internet"
}

// Menu reports whether there is service mode at the machine.
func (s Service) Menu() bool { return len(s.Chord) > 0 || s.Door }

// SlotKeys reports whether service mode is used with the numbers of slots alone,
// because the keypad reports no other.
func (c *Config) SlotKeys() bool {
	for _, k := range c.Service.Keys {
		if !slices.ContainsFunc(c.Shelves(), func(p sale.Product) bool { return p.Slot == k }) {
			return false
		}
	}
	return true
}

const (
	minChord, maxChord = 3, 6
	menuKeys           = 5 // four and back
)

// menu checks what service mode at the machine needs.
func (r *reader) menu(s Service) {
	if s.Menu() && s.PIN == "" {
		r.reject("service.pin", RuleMissing, "missing, and service mode at the machine lets nobody in without: write the path of a file that holds 4 to 12 digits")
	}
	if n := len(s.Chord); n > 0 && (n < minChord || n > maxChord) {
		r.reject("service.chord", RuleChord, fmt.Sprintf("has %d numbers: write %d to %d, like [11, 12, 12, 11], or [] for none", n, minChord, maxChord))
	} else if n > 0 && len(slices.Compact(slices.Clone(s.Chord))) == 1 {
		r.reject("service.chord", RuleChord, "is one number over and over, which customers press too: write different ones, like [11, 12, 12, 11]")
	}
	for i, n := range s.Chord {
		if n < 1 || n > maxSlot {
			r.reject(fmt.Sprintf("service.chord[%d]", i), RuleSlot, fmt.Sprintf("out of range: write a number from 1 to %d", maxSlot))
		}
	}
	sorted := slices.Sorted(slices.Values(s.Keys))
	if len(s.Keys) != menuKeys || len(slices.Compact(sorted)) != menuKeys {
		r.reject("service.keys", RuleChord, "wants five different numbers, for four choices and for going back: write [1, 2, 3, 4, 0], or five numbers that the keypad can report")
	}
	for i, n := range s.Keys {
		if n < 0 || n > maxSlot {
			r.reject(fmt.Sprintf("service.keys[%d]", i), RuleSlot, fmt.Sprintf("out of range: write a number from 0 to %d", maxSlot))
		}
	}
}

// PanelIsLocal reports whether nobody but this machine can reach the panel.
func (s Service) PanelIsLocal() bool {
	host, _, err := net.SplitHostPort(s.Panel)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

const wantPanel = "write an address of this machine and a port, like 127.0.0.1:8930"

func (r *reader) service(s *Service) {
	if s.PIN != "" {
		s.PIN = pin.Path(r.dir, s.PIN)
		if _, what := pin.Read(s.PIN); what != "" {
			r.reject("service.pin", RulePIN, what)
		}
	}
	r.menu(*s)
	if s.Panel == "" {
		return
	}
	if what := panelProblem(s.Panel); what != "" {
		r.reject("service.panel", RuleAddress, what)
	}
	if s.PIN == "" && !s.Menu() {
		r.reject("service.pin", RuleMissing, "missing, and service.panel lets nobody in without: write the path of a file that holds 4 to 12 digits")
	}
}

// panelProblem: a name in place of an address is refused, for the panel answers
// to no name, and a port alone, because it should be said who can reach it.
func panelProblem(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "is not an address with a port: " + wantPanel
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
		return "has no port from 1 to 65535: " + wantPanel
	}
	if host == "" {
		return "does not say at which address: " + wantPanel + ", or 0.0.0.0:" + port + " for every network of the machine"
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return "has a name where an IP address belongs: " + wantPanel
	}
	return ""
}
