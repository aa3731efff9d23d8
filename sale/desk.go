package sale

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kioskd/sale/service"
)

// Desk is the page of service mode: facts, no words.
type Desk struct {
	Page  service.Page
	Note  service.Note
	Keys  [5]Slot // for the choices of the page, and for going back
	Steps bool    // a count is put together from choices
	Dots  int     // digits of the PIN that were typed
	// Minutes until a PIN is looked at again, rounded up, with service.Locked.
	Minutes int
	Product Product // in the slot that was chosen
	Was     service.Slot
	Count   int
}

// desk is what a technician sees now.
func (m *Machine) desk() *Desk {
	s, o := m.session.state, m.o.Service
	d := &Desk{Page: s.Page, Note: s.Note, Keys: o.Keys, Steps: o.Steps, Dots: len(s.Typed), Was: s.Was, Count: s.Count}
	if s.Judged {
		d.Dots = o.PIN.Digits()
	}
	if s.Note == service.Locked {
		d.Minutes = int((o.PIN.Locked() + time.Minute - 1) / time.Minute)
	}
	if s.Slot != 0 {
		d.Product = m.testProduct(Slot(s.Slot))
	}
	return d
}

// today is how many orders the facts of a day are taken from.
const today = 500

// facts are the rows of the page that tells how the machine is.
func (m *Machine) facts() []Row {
	health := func(label RowLabel, err error, code Code) Row {
		if err == nil {
			return Row{label, "OK", true}
		}
		return Row{label, string(asFault(err, code).Code), false}
	}
	var reach error
	if m.reach.fault != nil {
		reach = m.reach.fault
	}
	rows := []Row{
		health(RowController, m.o.Dispenser.Health(), CodeSerialSilent),
		health(RowPayment, reach, CodeNetDown),
		health(RowStorage, m.ledgerHealth(wordForScreen), CodeStoreWrite),
		health(RowClock, m.o.Clock.Plausible(), CodeClock),
	}
	var closed []string
	for _, s := range m.slots() {
		if s.State != InStock {
			closed = append(closed, s.Product.Slot.String())
		}
	}
	rows = append(rows, Row{RowSlots, listed(closed), len(closed) == 0})
	open := 0
	for _, t := range m.orders {
		if !t.order.State.Final() && t.order.State != Attention {
			open++
		}
	}
	rows = append(rows, Row{RowOrders, strconv.Itoa(open), open == 0})
	return append(rows, m.dayRows()...)
}

// dayRows tells of the newest orders what waits for a person, and what was sold
// today.
func (m *Machine) dayRows() []Row {
	recent, err := m.o.Ledger.Recent(today)
	if err != nil {
		m.log.Warn("read the newest orders", "error", err)
	}
	questions, sold, money := 0, 0, Fen(0)
	now := m.o.Clock.Now()
	for _, o := range recent {
		if o.State == Attention {
			questions++
		}
		if y, d := o.CreatedAt.In(now.Location()).Year(), o.CreatedAt.In(now.Location()).YearDay(); o.State == Dispensed && !o.Test() && y == now.Year() && d == now.YearDay() {
			sold++
			money += o.Product.Price
		}
	}
	return []Row{
		{RowQuestions, strconv.Itoa(questions), questions == 0},
		{RowToday, strconv.Itoa(sold) + " · ¥" + money.String(), true},
	}
}

// listed is a list of slots, cut where a row of the screen ends.
func listed(slots []string) string {
	const most = 6
	if len(slots) == 0 {
		return "0"
	}
	if n := len(slots); n > most {
		slots = append(slices.Clone(slots[:most]), "+"+strconv.Itoa(n-most))
	}
	return strings.Join(slots, ", ")
}
