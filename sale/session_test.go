package sale_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/sale/service"
)

// keeper knows the PIN 9044 and locks after three wrong ones.
type keeper struct {
	mu    sync.Mutex
	wrong int
	fails error
}

func (k *keeper) Digits() int { return 4 }

func (k *keeper) Locked() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wrong >= 3 {
		return 90 * time.Second
	}
	return 0
}

func (k *keeper) Try(pin string) error {
	time.Sleep(50 * time.Millisecond)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.fails != nil:
		return k.fails
	case k.wrong >= 3:
		return errors.New("locked")
	case pin != "9044":
		k.wrong++
		return sale.ErrWrongPIN
	}
	k.wrong = 0
	return nil
}

// inService runs a test on a machine with service mode, whose chord is 11 12
// 12, two of which are products.
func inService(t *testing.T, test func(k *kiosk, pin *keeper)) {
	inBubble(t, func(k *kiosk) {
		k.off()
		pin := &keeper{}
		k.options.Service = &sale.ServiceMode{PIN: pin, Chord: []sale.Slot{11, 12, 12}, Door: true, Keys: [5]sale.Slot{1, 2, 3, 4, 0}}
		k.on()
		k.sees(sale.SceneIdle, time.Second)
		test(k, pin)
	})
}

// types presses numbers, a second apart.
func (k *kiosk) types(text string) {
	for _, w := range strings.Fields(text) {
		if w == "c" {
			k.board.Cancel()
		} else {
			k.machine.Type(w)
		}
		k.wait(1100 * time.Millisecond)
	}
}

// page waits for a page of service mode.
func (k *kiosk) page(p service.Page) *sale.Desk {
	k.t.Helper()
	for range 100 {
		if d := k.panel.Now().Desk; d != nil && d.Page == p {
			return d
		}
		k.wait(100 * time.Millisecond)
	}
	k.t.Fatalf("the screen shows %s %+v, not the page %s", k.panel.Now().Kind, k.panel.Now().Desk, p)
	return nil
}

// turned is how many motors have turned since the machine was made.
func (k *kiosk) turned() (n int) {
	for _, o := range k.ledger.Orders() {
		n += k.board.Commands(o.Number)
	}
	return n
}

// unpayable checks that nobody can pay anything any more.
func (k *kiosk) unpayable() {
	k.t.Helper()
	k.wait(5 * time.Second)
	for _, o := range k.ledger.Orders() {
		if o.CodeURL == "" {
			continue
		}
		if err := k.provider.Pay(o.CodeURL); err == nil {
			k.t.Errorf("order %s (%s) can be paid", o.Number, o.State)
		}
	}
}

