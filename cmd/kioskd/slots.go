package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/display/terminal"
	"kioskd/drivers"
	"kioskd/sale"
	"kioskd/store"
)

func slotsCommand(out, errs io.Writer) *cobra.Command {
	var file string
	var asJSON, yes bool
	var test int
	c := &cobra.Command{
		Use:   "slots",
		Short: "Show the board's slots beside the products, or test one",
		Long: `Show the slots as the board knows them, with their state now, beside the products
of the config. Nothing moves. It asks the running daemon; without one it opens the
controller's port itself.

--test turns the motor of one slot once: a product falls that nobody pays. It is
recorded like a sale, as an order of its own kind that costs nothing and is never
taken to the payment provider. While it runs no sale begins, and none may be under way.`,
		Example: "  kioskd slots\n  kioskd slots --test 11",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			if !cmd.Flags().Changed("test") {
				t, err := askSlots(cmd.Context(), at, file, errs)
				if err != nil {
					return orUsage(err)
				}
				return show(out, asJSON, t, func(w io.Writer) { printSlots(w, t) })
			}
			if err := confirm(cmd, test, yes); err != nil {
				return err
			}
			o, err := askTest(cmd.Context(), at, file, sale.Slot(test), errs)
			if err != nil {
				return orUsage(err)
			}
			if err := show(out, asJSON, o, func(w io.Writer) { printTest(w, o) }); err != nil {
				return failed(err)
			}
			if o.State != sale.Dispensed {
				return failure{nil, exitFailed}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.IntVar(&test, "test", 0, "turn the motor of this `SLOT` once")
	f.BoolVar(&yes, "yes", false, "with --test: do not ask first")
	return c
}

// orUsage keeps the exit code of an error that has one.
func orUsage(err error) error {
	var f failure
	if errors.As(err, &f) {
		return err
	}
	return failed(err)
}

// confirm asks before a motor turns. Without somebody to ask, --yes is needed.
func confirm(cmd *cobra.Command, slot int, yes bool) error {
	if slot < 1 {
		return fmt.Errorf("--test %d: slots have numbers from 1 on", slot)
	}
	if yes {
		return nil
	}
	if in, ok := cmd.InOrStdin().(*os.File); ok && !terminal.Is(in) {
		return errors.New("--test moves a motor: confirm it with --yes where there is no terminal")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "The motor of slot %d turns once, and a product falls that nobody pays. Go on? [y/N] ", slot)
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return failed(errors.New("nothing was moved"))
	}
	return nil
}

// slotsWithin and testWithin bound the daemon's answer: a board may be asked
// about a hundred slots, and a vend may be heated.
const (
	slotsWithin = 2 * time.Minute
	testWithin  = 15 * time.Minute
)

func askSlots(ctx context.Context, at configs.Places, file string, errs io.Writer) (t control.SlotTable, err error) {
	err = control.Dial(at.Socket).Within(slotsWithin).Get(ctx, "/v1/slots", nil, &t)
	if !errors.Is(err, control.ErrNoDaemon) {
		return t, err
	}
	err = withBoard(ctx, file, errs, func(ctx context.Context, c *configs.Config, d drivers.Dispenser) (err error) {
		known, err := stored(c)
		if err != nil { // there may be no ledger yet
			known = sale.SlotsOf(c.Catalogue(), c.Spares(), nil)
		}
		t, err = control.SlotsOf(ctx, d, known)
		return err
	})
	return t, err
}

func askTest(ctx context.Context, at configs.Places, file string, slot sale.Slot, errs io.Writer) (o sale.Order, err error) {
	err = control.Dial(at.Socket).Within(testWithin).Post(ctx, "/v1/test", control.TestRequest{Slot: slot}, &o)
	if !errors.Is(err, control.ErrNoDaemon) {
		return o, err
	}
	err = withBoard(ctx, file, errs, func(ctx context.Context, c *configs.Config, d drivers.Dispenser) error {
		ledger, err := store.Open(ctx, c.Store.Path, store.Options{Reserve: int64(c.Store.Reserve), Copies: c.Store.Copies, Checker: selfCheck()})
		if err != nil {
			return fmt.Errorf("open the ledger: %w", err)
		}
		defer ledger.Close()
		p := sale.Product{Slot: slot}
		for _, q := range c.Shelves() {
			if q.Slot == slot {
				p = q
			}
		}
		o, err = sale.Trial{
			Ledger: ledger, Dispenser: d, Clock: clock.New(time.Time{}), Code: c.Machine.ID, DispenseWithin: c.Sale.DispenseWithin,
		}.Run(ctx, p)
		return err
	})
	return o, err
}

// boardWithin is how long a board may take to speak after its port was opened:
// opening resets some.
const boardWithin = 8 * time.Second

// withBoard opens the controller of the config where no daemon runs.
func withBoard(ctx context.Context, file string, errs io.Writer, do func(context.Context, *configs.Config, drivers.Dispenser) error) error {
	c, err := load(file, errs)
	if err != nil {
		return err
	}
	d, err := known().OpenDispenser(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close()
	for end := time.Now().Add(boardWithin); d.Health() != nil && time.Now().Before(end); {
		if !clock.Pause(ctx, 50*time.Millisecond) {
			return ctx.Err()
		}
	}
	if err := d.Health(); err != nil {
		return err
	}
	return do(ctx, c, d)
}
