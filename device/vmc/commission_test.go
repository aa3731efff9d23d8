package vmc_test

import (
	"testing"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

// A test vend finds out whether 06 counts, and says so for the journal.
func TestCommissioning(t *testing.T) {
	for _, c := range []struct {
		name, after, detail string
	}{
		{"counts", "00000081 0000AFC8", "sales counter 128, then 129: command 06 counts, write counts: true if nothing else sells"},
		{"does not", "00000080 0000AF00", "sales counter 128, then 128: command 06 does not count, leave counts: false"},
		{"silent", "", "the sales counter is not told: leave counts: false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, vmc.DefaultSettings(), func(b *board) {
				test := command(13)
				test.Number = "SH0042-7-T-K7QM3X"
				wait := later(func() sale.Verdict { return b.dev.Dispense(within(b, time.Minute), test) })
				sold := map[string]string{"70 47 00 00 0D": "71 47 00 00000080 0000AF00", "70 32 00": "71 32 00 00 00"}
				if b.passes(400*time.Millisecond, sold) != 2 || b.drives() != 0 {
					b.Fatal("the counter is not read before the command")
				}
				sold["06 01 00 00 0D"] = "04 02 00 0D 00"
				sold["70 47 00 00 0D"] = "71 47 00 " + c.after
				if c.after == "" {
					delete(sold, "70 47 00 00 0D")
				}
				b.passes(10*time.Second, sold)
				b.want(wait(), given, "status 02: dispensed; "+c.detail)
				if b.drives() != 1 {
					b.Errorf("%d commands", b.drives())
				}
			})
		})
	}
}

// Counters that do not count are found out, and are no evidence from then on.
func TestCountersThatDoNotCount(t *testing.T) {
	s := vmc.DefaultSettings()
	s.Counts = true
	talking(t, s, func(b *board) {
		answers := map[string]string{
			"01 00 0D": "02 01 00 0D", "70 47 00 00 0D": "71 47 00 00000080 0000AF00", "70 32 00": "71 32 00 00 00",
			"06 01 00 00 0D": "04 02 00 0D 00",
		}
		evidence := func() string {
			wait := later(func() checked { e, err := b.dev.Check(within(b, time.Minute), 13); return checked{e, err} })
			b.passes(2*time.Second, answers)
			got := wait()
			if got.err != nil {
				b.Fatal(got.err)
			}
			return string(got.evidence)
		}
		if e := evidence(); e == `{"v":1}` {
			b.Fatal("no evidence at first")
		}
		if e := evidence(); e == `{"v":1}` {
			b.Fatal("no evidence although nothing was sold")
		}
		wait := b.call(within(b, time.Minute))
		b.passes(2*time.Second, answers)
		b.want(wait(), given, "status 02: dispensed")
		if e := evidence(); e != `{"v":1}` {
			b.Errorf("evidence %s by a counter that stood still", e)
		}
		if e := evidence(); e != `{"v":1}` {
			b.Errorf("later: evidence %s", e)
		}
	})
}
