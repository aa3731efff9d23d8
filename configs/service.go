package configs

import (
	"net"
	"net/netip"
	"strconv"

	"kioskd/pin"
)

// Service is the doors of the technician. Both are shut by default.
type Service struct {
	PIN   string `yaml:"pin"`   // absolute path of the file with the PIN; empty: there is none
	Panel string `yaml:"panel"` // address and port of the panel, HOST:PORT; empty: there is none
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
	if s.Panel == "" {
		return
	}
	if what := panelProblem(s.Panel); what != "" {
		r.reject("service.panel", RuleAddress, what)
	}
	if s.PIN == "" {
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
