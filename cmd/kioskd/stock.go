package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/store"
)

func stockCommand(out, errs io.Writer) *cobra.Command {
	t := toShelves{out: out, errs: errs}
	c := &cobra.Command{
		Use:   "stock [SLOT COUNT]...",
		Short: "Show what is left in the slots and which are closed, or say what is in them",
		Long: `Show what is left in each slot and whether it sells. With slots and counts, say how
many products are in them now. From then on each drop that the board proves is
counted down, and at 0 the slot does not sell. A slot that nobody counted sells as
long as the board says that it can. COUNT none ends the counting.`,
		Example: "  kioskd stock\n  kioskd stock 11 24 12 30\n  kioskd stock 11 none",
		RunE: func(cmd *cobra.Command, args []string) error {
			wants, err := counts(args)
			if err != nil {
				return err
			}
			return t.run(cmd.Context(), wants)
		},
	}
	t.flags(c)
	return c
}

func openCommand(out, errs io.Writer) *cobra.Command {
	t := toShelves{out: out, errs: errs}
	c := &cobra.Command{
		Use:   "open SLOT...",
		Short: "Let slots sell again that a failed vend or a person has closed",
		Long: `Let slots sell again. A slot whose vend has failed for certain stays closed until
then, over restarts too: look for what has jammed, clear it, and test the slot with
kioskd slots --test SLOT.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wants, err := forSlots(args, sale.Shelving{Open: new(true)})
			if err != nil {
				return err
			}
			return t.run(cmd.Context(), wants)
		},
	}
	t.flags(c)
	return c
}

func closeCommand(out, errs io.Writer) *cobra.Command {
	t := toShelves{out: out, errs: errs}
	var reason string
	c := &cobra.Command{
		Use:   "close SLOT...",
		Short: "Take slots out of the sale until they are opened",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wants, err := forSlots(args, sale.Shelving{Open: new(false), Reason: reason})
			if err != nil {
				return err
			}
			return t.run(cmd.Context(), wants)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for whoever comes next")
	t.flags(c)
	return c
}

// wish is what is wanted of one slot.
type wish struct {
	Slot sale.Slot
	sale.Shelving
}

func slotArg(s string) (sale.Slot, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no slot: write its number, like 11", s)
	}
	return sale.Slot(n), nil
}

func forSlots(args []string, want sale.Shelving) (list []wish, err error) {
	for _, a := range args {
		slot, err := slotArg(a)
		if err != nil {
			return nil, err
		}
		list = append(list, wish{slot, want})
	}
	return list, nil
}

func counts(args []string) (list []wish, err error) {
	if len(args)%2 != 0 {
		return nil, errors.New("write a count behind each slot, like: kioskd stock 11 24")
	}
	for i := 0; i < len(args); i += 2 {
		slot, err := slotArg(args[i])
		if err != nil {
			return nil, err
		}
		n := -1
		if args[i+1] != "none" {
			if n, err = strconv.Atoi(args[i+1]); err != nil || n < 0 || n > sale.MaxStock {
				return nil, fmt.Errorf("%q is no count: write 0 to %d, or none", args[i+1], sale.MaxStock)
			}
		}
		list = append(list, wish{slot, sale.Shelving{Stock: &n}})
	}
	return list, nil
}

// toShelves carries wishes to the daemon, or to the ledger where none runs, and
// shows the slots as they are then.
type toShelves struct {
	out, errs io.Writer
	file      string
	asJSON    bool
}

func (t *toShelves) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.file, "config", defaultConfig, "the machine's config `FILE`")
	c.Flags().BoolVar(&t.asJSON, "json", false, "print JSON")
}

func (t *toShelves) run(ctx context.Context, wants []wish) error {
	at, err := configs.Locate(t.file)
	if err != nil {
		return failure{err, exitUsage}
	}
	list, err := askShelves(ctx, control.Dial(at.Socket), wants)
	if errors.Is(err, control.ErrNoDaemon) {
		list, err = t.inLedger(ctx, wants)
	}
	if err != nil {
		return orUsage(err)
	}
	return show(t.out, t.asJSON, list, func(w io.Writer) { printShelves(w, list) })
}

func askShelves(ctx context.Context, c control.Client, wants []wish) (list []sale.SlotStatus, err error) {
	for _, w := range wants {
		if err := c.Post(ctx, "/v1/shelves/"+w.Slot.String(), w.Shelving, &sale.Shelf{}); err != nil {
			return nil, fmt.Errorf("slot %s: %w", w.Slot, err)
		}
	}
	return list, c.Get(ctx, "/v1/shelves", nil, &list)
}

// inLedger does the same without a daemon. What the board says is unknown then.
func (t *toShelves) inLedger(ctx context.Context, wants []wish) ([]sale.SlotStatus, error) {
	c, err := load(t.file, t.errs)
	if err != nil {
		return nil, err
	}
	if len(wants) == 0 {
		return stored(c)
	}
	s, err := store.Open(ctx, c.Store.Path, store.Options{Reserve: int64(c.Store.Reserve), Copies: c.Store.Copies, Checker: selfCheck()})
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	defer s.Close()
	for _, w := range wants {
		if err := save(s, c, w); err != nil {
			return nil, fmt.Errorf("slot %s: %w", w.Slot, err)
		}
	}
	known, err := s.Shelves()
	return sale.SlotsOf(c.Catalogue(), c.Spares(), known), err
}

func stored(c *configs.Config) (list []sale.SlotStatus, err error) {
	err = fromLedger(configs.Places{Ledger: c.Store.Path}, func(r *store.Reader) error {
		known, err := r.Shelves()
		list = sale.SlotsOf(c.Catalogue(), c.Spares(), known)
		return err
	})
	return list, err
}

func save(s *store.Store, c *configs.Config, w wish) error {
	known, err := s.Shelves()
	if err != nil {
		return err
	}
	for _, now := range sale.SlotsOf(c.Catalogue(), c.Spares(), known) {
		if now.Product.Slot != w.Slot {
			continue
		}
		shelf, err := now.Shelf.With(w.Shelving, time.Now())
		if err == nil {
			a := shelf.Action(now.Shelf, w.Shelving)
			a.At = time.Now()
			err = s.SaveShelf(shelf, a)
		}
		return err
	}
	return sale.ErrSlotUnknown
}

func printShelves(out io.Writer, list []sale.SlotStatus) {
	t := newTable("SLOT", "STATE", "STOCK", "YUAN", "PRODUCT", "WHY")
	for _, s := range list {
		stock := "-"
		if s.Shelf.Counted {
			stock = strconv.Itoa(s.Shelf.Stock)
		}
		t.row(s.Product.Slot.String(), cmp.Or(string(s.State), "sells"), stock, s.Product.Price.String(), s.Product.Name, control.Why(s))
	}
	t.print(out)
}
