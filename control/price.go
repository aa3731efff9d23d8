package control

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"kioskd/configs"
	"kioskd/sale"
)

// PriceTag is a new price, also the body of POST /v1/prices.
type PriceTag struct {
	Slot  sale.Slot `json:"slot"`
	Price string    `json:"price"` // in yuan
}

// ErrAsked: what was asked for cannot be, and nothing was changed.
var ErrAsked = errors.New("what was asked for cannot be")

// asking is an error about what was asked for, in its own words.
type asking struct{ error }

func (a asking) Unwrap() error { return a.error }

func (asking) Is(target error) bool { return target == ErrAsked }

// Reprice writes prices into a config file, whose drivers are given. The file is
// as it was, or whole and checked. An error that is ErrAsked is about what was
// asked for.
func Reprice(file string, tags []PriceTag, drivers configs.Drivers) error {
	usage := func(err error) error { return asking{err} }
	release, err := holdFolder(filepath.Dir(file))
	if err != nil {
		return usage(err)
	}
	defer release()
	text, err := os.ReadFile(file)
	if err != nil {
		return usage(err)
	}
	c, err := configs.Parse(file, text, filepath.Dir(file), drivers)
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
	if _, err := configs.Parse(file, text, filepath.Dir(file), drivers); err != nil {
		return usage(err)
	}
	return configs.Save(file, text)
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
func (c Server) price(w http.ResponseWriter, r *http.Request) {
	var tag PriceTag
	if !readBody(w, r, &tag, "want a slot and its price") {
		return
	}
	if c.config.File() == "" {
		refuse(w, http.StatusConflict, ErrNoFile)
		return
	}
	was := priceOf(c.config.InUse(), tag.Slot)
	err := Reprice(c.config.File(), []PriceTag{tag}, c.drivers)
	switch {
	case errors.Is(err, ErrAsked):
		refuse(w, http.StatusBadRequest, err)
		return
	case errors.Is(err, os.ErrPermission):
		refuse(w, http.StatusConflict, fmt.Errorf("kioskd may not write %s: change the price with sudo kioskd price %s %s", c.config.File(), tag.Slot, tag.Price))
		return
	case err != nil:
		refuse(w, http.StatusConflict, err)
		return
	}
	c.note(r.Context(), sale.Action{What: sale.DeedPrice, Slot: tag.Slot, From: was, To: tag.Price})
	c.log.Warn("a person changed a price", "slot", tag.Slot, "price", tag.Price)
	if _, err := c.config.Reload(r.Context()); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	reply(w, tag)
}
