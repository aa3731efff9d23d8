package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"kioskd/device"
	"kioskd/drivers"
	"kioskd/sale"
)

// detection is what a technician wants of it.
type detection struct {
	root      string // where the system's files stand
	protocol  string // only this one
	baud      int    // only this one
	addresses []int
	listOnly  bool
	asJSON    bool
}

// detected is a port with whoever answered on it.
type detected struct {
	device.Port
	HeldBy     []device.Holder `json:"held_by,omitempty"`
	Protocol   string          `json:"protocol,omitempty"`
	Baud       int             `json:"baud,omitempty"`
	What       string          `json:"what,omitempty"`
	Controller string          `json:"controller,omitempty"` // YAML for the config
	Error      string          `json:"error,omitempty"`
	busy       bool
}

func detectCommand(out, errs io.Writer) *cobra.Command {
	var d detection
	c := &cobra.Command{
		Use:   "detect [PORT]",
		Short: "Find the controller: list the serial ports, and ask who is there",
		Long: `List the serial ports, ask each one which controller is there, and print the
section for the config. Nothing moves and nothing is switched: vmc is listened to,
wvl is asked for its name, mdb adapters (Qibixx) for their version, modbus boards
are read, lcus is asked which relays are on. A port that a program uses, a running
kioskd above all, is not touched. Opening a port pulses its control lines, which
resets most Arduinos; --list opens none.

ubox is asked only with --protocol ubox: its question begins with AA, which relay
boards that obey single bytes (E-3, HW-667) take for "on". tcn is never asked: its
questions have the form of its command to run a motor, only with another number,
and end with AA. A Waferstar mdb box cannot be asked: it passes on what it gets.

PORT limits it to one port: a name under /dev/serial/by-id, a device, or the
pseudo terminal of a simulated board.`,
		Example: "  kioskd detect\n  kioskd detect /dev/ttyUSB0 --protocol modbus --address 7",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.check(); err != nil {
				return err
			}
			ports, err := d.ports(args)
			if err != nil {
				return failed(err)
			}
			if !d.listOnly && len(ports) > 0 {
				fmt.Fprintf(errs, "asking %s; a silent one takes up to a minute\n", counted(len(ports), "port"))
			}
			found := d.run(cmd.Context(), ports)
			if err := cmd.Context().Err(); err != nil {
				return failed(err)
			}
			if err := show(out, d.asJSON, found, func(w io.Writer) { d.print(w, found) }); err != nil {
				return failed(err)
			}
			if !slices.ContainsFunc(found, detected.good) && (!d.listOnly || len(found) == 0) {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&d.protocol, "protocol", "", "ask only for this one: "+strings.Join(protocols(), ", "))
	f.IntVar(&d.baud, "baud", 0, "only at this speed")
	f.IntSliceVar(&d.addresses, "address", nil, "addresses of modbus boards to ask (default 1,2,3,4,254)")
	f.BoolVar(&d.listOnly, "list", false, "list the ports and open none")
	f.BoolVar(&d.asJSON, "json", false, "print JSON")
	f.StringVar(&d.root, "root", "/", "where the system's files stand")
	_ = f.MarkHidden("root") // for tests
	return c
}

// probed are the drivers that can ask a port.
func probed() []drivers.Controller {
	return slices.DeleteFunc(controllers(), func(c drivers.Controller) bool { return c.Probe.Ask == nil })
}

func protocols() (names []string) {
	for _, c := range probed() {
		names = append(names, c.Name)
	}
	return names
}

func (d detection) check() error {
	if d.protocol != "" && !slices.Contains(protocols(), d.protocol) {
		return fmt.Errorf("--protocol %s: there is no such protocol, only %s", d.protocol, strings.Join(protocols(), ", "))
	}
	if d.baud < 0 {
		return errors.New("--baud is a speed in bits per second")
	}
	for _, a := range d.addresses {
		if a < 1 || a > 254 {
			return fmt.Errorf("--address %d is out of range: write 1 to 254", a)
		}
	}
	return nil
}

// ports lists what is to be asked.
func (d detection) ports(args []string) ([]device.Port, error) {
	all, err := device.Ports(d.root)
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

// run asks all ports side by side, each for one protocol after the other.
func (d detection) run(ctx context.Context, ports []device.Port) []detected {
	found := make([]detected, len(ports))
	var wait sync.WaitGroup
	for i, p := range ports {
		wait.Go(func() {
			found[i].Port = p
			found[i].HeldBy, _ = device.Holders(p.Node) // a port that is gone tells it when it is opened
			if !d.listOnly && len(found[i].HeldBy) == 0 {
				d.ask(ctx, &found[i])
			}
		})
	}
	wait.Wait()
	return found
}

// ask tries the protocols until one answers or the port cannot be used.
func (d detection) ask(ctx context.Context, p *detected) {
	for _, c := range probed() {
		if d.protocol != c.Name && (d.protocol != "" || c.Probe.Named) {
			continue
		}
		bauds := c.Probe.Bauds
		if d.baud > 0 {
			bauds = []int{d.baud}
		}
		for _, baud := range bauds {
			if ctx.Err() != nil || !d.askAt(ctx, p, c, baud) {
				return
			}
		}
	}
}

// askAt asks for one protocol at one speed. It reports whether to go on.
func (d detection) askAt(ctx context.Context, p *detected, c drivers.Controller, baud int) (on bool) {
	if p.HeldBy, _ = device.Holders(p.Node); len(p.HeldBy) > 0 {
		return false // somebody began meanwhile
	}
	line := device.Open(device.Config{Path: p.Path, Baud: baud})
	defer line.Close()
	f, err := c.Probe.Ask(ctx, line, baud, device.ProbeOptions{Addresses: d.addresses})
	var fault *sale.Fault
	switch {
	case f.Found():
		p.Protocol, p.Baud, p.What, p.Error = c.Name, baud, f.What, ""
		p.Controller = section(c.Name, p.Path, f.Settings)
		return false
	case errors.As(err, &fault) && fault.Code != sale.CodeSerialOther:
		p.Error, p.busy = fault.Error(), fault.Code == sale.CodeSerialBusy
		return false
	case err != nil && ctx.Err() == nil:
		p.Error = err.Error() // such as a speed that the port does not know
	}
	return true
}

func (p detected) good() bool { return p.Protocol != "" }

// section is the part of the config that names this controller.
func section(driver, port string, settings []string) string {
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