func (k *kiosk) actions() string {
	var all []string
	for _, a := range k.ledger.Actions() {
		text := fmt.Sprintf("%s %s", a.By, a.What)
		if a.Slot != 0 {
			text += " " + a.Slot.String()
		}
		if a.From+a.To != "" {
			text += " " + a.From + ">" + a.To
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestServiceMode is a technician's whole visit, and the customer after it.
func TestServiceMode(t *testing.T) {
	inService(t, func(k *kiosk, _ *keeper) {
		k.types("11 12 12")
		k.page(service.PIN)
		k.types("90")
		if d := k.page(service.PIN); d.Dots != 2 {
			t.Errorf("%d dots after two digits", d.Dots)
		}
		k.types("44 1 11 30 1")
		if d := k.page(service.Menu); d.Note != service.Saved {
			t.Errorf("after the refill: %q", d.Note)
		}
		if s := k.shelf(11).Shelf; !s.Counted || s.Stock != 30 {
			t.Errorf("the shelf is %+v", s)
		}
		k.types("2 12 1")
		if d := k.page(service.Tested); d.Note != service.Fell || d.Product.Name != "tea" {
			t.Errorf("after the test: %+v", d)
		}
		k.types("0 3 13 1")
		k.page(service.Menu)
		k.types("3 13")
		if d := k.page(service.LockOK); !d.Was.Closed {
			t.Errorf("the slot was not closed: %+v", d)
		}
		k.types("1 4")
		k.page(service.Facts)
		var rows []string
		for _, r := range k.panel.Now().Rows {
			rows = append(rows, fmt.Sprintf("%s=%s %v", r.Label, r.Value, r.OK))
		}
		want := "controller=OK true, payment=OK true, storage=OK true, clock=OK true, closed-slots=0 true, open-orders=0 true, questions=0 true, today=0 · ¥0.00 true"
		if got := strings.Join(rows, ", "); got != want {
			t.Errorf("facts: %s\nwant: %s", got, want)
		}
		k.types("9 0")
		k.sees(sale.SceneIdle, time.Second)
		if k.turned() != 1 {
			t.Errorf("%d motors turned", k.turned())
		}
		k.unpayable()
		want = "service entered, service stock 11 uncounted>30, service test 12, service close 13 open>person, service open 13 person>open, service left >person"
		if got := k.actions(); got != want {
			t.Errorf("actions: %s\nwant:    %s", got, want)
		}
		k.pay(k.code(11))
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		if s := k.shelf(11).Shelf; s.Stock != 29 {
			t.Errorf("%d left after a sale", s.Stock)
		}
	})
}

// TestChord: what a chord of products begins is closed before anybody could be
// served, at whatever pace it is pressed, with or without a cancel between.
func TestChord(t *testing.T) {
	for _, pause := range []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, 400 * time.Millisecond, time.Second, 3 * time.Second, 5 * time.Second} {
		for _, cancels := range []bool{false, true} {
			t.Run(fmt.Sprint(pause, cancels), func(t *testing.T) {
				inService(t, func(k *kiosk, _ *keeper) {
					for i, n := range []sale.Slot{11, 12, 12} {
						if cancels && i > 0 {
							k.board.Cancel()
						}
						k.board.Press(n)
						if i < 2 {
							k.wait(pause)
						}
					}
					k.page(service.PIN)
					k.unpayable()
					if d := k.panel.Now().Desk; d == nil {
						t.Errorf("the screen shows %s", k.panel.Now().Kind)
					}
					k.types("c")
					k.sees(sale.SceneIdle, 2*time.Second)
					if k.turned() != 0 || k.actions() != "" {
						t.Errorf("%d motors turned; %s", k.turned(), k.actions())
					}
					k.audit()
					k.pay(k.code(13))
					k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
				})
			})
		}
	}
}

// Who pays the code that the chord has brought up has the money back.
func TestChordIsPaid(t *testing.T) {
	for name, press := range map[string]func(k *kiosk, code string){
		"when it is down": func(k *kiosk, code string) {
			k.types("12")
			k.pay(code)
			k.types("12")
		},
		"while it is up": func(k *kiosk, code string) {
			k.pay(code)
			k.board.Press(12)
			k.board.Press(12)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inService(t, func(k *kiosk, _ *keeper) {
				k.board.Press(11)
				code := k.sees(sale.ScenePay, 3*time.Second).CodeURL
				k.wait(1100 * time.Millisecond)
				press(k, code)
				k.page(service.PIN)
				k.wait(20 * time.Second)
				if o := k.ledger.Orders()[0]; o.State != sale.Refunded || k.turned() != 0 {
					t.Errorf("the order that was paid is %s (%s), %d motors turned", o.State, o.Cause, k.turned())
				}
				k.audit()
			})
		})
	}
}

// What is no chord sells as ever.
func TestNoChord(t *testing.T) {
	for name, press := range map[string]func(k *kiosk){
		"too slow":       func(k *kiosk) { k.types("11"); k.wait(8 * time.Second); k.types("12 12") },
		"another number": func(k *kiosk) { k.types("11 13 12 12") },
		"while a customer has a code": func(k *kiosk) {
			k.code(13)
			k.types("11 12 12")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inService(t, func(k *kiosk, _ *keeper) {
				press(k)
				if k.panel.Now().Desk != nil {
					t.Fatal("service mode was opened")
				}
				k.board.Cancel()
				k.sees(sale.SceneIdle, 10*time.Second)
			})
		})
	}
}

