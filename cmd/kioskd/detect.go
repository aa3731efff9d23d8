package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kioskd/detect"
)

func detectCommand(out, errs io.Writer) *cobra.Command {
	d := detect.Search{Drivers: known()}
	var asJSON bool
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
			if err := d.Check(); err != nil {
				return err
			}
			ports, err := d.Ports(args)
			if err != nil {
				return failed(err)
			}
			if !d.ListOnly && len(ports) > 0 {
				fmt.Fprintf(errs, "asking %s; a silent one takes up to a minute\n", counted(len(ports), "port"))
			}
			found := d.Run(cmd.Context(), ports)
			if err := cmd.Context().Err(); err != nil {
				return failed(err)
			}
			if err := show(out, asJSON, found, func(w io.Writer) { printDetected(w, found, d.ListOnly) }); err != nil {
				return failed(err)
			}
			if !slices.ContainsFunc(found, detect.Result.Good) && (!d.ListOnly || len(found) == 0) {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&d.Protocol, "protocol", "", "ask only for this one: "+strings.Join(detect.Protocols(known()), ", "))
	f.IntVar(&d.Baud, "baud", 0, "only at this speed")
	f.IntSliceVar(&d.Addresses, "address", nil, "addresses of modbus boards to ask (default 1,2,3,4,254)")
	f.BoolVar(&d.ListOnly, "list", false, "list the ports and open none")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.StringVar(&d.Root, "root", "/", "where the system's files stand")
	_ = f.MarkHidden("root") // for tests
	return c
}
