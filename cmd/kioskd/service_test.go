package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/configs"
	"kioskd/daemon"
	"kioskd/face"
	"kioskd/sale"
	menu "kioskd/sale/service"
	"kioskd/store"
)

// witness sees what the screen shows.
type witness struct {
	sale.Panel
	mu  sync.Mutex
	now sale.Scene
}

func (w *witness) Show(s sale.Scene) {
	w.Panel.Show(s)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = s
}

func (w *witness) scene() sale.Scene {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// visit is the demo's world with a technician in it.
type visit struct {
	t      *testing.T
	demo   *demo
	screen *witness
}

// sees waits for what the screen shall show.
func (v *visit) sees(what string, is func(sale.Scene) bool) sale.Scene {
	v.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s := v.screen.scene(); is(s) {
			return s
		}
	}
	v.t.Fatalf("the screen does not show %s, but %+v %+v", what, v.screen.scene(), v.screen.scene().Desk)
	return sale.Scene{}
}

func (v *visit) page(p menu.Page) *sale.Desk {
	v.t.Helper()
	return v.sees(string(p), func(s sale.Scene) bool { return s.Desk != nil && s.Desk.Page == p }).Desk
}

// press presses slots, which is all that this keypad can report.
func (v *visit) press(slots ...int) {
	v.t.Helper()
	for _, s := range slots {
		if err := v.demo.cabinet.Press(s); err != nil {
			v.t.Fatal(err)
		}
	}
}

// confirm presses a key when the page takes one.
func (v *visit) confirm(slot int) {
	v.t.Helper()
	time.Sleep(menu.Settle + 100*time.Millisecond)
	v.press(slot)
}

// TestServiceVisit: with a keypad that reports its slots alone, a technician
// opens service mode, refills a slot, tests it and leaves; then a customer buys
// from it.
func TestServiceVisit(t *testing.T) {
	t.Parallel()
	d := &demo{flags: demoFlags{screen: "none", payment: "wechat", seed: 1, customers: 1}, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	var wrong strings.Builder
	if err := d.world(t.Context(), &wrong); err != nil {
		t.Fatal(err, &wrong)
	}
	defer d.provider.Close()
	defer d.cabinet.Close()
	d.config.Service = configs.Service{
		PIN: filepath.Join(d.dir, "pin.txt"), Chord: []sale.Slot{11, 12, 12, 11}, Keys: []sale.Slot{11, 12, 13, 14, 21},
	}
	if err := os.WriteFile(d.config.Service.PIN, []byte("121114"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &visit{t: t, demo: d}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	begun := make(chan struct{})
	daemon := &daemon.Daemon{Config: d.config, Version: version(), Drivers: known(), Log: d.log, Face: face.New(d.log, nil)}
	daemon.Wrap = func(o *sale.Options) {
		v.screen = &witness{Panel: o.Panel}
		o.Panel = v.screen
		close(begun)
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Run(ctx) }()
	<-begun
	v.play()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	v.books()
}

func (v *visit) play() {
	v.t.Helper()
	idle := func(s sale.Scene) bool { return s.Kind == sale.SceneIdle }
	v.sees("the products", idle)
	v.press(11, 12, 12, 11)
	v.page(menu.PIN)
	v.press(12, 11, 14)
	v.page(menu.Menu)
	v.press(11)
	v.page(menu.RefillSlot)
	v.press(22)
	v.page(menu.Count)
	v.press(12, 12, 11, 14)
	if d := v.page(menu.CountOK); d.Count != 11 || d.Product.Slot != 22 {
		v.t.Errorf("asked about %+v", d)
	}
	v.confirm(11)
	v.sees("that it was saved", func(s sale.Scene) bool { return s.Desk != nil && s.Desk.Note == menu.Saved })
	v.press(12)
	v.page(menu.TestSlot)
	v.press(22)
	v.page(menu.TestOK)
	v.confirm(11)
	if d := v.page(menu.Tested); d.Note != menu.Fell {
		v.t.Errorf("the test ended %q", d.Note)
	}
	v.press(13)
	v.page(menu.Menu)
	v.press(21)
	v.sees("the products again", idle)

	v.press(22)
	code := v.sees("a code", func(s sale.Scene) bool { return s.Kind == sale.ScenePay })
	if _, err := v.demo.provider.Scan(code.CodeURL, "user"); err != nil {
		v.t.Fatal(err)
	}
	if err := v.demo.provider.Pay("user", string(code.Number)); err != nil {
		v.t.Fatal(err)
	}
	v.sees("that the product fell", func(s sale.Scene) bool { return s.Kind == sale.SceneTake })
}

// books: two motors turned, the ledger knows what was done, and nothing that the
// chord has begun can be paid.
func (v *visit) books() {
	v.t.Helper()
	if n := len(v.demo.cabinet.Drops()); n != 2 {
		v.t.Errorf("%d products fell", n)
	}
	r, err := store.OpenReadOnly(v.demo.config.Store.Path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Close()
	list, err := r.Actions(10)
	if err != nil {
		v.t.Fatal(err)
	}
	var did []string
	for _, a := range list {
		did = append(did, fmt.Sprintf("%s %s %d %s>%s", a.By, a.What, a.Slot, a.From, a.To))
	}
	want := "service left 0 >person, service test 22 >, service stock 22 uncounted>11, service entered 0 >"
	if got := strings.Join(did, ", "); got != want {
		v.t.Errorf("actions: %s\nwant:    %s", got, want)
	}
	shelves, err := r.Shelves()
	if err != nil || len(shelves) != 1 || shelves[0].Stock != 9 {
		v.t.Errorf("the slots are %+v, %v", shelves, err)
	}
	orders, err := r.Orders(store.Filter{})
	if err != nil {
		v.t.Fatal(err)
	}
	for _, o := range orders {
		if o.State != sale.Dispensed && o.State != sale.Closed && o.State != sale.Closing {
			v.t.Errorf("order %s of slot %s is %s", o.Number, o.Product.Slot, o.State)
		}
	}
}
