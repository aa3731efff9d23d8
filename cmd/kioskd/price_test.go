package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
)

// TestPricesAtOnce: several people who change prices at the same time do not
// take each other's change back.
func TestPricesAtOnce(t *testing.T) {
	d := &demo{flags: demoFlags{screen: "none", payment: "wechat", seed: 1}, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	var wrong bytes.Buffer
	if err := d.world(t.Context(), &wrong); err != nil {
		t.Fatal(err, &wrong)
	}
	defer d.provider.Close()
	defer d.cabinet.Close()
	var all sync.WaitGroup
	for i, p := range d.config.Products {
		all.Go(func() {
			if err := control.Reprice(d.file(), []control.PriceTag{{Slot: p.Slot, Price: fmt.Sprintf("%d.10", i+1)}}, known().Settings()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c, err := configs.Load(d.file(), known().Settings())
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range c.Products {
		if want := sale.Fen(100*(i+1) + 10); p.Price != want {
			t.Errorf("slot %s costs %s, want %s", p.Slot, p.Price, want)
		}
	}
}
