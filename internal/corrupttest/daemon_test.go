package corrupttest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/internal/proof"
	"kioskd/sale"
)

// perDaemon is how many cases of TestOpen there are to one here.
const perDaemon = 30

// refusal is what the daemon logs.
const refusal = "the ledger cannot be used; not selling"

// machine is a rig that sold before its ledger is damaged, again and again.
type machine struct {
	*crashtest.Rig
	sold   ledger
	orders []sale.Order // in it
}

// newMachine has sold, paid back, and shows a code when its power goes.
func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	place := filepath.Join(dir, "ledger")
	if err := os.Mkdir(place, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := crashtest.New(t.Context(), dir, kioskd, *seed, crashtest.Config{Sale: "pay_within: 30s", Ledger: filepath.Join(place, "kioskd.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	m := &machine{Rig: r}
	if err := m.history(); err != nil {
		t.Fatalf("%v\n%s", err, r.Log())
	}
	return m
}

func (m *machine) history() error {
	err := m.Start("")
	if err == nil {
		err = m.sells()
	}
	m.Kill()
	older, readErr := os.ReadFile(m.Ledger())
	if err = errors.Join(err, readErr, m.Start("")); err != nil {
		return err
	}
	if err := m.Cabinet.JamNext(12); err != nil {
		return err
	}
	if err := m.buys(12, sale.Refunded); err != nil {
		return err
	}
	if _, err := m.Code(13); err != nil {
		return err
	}
	err = m.Until(10*time.Second, "the code", func() bool { return m.newest().State == sale.Awaiting })
	m.Kill()
	image, readErr := os.ReadFile(m.Ledger())
	var listErr error
	m.orders, listErr = m.ReadLedger()
	m.sold = ledger{image: used(image), older: used(older)}
	return errors.Join(err, readErr, listErr)
}

// used leaves out the room that was allocated in advance.
func used(image []byte) []byte {
	n := len(bytes.TrimRight(image, "\x00"))
	return image[:(n+page-1)/page*page]
}

func (m *machine) newest() (o sale.Order) {
	if orders, err := m.List(); err == nil && len(orders) > 0 {
		o = orders[0]
	}
	return o
}

// buys lets a customer pay and waits for the order's end.
func (m *machine) buys(slot int, end sale.State) error {
	o, err := m.Code(slot)
	if err == nil {
		_, err = m.Provider.Scan(o.CodeURL, "customer")
	}
	if err == nil {
		err = m.Provider.Pay("customer", o.OutTradeNo)
	}
	if err != nil {
		return err
	}
	return m.Until(30*time.Second, string(end), func() bool {
		n := m.newest()
		return string(n.Number) == o.OutTradeNo && n.State == end
	})
}

func (m *machine) sells() error { return m.buys(11, sale.Dispensed) }

func (m *machine) selling() bool {
	s, err := m.Status()
	return err == nil && s.Selling && s.Code == ""
}

// play starts the daemon on a spoilt ledger. It reports whether it refused.
func (m *machine) play(c spoilt, seed uint64) (refused bool, err error) {
	folder := filepath.Dir(m.Ledger())
	if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700)); err != nil {
		return false, err
	}
	bad, err := c.spoil(seed, m.Ledger())
	if err != nil {
		return false, err
	}
	since := len(m.Log())
	if err := m.Start(""); err != nil {
		return false, err
	}
	defer m.Kill()
	err = m.Until(longest+5*time.Second, "a word about the ledger", func() bool {
		refused = strings.Contains(m.Log()[since:], refusal)
		return refused || m.selling()
	})
	switch {
	case err != nil:
		return refused, err
	case refused:
		return true, errors.Join(m.refuses(), c.kept(m.Ledger(), bad))
	}
	return false, m.sellsOn()
}

// refuses presses keys on a machine that must not sell.
func (m *machine) refuses() error {
	orders, commands := len(m.Provider.Orders()), len(m.Cabinet.Commands())
	limit := time.Now().Add(1200 * time.Millisecond)
	err := m.Until(time.Minute, "", func() bool {
		_ = m.Cabinet.Press(11)
		time.Sleep(200 * time.Millisecond)
		return time.Now().After(limit)
	})
	if n := len(m.Provider.Orders()) - orders; n != 0 {
		err = errors.Join(err, fmt.Errorf("%d orders began on a bad ledger", n))
	}
	if n := len(m.Cabinet.Commands()) - commands; n != 0 {
		err = errors.Join(err, fmt.Errorf("%d dispense commands on a bad ledger", n))
	}
	if m.selling() {
		err = errors.Join(err, errors.New("the machine says that it sells"))
	}
	return err
}

// sellsOn compares what the daemon knows with what it knew before, and buys.
func (m *machine) sellsOn() error {
	now, err := m.List()
	if err != nil {
		return err
	}
	for _, o := range m.orders {
		i := slices.IndexFunc(now, func(n sale.Order) bool { return n.Number == o.Number })
		if i < 0 || o.State.Final() && now[i].State != o.State || now[i].Commands != o.Commands {
			return fmt.Errorf("the machine sells and has forgotten what became of order %s, which was %s", o.Number, o.State)
		}
	}
	commands := len(m.Cabinet.Commands())
	if err := m.sells(); err != nil {
		return err
	}
	if n := len(m.Cabinet.Commands()) - commands; n != 1 {
		return fmt.Errorf("%d dispense commands for one order", n)
	}
	return nil
}

// TestDaemon does with the built daemon what TestOpen does with the store.
func TestDaemon(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	all := cases(t, m.sold, ledger{})
	all = slices.DeleteFunc(all, func(c spoilt) bool { return c.old })
	p := proof.Begin("corrupt daemon", *seed)
	refusals, wrong, n := 0, 0, max(1, *number/perDaemon)
	for i := range n {
		// Neighbours are of a kind: from one to the next it is a long way.
		s := *seed + uint64(i)
		c := all[(s*7)%uint64(len(all))]
		refused, err := m.play(c, s)
		if err != nil {
			wrong++
			t.Errorf("%s: %v (replay: -run Daemon -seed %d -cases 1)", c, err, s)
		}
		if refused {
			refusals++
		}
		p.Say("%d of %d cases, %d refused, %d wrong", i+1, n, refusals, wrong)
	}
	p.End("%d cases, %d refused, %d sold on with the whole ledger, %d wrong", n, refusals, n-refusals-wrong, wrong)
	if t.Failed() {
		log := m.Log()
		t.Log(log[max(0, len(log)-6000):])
	}
}
