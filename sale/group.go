package sale

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// group lists the slots that hold the product of a slot, in the order in which
// they are tried: that one first.
func (m *Machine) group(slot Slot) []Slot {
	for main, spares := range m.o.Spares {
		if main == slot || slices.Contains(spares, slot) {
			all := slices.DeleteFunc(append([]Slot{main}, spares...), func(s Slot) bool { return s == slot })
			return append([]Slot{slot}, all...)
		}
	}
	return []Slot{slot}
}

// product is what a slot sells: a spare slot the same as its main one.
func (m *Machine) product(slot Slot) (Product, bool) {
	for _, p := range m.o.Products {
		if p.Slot == slot || slices.Contains(m.o.Spares[p.Slot], slot) {
			p.Slot = slot
			return p, true
		}
	}
	return Product{}, false
}

// candidates lists the slots that may serve a customer who pressed slot, as far
// as the ledger knows, in the order in which the board is asked about them:
// those first of which it has said nothing bad. A machine that chooses by itself
// gives from the slot that it asks for, and from no other.
func (m *Machine) candidates(slot Slot) []Slot {
	list := []Slot{slot}
	if !m.master() {
		list = m.group(slot)
	}
	list = slices.DeleteFunc(list, func(s Slot) bool { return m.shelf(s).state() != InStock })
	slices.SortStableFunc(list, func(a, b Slot) int { return cmp.Compare(m.stock[a], m.stock[b]) })
	return list
}

// elsewhere lists the slots that may serve an order whose vend has failed for
// certain in its slot, if the operator wants that.
func (m *Machine) elsewhere(o Order) []Slot {
	if !o.Policy.OtherSlot || o.Restored {
		return nil
	}
	return slices.DeleteFunc(m.candidates(o.Product.Slot), func(s Slot) bool {
		p, _ := m.product(s) // the config may be another one than when it was paid
		return s == o.Product.Slot || m.stock[s] != InStock || slices.Contains(o.Failed, s) ||
			p.Name != o.Product.Name || p.Price != o.Product.Price
	})
}

// awaitElsewhere looks for a slot that serves an order whose vend has failed.
// The board is asked first, as before any sale.
func (m *Machine) awaitElsewhere(t *tracked) {
	others := m.elsewhere(t.order)
	switch {
	case len(others) == 0 || time.Since(t.since) > readyWithin:
		m.apply(t, MachineReady{})
		return
	case !m.ready():
		m.plan(t, DoAwaitReady)
		return
	}
	slot := others[0]
	t.busy = true
	m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(m.calls, checkWithin)
		defer cancel()
		evidence, err := m.o.Dispenser.Check(ctx, slot)
		m.post(func() { m.checkedElsewhere(t, slot, evidence, err) })
	})
}

func (m *Machine) checkedElsewhere(t *tracked, slot Slot, evidence Evidence, err error) {
	t.busy = false
	switch {
	case m.failed != nil:
		return
	case t.order.State != Paid:
		m.decline(evidence)
		return
	case err == nil && m.ready() && m.shelf(slot).state() == InStock: // a person may have closed it meanwhile
		m.apply(t, MachineReady{Ready: true, Slot: slot, Evidence: evidence})
		return
	case err != nil:
		m.log.Warn("the other slot was refused by the board", "order", t.order.Number, "slot", slot, "error", err)
		m.boardSays(slot, err)
	default:
		m.decline(evidence)
	}
	m.plan(t, DoAwaitReady)
}

// boardSays remembers a refusal of a slot. It reports whether err is one.
func (m *Machine) boardSays(slot Slot, err error) bool {
	switch {
	case errors.Is(err, ErrSoldOut):
		m.stock[slot] = OutOfStock
	case errors.Is(err, ErrSlotClosed) && m.master():
	case errors.Is(err, ErrSlotClosed), errors.Is(err, ErrNoSlot):
		m.stock[slot] = SlotClosed
	default:
		return false
	}
	return true
}
