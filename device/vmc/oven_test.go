package vmc_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
	"kioskd/sale"
)

// A sale from a cabinet with an oven, on a real port: the driver knows the end
// only by 24, and the cabinet's books agree.
func TestSaleWithAnOven(t *testing.T) {
	c, err := devicetest.Start(devicetest.Options{
		Slots: []devicetest.Slot{{Number: 13, Price: 350, Stock: 7}}, Link: filepath.Join(t.TempDir(), "controller"),
		PollEvery: 20 * time.Millisecond, AnswerWithin: 500 * time.Millisecond, VendTime: 60 * time.Millisecond,
		Oven: true, NewFirmware: true, CheckLen: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := vmc.DefaultSettings()
	s.Oven, s.Counts = true, true
	d := vmc.Open(c.Path(), s, vmc.Options{})
	defer d.Close()
	ctx := within(t, time.Minute)
	for d.Health() != nil && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	evidence, err := d.Check(ctx, 13)
	if err != nil {
		t.Fatal(err)
	}
	o := command(13)
	o.Evidence = evidence
	if v := d.Dispense(ctx, o); v.Outcome != sale.OutcomeDispensed || v.Detail != "status 24: please take the product" {
		t.Errorf("verdict %v (%s)", v.Outcome, v.Detail)
	}
	if n := len(c.Commands()); n != 1 || len(c.Drops()) != 1 {
		t.Errorf("%d commands, %d drops", n, len(c.Drops()))
	}
	c.SetLift(1)
	shelf, err := d.Slots(ctx, nil)
	if err != nil || len(shelf.Slots) != 1 || *shelf.Slots[0].Price != 350 {
		t.Fatalf("%+v, %v", shelf, err)
	}
	if notes := strings.Join(shelf.Notes, ", "); notes != "machine SIM0000001, 8 degrees inside, there is a product in the lift" {
		t.Errorf("notes: %s", notes)
	}
}