// The chord does nothing while a product is on its way.
func TestChordWhileServed(t *testing.T) {
	inService(t, func(k *kiosk, _ *keeper) {
		k.board.VendTakes = 20 * time.Second
		k.pay(k.code(13))
		k.sees(sale.SceneDispensing, 5*time.Second)
		k.types("11 12 12 11 12 12")
		if k.panel.Now().Kind != sale.SceneDispensing {
			t.Errorf("the screen shows %s", k.panel.Now().Kind)
		}
		k.ends(sale.Dispensed, sale.CauseDropped, 30*time.Second)
	})
}

// While service mode is open nothing is sold, refunds go on, and other terms
// wait; it ends when nobody is there.
func TestServiceModeHoldsSales(t *testing.T) {
	inService(t, func(k *kiosk, _ *keeper) {
		k.board.Plan(saletest.Fate(saletest.Vend{}))
		k.provider.RefundTakes(30 * time.Second)
		k.pay(k.code(13))
		k.sees(sale.SceneRefunding, 10*time.Second)
		k.wait(10 * time.Second)
		k.types("11 12 12 90 44")
		k.page(service.Menu)
		if o := k.ledger.Orders()[0]; o.State != sale.Refunding {
			t.Fatalf("the refund is %s already", o.State)
		}
		s, err := k.machine.Status(context.Background())
		if err != nil || s.Selling || s.Code != sale.CodeService || s.Scene != sale.SceneService {
			t.Errorf("status %+v, %v", s, err)
		}
		if _, err := k.machine.Test(context.Background(), 11, sale.ByCommand); err != nil {
			t.Errorf("a test by a command: %v", err)
		}
		terms := sale.Terms{Products: k.options.Products, PayWithin: time.Minute, DispenseWithin: time.Minute}
		if at, err := k.machine.Change(context.Background(), terms); at || err != nil {
			t.Errorf("other terms at once: %v, %v", at, err)
		}
		k.wait(time.Minute)
		if o := k.ledger.Orders()[0]; o.State != sale.Refunded {
			t.Errorf("the refund is %s", o.State)
		}
		k.wait(61 * time.Second)
		k.sees(sale.SceneIdle, time.Second)
		if got := k.actions(); !strings.HasSuffix(got, "service left >time") {
			t.Errorf("actions: %s", got)
		}
	})
}

func TestWrongPIN(t *testing.T) {
	inService(t, func(k *kiosk, pin *keeper) {
		k.types("11 12 12 90 45")
		if d := k.page(service.PIN); d.Note != service.WrongPIN || d.Dots != 0 {
			t.Errorf("after a wrong PIN: %+v", d)
		}
		k.types("90 45 90 45")
		if d := k.page(service.PIN); d.Note != service.Locked || d.Minutes != 2 {
			t.Errorf("after three wrong PINs: %+v", d)
		}
		k.types("90 44") // not even the right one
		if d := k.page(service.PIN); d.Note != service.Locked {
			t.Errorf("locked: %+v", d)
		}
		k.wait(service.PINWithin)
		k.sees(sale.SceneIdle, time.Second)
		k.types("11 12 12")
		if d := k.page(service.PIN); d.Note != service.Locked {
			t.Errorf("entered while locked: %+v", d)
		}
		if got, want := k.actions(), "service wrong-pin, service wrong-pin, service wrong-pin"; got != want {
			t.Errorf("actions: %s", got)
		}
		k.types("c 11 12 12")
		pin.mu.Lock()
		pin.wrong, pin.fails = 0, errors.New("the disk is full")
		pin.mu.Unlock()
		k.types("90 44")
		if d := k.page(service.PIN); d.Note != service.Failed {
			t.Errorf("a PIN that cannot be counted: %+v", d)
		}
	})
}

