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

// With an oven 02 is the shelf's word, 24 the end. What left the shelf is never
// called not dispensed.
func TestOven(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Oven = true
	for _, c := range []struct {
		name    string
		codes   []byte
		outcome sale.Outcome
		detail  string
	}{
		{"heated", []byte{0x01, 0x02, 0x10, 0x22, 0x23, 0x23, 0x24}, given, "status 24: please take the product"},
		{"only the shelf", []byte{0x01, 0x02, 0x22}, unknown, "no result in time; its last word was status 22: heating"},
		{"oven fault", []byte{0x01, 0x02, 0x25}, unknown, "status 25: oven, stay pole or push rod error, after the product had left the shelf"},
		{"ended", []byte{0x01, 0x02, 0xFF}, unknown, "status FF: purchase terminated, after the product had left the shelf"},
		{"jam on the shelf", []byte{0x01, 0x03}, not, "status 03: selection jammed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, s, func(b *board) {
				wait := b.dispense(2 * time.Minute)
				b.ack()
				for _, code := range c.codes {
					b.idle(time.Second)
					b.expect("a status", b.data(0x04, code, 0, 13, 0x1E), ackFrame)
				}
				b.idle(2 * time.Minute)
				b.want(wait(), c.outcome, c.detail)
			})
		})
	}
}

// After a lift error the lift is asked where the product is. That is told to
// people and decides nothing.
func TestLiftError(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Lift = true
	talking(t, s, func(b *board) {
		wait := b.call(within(b, time.Minute))
		b.expect("the POLL", b.poll(), "FA FB 06 05 02 01 01 00 0D 0D")
		b.ack()
		b.status(0x12, 13)
		b.passes(5*time.Second, map[string]string{"FA FB 53 01": "54 01"})
		b.want(wait(), unknown, "status 12: lift error; lift state 01: the product is in the lift")
	})
}
