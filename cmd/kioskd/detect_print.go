package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"kioskd/detect"
)

// deviceWidth keeps a row within the 80 columns of a terminal.
const deviceWidth = 30

const noPorts = `no serial port is there
  plug the controller's adapter in; "dmesg | tail" tells whether the system sees it
`

const noAnswer = `
no answer. What it is, in most cases:
  - the controller has no power, or does not speak to a computer: look at its menu
  - TX and RX swapped, or GND missing; RS-485: A and B swapped
  - the wrong levels: an RS-232 board needs an RS-232 adapter, not TTL
  - another speed or address: try --baud, and --address for modbus boards
  - a board that is not asked: see kioskd detect --help
`

func printDetected(w io.Writer, found []detect.Result, listOnly bool) {
	if len(found) == 0 {
		fmt.Fprint(w, noPorts)
		return
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DEVICE\tUSB\tADAPTER\tWHO IS THERE")
	for _, p := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Node, usbID(p), adapter(p), whoIs(p, listOnly))
	}
	t.Flush()
	for i, row := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		fmt.Fprintln(w, strings.TrimRight(row, " "))
		if i > 0 {
			printDetails(w, found[i-1])
		}
	}
	if listOnly {
		return
	}
	asked := func(p detect.Result) bool { return len(p.HeldBy) == 0 && p.Error == "" }
	if !slices.ContainsFunc(found, detect.Result.Good) && slices.ContainsFunc(found, asked) {
		fmt.Fprint(w, noAnswer)
	}
	for _, p := range found {
		if p.Good() {
			fmt.Fprintf(w, "\nfor the config, in the place of its section controller:\n\n%s", p.Controller)
		}
	}
}

// details are what does not fit the row.
func printDetails(w io.Writer, p detect.Result) {
	if p.Path != p.Node {
		fmt.Fprintf(w, "  %s\n", p.Path)
	}
	for _, s := range []string{p.What, p.Error} {
		if s != "" {
			fmt.Fprintf(w, "  %s\n", s)
		}
	}
}

func usbID(p detect.Result) string {
	if p.VendorID == "" {
		return "-"
	}
	return p.VendorID + ":" + p.ProductID
}

func adapter(p detect.Result) string {
	name := []rune(strings.TrimSpace(p.Manufacturer + " " + p.Product))
	if len(name) > deviceWidth {
		name = append(name[:deviceWidth-3], []rune("...")...)
	}
	return cmp.Or(string(name), "-")
}

func whoIs(p detect.Result, listOnly bool) string {
	switch {
	case len(p.HeldBy) > 0:
		return "in use by " + p.HeldBy[0].String()
	case listOnly:
		return "not asked"
	case p.Good():
		return fmt.Sprintf("%s, %d baud", p.Protocol, p.Baud)
	case p.Busy:
		return "in use by another program"
	case p.Error != "":
		return "cannot be asked"
	}
	return "no answer"
}
