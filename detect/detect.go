// Package detect finds a controller: it lists the serial ports, and asks who is
// there with the harmless questions that the drivers have. Nothing moves, and a
// port that a program uses is not touched.
package detect

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"kioskd/device"
	"kioskd/drivers"
	"kioskd/sale"
)

// Search is what a technician wants of it.
type Search struct {
	Drivers   drivers.Table
	Root      string // where the system's files stand
	Protocol  string // only this one
	Baud      int    // only this one
	Addresses []int
	ListOnly  bool
}

// Result is a port with whoever answered on it.
type Result struct {
	device.Port
	HeldBy     []device.Holder `json:"held_by,omitempty"`
	Protocol   string          `json:"protocol,omitempty"`
	Baud       int             `json:"baud,omitempty"`
	What       string          `json:"what,omitempty"`
	Controller string          `json:"controller,omitempty"` // YAML for the config
	Error      string          `json:"error,omitempty"`
	Busy       bool            `json:"-"` // another program has the port
}

// Probed are the drivers that can ask a port.
func Probed(t drivers.Table) []drivers.Controller {
	return slices.DeleteFunc(slices.Clone(t.Controllers), func(c drivers.Controller) bool { return c.Probe.Ask == nil })
}

// Protocols are their names.
func Protocols(t drivers.Table) (names []string) {
	for _, c := range Probed(t) {
		names = append(names, c.Name)
	}
	return names
}

// Check says what is wrong with what is wanted, in the words of the flags of kioskd
// detect.
func (d Search) Check() error {
	if d.Protocol != "" && !slices.Contains(Protocols(d.Drivers), d.Protocol) {
		return fmt.Errorf("--protocol %s: there is no such protocol, only %s", d.Protocol, strings.Join(Protocols(d.Drivers), ", "))
	}
	if d.Baud < 0 {
		return errors.New("--baud is a speed in bits per second")
	}
	for _, a := range d.Addresses {
		if a < 1 || a > 254 {
			return fmt.Errorf("--address %d is out of range: write 1 to 254", a)
		}
	}
	return nil
}

// Ports lists what is to be asked.
func (d Search) Ports(args []string) ([]device.Port, error) {
	all, err := device.Ports(d.Root)
	if err != nil || len(args) == 0 {
		return all, err
	}
	node, err := filepath.EvalSymlinks(args[0])
	if err != nil {
		return nil, &sale.Fault{
			Code: sale.CodeSerialMissing, What: "the port " + args[0] + " is not there",
			Hint: "kioskd detect --list shows those that are", Err: err,
		}
	}
	for _, p := range all {
		if real, err := filepath.EvalSymlinks(p.Node); err == nil && real == node {
			return []device.Port{p}, nil
		}
	}
	return []device.Port{{Path: args[0], Node: node}}, nil
}

// Run asks all ports side by side, each for one protocol after the other.
func (d Search) Run(ctx context.Context, ports []device.Port) []Result {
	found := make([]Result, len(ports))
	var wait sync.WaitGroup
	for i, p := range ports {
		wait.Go(func() {
			found[i].Port = p
			found[i].HeldBy, _ = device.Holders(p.Node) // a port that is gone tells it when it is opened
			if !d.ListOnly && len(found[i].HeldBy) == 0 {
				d.ask(ctx, &found[i])
			}
		})
	}
	wait.Wait()
	return found
}

// ask tries the protocols until one answers or the port cannot be used.
func (d Search) ask(ctx context.Context, p *Result) {
	for _, c := range Probed(d.Drivers) {
		if d.Protocol != c.Name && (d.Protocol != "" || c.Probe.Named) {
			continue
		}
		bauds := c.Probe.Bauds
		if d.Baud > 0 {
			bauds = []int{d.Baud}
		}
		for _, baud := range bauds {
			if ctx.Err() != nil || !d.askAt(ctx, p, c, baud) {
				return
			}
		}
	}
}

// askAt asks for one protocol at one speed. It reports whether to go on.
func (d Search) askAt(ctx context.Context, p *Result, c drivers.Controller, baud int) (on bool) {
	if p.HeldBy, _ = device.Holders(p.Node); len(p.HeldBy) > 0 {
		return false // somebody began meanwhile
	}
	line := device.Open(device.Config{Path: p.Path, Baud: baud})
	defer line.Close()
	f, err := c.Probe.Ask(ctx, line, baud, device.ProbeOptions{Addresses: d.Addresses})
	var fault *sale.Fault
	switch {
	case f.Found():
		p.Protocol, p.Baud, p.What, p.Error = c.Name, baud, f.What, ""
		p.Controller = Section(c.Name, p.Path, f.Settings)
		return false
	case errors.As(err, &fault) && fault.Code != sale.CodeSerialOther:
		p.Error, p.Busy = fault.Error(), fault.Code == sale.CodeSerialBusy
		return false
	case err != nil && ctx.Err() == nil:
		p.Error = err.Error() // such as a speed that the port does not know
	}
	return true
}

func (p Result) Good() bool { return p.Protocol != "" }

// Section is the part of the config that names this controller.
func Section(driver, port string, settings []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "controller:\n  driver: %s\n  port: %s\n", driver, plain(port))
	if len(settings) > 0 {
		b.WriteString("  settings:\n")
	}
	for _, s := range settings {
		fmt.Fprintf(&b, "    %s\n", s)
	}
	return b.String()
}

// plain is a path as YAML takes it.
func plain(path string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._:-+"
	if strings.Trim(path, safe) == "" {
		return path
	}
	return strconv.Quote(path)
}