// The door opens service mode when the customer has gone, and ends it.
func TestDoor(t *testing.T) {
	inService(t, func(k *kiosk, _ *keeper) {
		code := k.code(13)
		k.board.Door(true)
		k.wait(3 * time.Second)
		if k.panel.Now().Kind != sale.ScenePay {
			t.Errorf("the door took the code of a customer away: %s", k.panel.Now().Kind)
		}
		k.pay(code)
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		k.page(service.PIN)
		k.types("90 44 2 11 1")
		k.board.Door(false)
		k.sees(sale.SceneIdle, 10*time.Second)
		k.wait(5 * time.Second)
		if got, want := k.actions(), "service entered, service test 11, service left >door"; got != want {
			t.Errorf("actions: %s", got)
		}
		k.board.Door(true)
		k.page(service.PIN)
		k.wait(service.PINWithin + time.Second)
		k.sees(sale.SceneIdle, time.Second) // an open door alone keeps nobody from buying
	})
}

// A power cut in service mode: the machine sells as before.
func TestPowerCutInServiceMode(t *testing.T) {
	inService(t, func(k *kiosk, _ *keeper) {
		k.types("11 12 12 90 44 1 11 30")
		k.page(service.CountOK)
		k.off()
		k.on()
		k.sees(sale.SceneIdle, 5*time.Second)
		if s := k.shelf(11).Shelf; s.Counted {
			t.Errorf("the shelf is %+v", s)
		}
		k.pay(k.code(11))
		k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
	})
}

// Who turns a motor, and settles orders, is written down whatever the door.
func TestActionsOfCommands(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		k.sees(sale.SceneIdle, time.Second)
		k.tested(12, sale.Dispensed, sale.CauseDropped)
		k.shelve(11, sale.Shelving{Stock: new(3), By: sale.ByPanel})
		k.shelve(11, sale.Shelving{Open: new(false), Reason: "cracked glass"})
		k.pay(k.code(13))
		o := k.ends(sale.Dispensed, sale.CauseDropped, 10*time.Second)
		if _, err := k.machine.Refund(context.Background(), sale.GiveBack{Number: string(o.Number), Reason: "broken", Dispensed: true}); err != nil {
			t.Fatal(err)
		}
		if err := k.machine.Note(context.Background(), sale.Action{By: sale.ByPanel, What: sale.DeedPrice, Slot: 11, From: "2.00", To: "2.50"}); err != nil {
			t.Fatal(err)
		}
		want := "command test 12, panel stock 11 uncounted>3, command close 11 open>person, command refund 13 dispensed>refunding, panel price 11 2.00>2.50"
		if got := k.actions(); got != want {
			t.Errorf("actions: %s\nwant:    %s", got, want)
		}
		all := k.ledger.Actions()
		if !slices.IsSortedFunc(all, func(a, b sale.Action) int { return int(a.Since - b.Since) }) || all[0].Order != k.ledger.Orders()[0].Number || all[2].Note != "cracked glass" {
			t.Errorf("%+v", all)
		}
		k.ledger.Ail(&sale.Fault{Code: sale.CodeStoreSpace})
		k.wait(6 * time.Second)
		if err := k.machine.Note(context.Background(), sale.Action{What: sale.DeedReload}); err == nil {
			t.Error("a ledger without space took an action")
		}
	})
}

// A machine that makes the choices itself is told of each that nothing comes of
// it: of those of the chord, and of those in service mode.
func TestMasterInServiceMode(t *testing.T) {
	withMaster(t, func(k *kiosk, b *master) {
		k.off()
		k.options.Service = &sale.ServiceMode{PIN: &keeper{}, Chord: []sale.Slot{11, 12, 12}, Keys: [5]sale.Slot{11, 12, 13, 14, 15}, Steps: true}
		k.on()
		k.sees(sale.SceneIdle, time.Second)
		for _, s := range []sale.Slot{11, 12, 12, 11, 13} {
			b.Press(s)
			k.wait(1100 * time.Millisecond)
		}
		k.page(service.PIN)
		k.wait(10 * time.Second)
		told := b.told()
		slices.Sort(told)
		if got := strings.Join(slices.Compact(told), " "); got != "1 2 3 4 5" || b.checks != 5 {
			t.Errorf("declined %s of %d", got, b.checks)
		}
		if k.turned() != 0 {
			t.Error("a motor turned")
		}
	})
}
