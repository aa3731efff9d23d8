package mdb_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/device/mdb"
	"kioskd/device/mdb/mdbtest"
	"kioskd/sale"
)

// shop is a driver on a simulated machine.
type shop struct {
	*testing.T
	*mdbtest.Machine
	settings mdb.Settings
	dev      *mdb.Dev
}

func newShop(t *testing.T, s mdb.Settings, o mdbtest.Options) *shop {
	t.Helper()
	o.Slots = []mdbtest.Slot{{Number: 11, Price: 200, Stock: 9}, {Number: 300, Price: 350, Stock: 9}}
	o.Link = filepath.Join(t.TempDir(), "adapter")
	if o.PollEvery == 0 {
		o.PollEvery = 10 * time.Millisecond
	}
	if o.VendTime == 0 {
		o.VendTime = 60 * time.Millisecond
	}
	m, err := mdbtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	x := &shop{T: t, Machine: m, settings: s, dev: mdb.OpenFast(m.Path(), s, options())}
	t.Cleanup(func() { x.dev.Close() })
	x.healthy()
	return x
}

func options() mdb.Options { return mdb.Options{Prices: prices, PayWithin: 90 * time.Second} }

// eventually waits for what must come.
func (x *shop) eventually(what string, ok func() bool) {
	x.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			x.Fatalf("%s: not within 15 s", what)
		}
	}
}

func (x *shop) healthy() {
	x.Helper()
	x.eventually("Health is nil", func() bool { return x.dev.Health() == nil })
}

// chosen is a customer's choice of slot 11 that the driver finds good.
func (x *shop) chosen() sale.Command {
	x.Helper()
	if !x.Ask(11) {
		x.Fatal("the machine never asked")
	}
	x.selected(11)
	e, err := x.dev.Check(x.Context(), 11)
	if err != nil {
		x.Fatal(err)
	}
	return sale.Command{Number: "SHOP0001", Token: 1, Slot: 11, Evidence: e}
}

func (x *shop) selected(slot sale.Slot) {
	x.Helper()
	limit := time.After(15 * time.Second)
	for {
		select {
		case e := <-x.dev.Events():
			if e == (sale.Selected{Slot: slot}) {
				return
			}
		case <-limit:
			x.Fatalf("%v was not selected", slot)
		}
	}
}

func (x *shop) dispense(c sale.Command) sale.Verdict {
	ctx, cancel := context.WithTimeout(x.Context(), 20*time.Second)
	defer cancel()
	return x.dev.Dispense(ctx, c)
}

// kinds are the ways in which the machine and the driver can meet.
func kinds() map[string]struct {
	settings mdb.Settings
	machine  mdbtest.Options
} {
	text, session, boxed := mdb.DefaultSettings(), mdb.DefaultSettings(), box()
	session.Mode = "session"
	boxSession := boxed
	boxSession.Mode = "session"
	return map[string]struct {
		settings mdb.Settings
		machine  mdbtest.Options
	}{
		"qibixx":             {text, mdbtest.Options{}},
		"qibixx session":     {session, mdbtest.Options{Session: true}},
		"waferstar":          {boxed, mdbtest.Options{Adapter: mdbtest.Waferstar}},
		"waferstar session":  {boxSession, mdbtest.Options{Adapter: mdbtest.Waferstar, Session: true}},
		"waferstar, as text": {boxed, mdbtest.Options{Adapter: mdbtest.WaferstarText}},
	}
}

// every runs a test in each of them. The machine must have nothing to complain
// about.
func every(t *testing.T, do func(x *shop)) {
	with(t, func(*mdbtest.Options) {}, func(x *shop) {
		do(x)
		if b := x.Books().Breaches; len(b) > 0 {
			x.Errorf("the machine complains: %s", strings.Join(b, "; "))
		}
	})
}

// with runs a test in each of them, with another machine.
func with(t *testing.T, change func(*mdbtest.Options), do func(x *shop)) {
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change(&k.machine)
			do(newShop(t, k.settings, k.machine))
		})
	}
}

// The machine has read the reader's configuration: yuan, scale 1, two decimals,
// 120 s, funds can be restored.
func TestMachineSells(t *testing.T) {
	every(t, func(x *shop) {
		for n := 1; n <= 3; n++ {
			if v := x.dispense(x.chosen()); v != success {
				x.Fatalf("%+v", v)
			}
			if b := x.Books(); len(b.Drops) != n || b.Approvals != n || b.Config != "01 03 11 56 01 02 78 01" {
				x.Fatalf("%+v", b)
			}
		}
		x.JamNext(11)
		if v := x.dispense(x.chosen()); v != failure {
			x.Errorf("%+v", v)
		}
	})
}

