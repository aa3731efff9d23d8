package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/sale"
)

func priceCommand(out, errs io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "price [SLOT YUAN]...",
		Short: "Show the prices, or change some in the config file",
		Long: `Show what the products cost. With slots and prices, write them into the config file,
where everything else stays as it is, and have the running daemon take them on: they
hold for the next order. A spare slot has the price of its main one.`,
		Example: "  kioskd price\n  kioskd price 11 2.50 12 3.00",
		RunE: func(cmd *cobra.Command, args []string) error {
			tags, err := priceTags(args)
			if err != nil {
				return err
			}
			if len(tags) == 0 {
				c, err := load(file, errs)
				if err != nil {
					return err
				}
				printPrices(out, c)
				return nil
			}
			return repriceAndReload(cmd.Context(), file, tags, out)
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

// priceTag is a new price, also the body of POST /v1/prices.
type priceTag struct {
	Slot  sale.Slot `json:"slot"`
	Price string    `json:"price"` // in yuan
}

func priceTags(args []string) (tags []priceTag, err error) {
	if len(args)%2 != 0 {
		return nil, errors.New("write a price behind each slot, like: kioskd price 11 2.50")
	}
	for i := 0; i < len(args); i += 2 {
		slot, err := slotArg(args[i])
		if err != nil {
			return nil, err
		}
		tags = append(tags, priceTag{slot, args[i+1]})
	}
	return tags, nil
}

func printPrices(out io.Writer, c *configs.Config) {
	t := newTable("SLOT", "YUAN", "PRODUCT")
	for _, p := range c.Products {
		t.row(p.Slot.String(), p.Price.String(), p.Name)
	}
	t.print(out)
}

func repriceAndReload(ctx context.Context, file string, tags []priceTag, out io.Writer) error {
	if err := reprice(file, tags); err != nil {
		return orUsage(err)
	}
	at, err := locate(file)
	if err != nil {
		return failure{err, exitUsage}
	}
	var what reloaded
	err = dial(at.socket).post(ctx, "/v1/reload", reloadRequest{tags}, &what)
	switch {
	case errors.Is(err, errNoDaemon):
		_, err = fmt.Fprintf(out, "%s: changed; the daemon reads it when it starts\n", file)
		return err
	case err != nil:
		return failed(fmt.Errorf("%s is changed, and the daemon does not take it on: %w", file, err))
	}
	what.print(out)
	return nil
}

// reprice writes prices into a config file. The file is as it was, or whole and
// checked. An error with exitUsage is about what was asked for.
func reprice(file string, tags []priceTag) error {
	usage := func(err error) error { return failure{err, exitUsage} }
	release, err := holdFolder(filepath.Dir(file))
	if err != nil {
		return usage(err)
	}
	defer release()
	text, err := os.ReadFile(file)
	if err != nil {
		return usage(err)
	}
	c, err := configs.Parse(file, text, filepath.Dir(file), settings())
	switch {
	case err != nil && os.Geteuid() != 0 && strings.Contains(err.Error(), "permission"):
		return usage(errors.New("this user may not read the merchant's keys, so that the file cannot be checked: put sudo before the command"))
	case err != nil:
		return usage(fmt.Errorf("mend the file first:\n%w", err))
	}
	for _, tag := range tags {
		i, err := productAt(c, tag.Slot)
		if err != nil {
			return usage(err)
		}
		if text, err = configs.Set(text, fmt.Sprintf("products[%d].price", i), tag.Price); err != nil {
			return usage(fmt.Errorf("slot %s: %w", tag.Slot, err))
		}
	}
	if _, err := configs.Parse(file, text, filepath.Dir(file), settings()); err != nil {
		return usage(err)
	}
	if err := configs.Save(file, text); err != nil {
		return failed(err)
	}
	return nil
}

// priceOf is the price of a main slot, "" if there is none.
func priceOf(c *configs.Config, slot sale.Slot) string {
	for _, p := range c.Products {
		if p.Slot == slot {
			return p.Price.String()
		}
	}
	return ""
}

// holdFolder keeps other changes of a config away, those by other processes
// too: of two at once the later would take the earlier back.
func holdFolder(dir string) (release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("hold %s: %w", dir, err), d.Close())
	}
	return func() { _ = d.Close() }, nil
}

// productAt finds the product of a main slot in the file.
func productAt(c *configs.Config, slot sale.Slot) (int, error) {
	for i, p := range c.Products {
		if p.Slot == slot {
			return i, nil
		}
		for _, spare := range p.Spare {
			if spare == slot {
				return 0, fmt.Errorf("slot %s is a spare for slot %s: its price is that one's", slot, p.Slot)
			}
		}
	}
	return 0, fmt.Errorf("slot %s: %w", slot, sale.ErrSlotUnknown)
}

// price is for POST /v1/prices.
func (c control) price(w http.ResponseWriter, r *http.Request) {
	var tag priceTag
	if !readBody(w, r, &tag, "want a slot and its price") {
		return
	}
	if c.config.file == "" {
		refuse(w, http.StatusConflict, errNoFile)
		return
	}
	was := priceOf(c.config.inUse(), tag.Slot)
	err := reprice(c.config.file, []priceTag{tag})
	var f failure
	switch {
	case errors.As(err, &f) && f.code == exitUsage:
		refuse(w, http.StatusBadRequest, err)
		return
	case errors.Is(err, os.ErrPermission):
		refuse(w, http.StatusConflict, fmt.Errorf("kioskd may not write %s: change the price with sudo kioskd price %s %s", c.config.file, tag.Slot, tag.Price))
		return
	case err != nil:
		refuse(w, http.StatusConflict, err)
		return
	}
	c.note(r.Context(), sale.Action{What: sale.DeedPrice, Slot: tag.Slot, From: was, To: tag.Price})
	c.log.Warn("a person changed a price", "slot", tag.Slot, "price", tag.Price)
	if _, err := c.config.reload(r.Context()); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, tag)
}
