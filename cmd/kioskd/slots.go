package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/device"
	"kioskd/sale"
	"kioskd/store"
)

// shelves is what a driver may offer: see [device.Shelf].
type shelves interface {
	Slots(ctx context.Context, also []sale.Slot) (device.Shelf, error)
}

// errNoShelf: the board is not one that can be asked.
var errNoShelf = errors.New("this controller's driver cannot tell about slots")

// slotRow is a slot as the board has it, beside the product that is sold there.
type slotRow struct {
	device.Slot
	Product string    `json:"product,omitempty"`
	Sold    *sale.Fen `json:"sold_for,omitempty"` // the price of the config, which is what customers pay
	Remark  string    `json:"remark,omitempty"`   // where the two differ
}

// slotTable is the answer of GET /v1/slots.
type slotTable struct {
	Slots []slotRow `json:"slots"`
	Notes []string  `json:"notes,omitempty"`
}

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
			at, err := locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			if !cmd.Flags().Changed("test") {
				t, err := askSlots(cmd.Context(), at, file, errs)
				if err != nil {
					return orUsage(err)
				}
				return show(out, asJSON, t, t.print)
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
	if in, ok := cmd.InOrStdin().(*os.File); ok && !isTerminal(in) {
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

func askSlots(ctx context.Context, at places, file string, errs io.Writer) (t slotTable, err error) {
	c := dial(at.socket)
	c.http.Timeout = slotsWithin
	err = c.get(ctx, "/v1/slots", nil, &t)
	if !errors.Is(err, errNoDaemon) {
		return t, err
	}
	err = withBoard(ctx, file, errs, func(ctx context.Context, c *configs.Config, d dispenser) (err error) {
		known, err := stored(c)
		if err != nil { // there may be no ledger yet
			known = sale.SlotsOf(c.Catalogue(), c.Spares(), nil)
		}
		t, err = slotsOf(ctx, d, known)
		return err
	})
	return t, err
}

func askTest(ctx context.Context, at places, file string, slot sale.Slot, errs io.Writer) (o sale.Order, err error) {
	c := dial(at.socket)
	c.http.Timeout = testWithin
	err = c.post(ctx, "/v1/test", testRequest{slot}, &o)
	if !errors.Is(err, errNoDaemon) {
		return o, err
	}
	err = withBoard(ctx, file, errs, func(ctx context.Context, c *configs.Config, d dispenser) error {
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
			Ledger: ledger, Dispenser: d, Clock: newClock(time.Time{}), Code: c.Machine.ID, DispenseWithin: c.Sale.DispenseWithin,
		}.Run(ctx, p)
		return err
	})
	return o, err
}

// boardWithin is how long a board may take to speak after its port was opened:
// opening resets some.
const boardWithin = 8 * time.Second

// withBoard opens the controller of the config where no daemon runs.
func withBoard(ctx context.Context, file string, errs io.Writer, do func(context.Context, *configs.Config, dispenser) error) error {
	c, err := load(file, errs)
	if err != nil {
		return err
	}
	d, err := openDispenser(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer d.Close()
	for end := time.Now().Add(boardWithin); d.Health() != nil && time.Now().Before(end); {
		if !pause(ctx, 50*time.Millisecond) {
			return ctx.Err()
		}
	}
	if err := d.Health(); err != nil {
		return err
	}
	return do(ctx, c, d)
}

// slotsOf puts what the board says beside the products and what the ledger has
// of their slots.
func slotsOf(ctx context.Context, d sale.Dispenser, known []sale.SlotStatus) (slotTable, error) {
	board, ok := d.(shelves)
	if !ok {
		return slotTable{}, errNoShelf
	}
	var numbers []sale.Slot
	sold := map[sale.Slot]sale.SlotStatus{}
	for _, s := range known {
		numbers = append(numbers, s.Product.Slot)
		sold[s.Product.Slot] = s
	}
	shelf, err := board.Slots(ctx, numbers)
	if err != nil {
		return slotTable{}, err
	}
	t := slotTable{Slots: []slotRow{}, Notes: shelf.Notes}
	for _, s := range shelf.Slots {
		row := slotRow{Slot: s}
		if has, ok := sold[s.Number]; ok {
			row.Product, row.Sold = has.Product.Name, &has.Product.Price
			if has.State != sale.InStock {
				row.Remark = why(has)
			}
		}
		row.Remark = cmp.Or(remark(s, row.Sold), row.Remark)
		t.Slots = append(t.Slots, row)
	}
	return t, nil
}

// remark says where board and config differ.
func remark(s device.Slot, sold *sale.Fen) string {
	switch {
	case sold == nil:
		return "not sold"
	case s.State == device.SlotMissing:
		return "the board has no such slot: correct the config"
	case s.Price != nil && *s.Price != *sold:
		return "the board's own price differs: customers pay the config's"
	}
	return ""
}

// testRequest is the body of POST /v1/test.
type testRequest struct {
	Slot sale.Slot `json:"slot"`
}

func (t *testRequest) decode(r io.Reader) error {
	d := json.NewDecoder(io.LimitReader(r, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		return fmt.Errorf("the body is not a slot to test: %w", err)
	}
	if t.Slot < 1 {
		return fmt.Errorf("slot %v: slots have numbers from 1 on", t.Slot)
	}
	return nil
}