// A request that is repeated is one, before the approval and after it.
func TestMachineRepeats(t *testing.T) {
	every(t, func(x *shop) {
		c := x.chosen()
		x.AskAgain()
		time.Sleep(50 * time.Millisecond)
		got := make(chan sale.Verdict, 1)
		go func() { got <- x.dispense(c) }()
		x.eventually("the approval", func() bool { return x.Books().Approvals == 1 })
		if v := <-got; v != success {
			x.Errorf("%+v", v)
		}
		if b := x.Books(); len(b.Turns) != 1 || b.Approvals != 1 {
			x.Errorf("%+v", b)
		}
	})
}

// Nobody serves it: it is denied, and the next customer is served.
func TestMachineIsFreed(t *testing.T) {
	every(t, func(x *shop) {
		c := x.chosen()
		x.dev.Decline(c.Evidence)
		x.eventually("the denial", func() bool { return x.Books().Denials == 1 && x.Idle() })
		if v := x.dispense(c); v != notSent("the request was over: its sale ended without a payment") {
			x.Errorf("%+v", v)
		}
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// A price that was changed at the machine alone is no sale.
func TestMachinePrice(t *testing.T) {
	every(t, func(x *shop) {
		x.SetPrice(11, 250)
		x.Ask(11)
		x.selected(11)
		if _, err := x.dev.Check(x.Context(), 11); err == nil || !strings.Contains(err.Error(), "wants 2.50 yuan for slot 11 (item 11), and the configuration 2.00") {
			x.Errorf("%v", err)
		}
		x.eventually("the denial", func() bool { return x.Books().Denials == 1 })
		x.SetPrice(11, 200)
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// The door opens and closes: the machine disables the reader and enables it.
func TestMachineDoor(t *testing.T) {
	every(t, func(x *shop) {
		x.SetDoor(true)
		x.eventually("Health is a fault", func() bool { return x.dev.Health() != nil })
		x.SetDoor(false)
		x.healthy()
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// The machine lost its power in a vend that had been approved for a while.
func TestMachineResetsInAVend(t *testing.T) {
	with(t, func(o *mdbtest.Options) { o.VendTime = 4 * time.Second }, func(x *shop) {
		x.With(func(t *mdbtest.Trouble) { t.RestartBefore = true })
		v := x.dispense(x.chosen())
		if !v.Presumed || v.Outcome != sale.OutcomeDispensed {
			x.Errorf("%+v", v)
		}
		x.healthy()
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// An adapter that lost its power has forgotten its settings. Nobody says so.
func TestAdapterRestarts(t *testing.T) {
	every(t, func(x *shop) {
		before := x.Books().SetUps
		x.RestartAdapter()
		x.eventually("the reader is set up again", func() bool { return x.Books().SetUps > before && x.dev.Health() == nil && x.Idle() })
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// A request that the host never heard of: the machine gives up, and asks again.
func TestLostRequest(t *testing.T) {
	with(t, func(o *mdbtest.Options) { o.GiveUp = 300 * time.Millisecond }, func(x *shop) {
		x.LoseRequests(1)
		x.Ask(11)
		x.eventually("the machine gives up", func() bool { return x.Books().Requests == 1 && x.Idle() })
		if v := x.dispense(x.chosen()); v != success {
			x.Errorf("%+v", v)
		}
	})
}

// The process ends in a vend. The next one hears the machine, because it says
// nothing until it knows that there is nothing to hear.
func TestNextProcessHears(t *testing.T) {
	with(t, func(o *mdbtest.Options) { o.VendTime = 3 * time.Second }, func(x *shop) {
		c := x.chosen()
		go x.dispense(c)
		x.eventually("the motor turns", func() bool { return len(x.Books().Turns) == 1 })
		x.dev.Close()
		next := mdb.Open(x.Path(), x.settings, options())
		defer next.Close()
		v, err := next.Recover(x.Context(), c)
		if want := success.Detail + ", told to the process after the one that approved"; err != nil || v.Outcome != sale.OutcomeDispensed || v.Detail != want {
			x.Errorf("%+v, %v", v, err)
		}
		if b := x.Books(); b.Approvals != 1 || len(b.Drops) != 1 {
			x.Errorf("%+v", b)
		}
	})
}
