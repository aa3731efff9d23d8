package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/device"
	"kioskd/doctor"
)

// boardProducts goes through the slots that the board reports: each gets a name,
// and the price that the board has for it, if it has one. What cannot be done
// is said; products can be typed all the same.
func (s *setup) boardProducts(ctx context.Context) error {
	shelf, err := s.askShelf(ctx)
	if err != nil {
		s.wrong(err.Error())
		return ctx.Err()
	}
	help := words{"回车跳过这个货道。", "Enter passes over this slot."}
	for _, slot := range shelf {
		if slot.State == device.SlotMissing {
			continue
		}
		has := s.productAt(slot.Number.String())
		if slot.Price != nil && *slot.Price > 0 && has.price == "" {
			has.price = slot.Price.String()
		}
		number := slot.Number.String()
		name, err := s.ask(ctx, words{"货道 " + number + " 名称", "Name of what is in slot " + number}, has.name, help)
		if err != nil {
			return err
		}
		for name != "" {
			price, err := s.ask(ctx, words{"货道 " + number + " 价格（元）", "Price of slot " + number + " in yuan"}, has.price, questionOf("products").help)
			if err != nil {
				return err
			}
			what := s.putProduct(product{number, name, price})
			if what == "" {
				break
			}
			s.wrong(what)
		}
	}
	return nil
}

// productAt is the product of a slot, as far as it is known.
func (s *setup) productAt(slot string) product {
	for _, p := range s.productList() {
		if p.slot == slot {
			return p
		}
	}
	return product{slot: slot}
}

// askShelf opens the controller of the config so far.
func (s *setup) askShelf(ctx context.Context) ([]device.Slot, error) {
	text := s.text
	if len(s.productList()) == 0 { // a config without products is none
		var err error
		if text, err = configs.SetSection(text, "products", []byte("products: [{slot: 1, name: x, price: 1}]\n")); err != nil {
			return nil, err
		}
	}
	c, err := configs.Parse(s.File, text, s.dir, s.Drivers.Settings())
	if err != nil {
		return nil, err
	}
	d, err := s.Drivers.OpenDispenser(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := doctor.Speaks(ctx, d); err != nil {
		return nil, err
	}
	board, ok := d.(control.Shelves)
	if !ok {
		return nil, control.ErrNoShelf
	}
	shelf, err := board.Slots(ctx, nil)
	if err == nil && len(shelf.Slots) == 0 {
		err = errors.New(s.t(words{"控制板没有报告货道", "the board reports no slots"}))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Controller.Driver, err)
	}
	return shelf.Slots, nil
}
