package vmc_test

import (
	"testing"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

// Twelve vends may come at once; then a sale has to wait. A paid order has not.
func TestPace(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		sells := func() error {
			wait := later(func() error { _, err := b.dev.Check(within(b, time.Minute), 13); return err })
			b.passes(time.Second, map[string]string{"01 00 0D": "02 01 00 0D"})
			return wait()
		}
		vends := func() {
			wait := b.call(within(b, time.Minute))
			b.passes(time.Second, map[string]string{"06 01 00 00 0D": "04 02 00 0D 00"})
			if got := wait(); got.Outcome != given {
				b.Fatalf("verdict %v (%s)", got.Outcome, got.Detail)
			}
		}
		for i := range 12 {
			if err := sells(); err != nil {
				b.Fatalf("sale %d: %v", i+1, err)
			}
			vends()
		}
		vends() // that it has begun is enough
		err := sells()
		if faultCode(err) != sale.CodeBoardRests {
			b.Fatalf("the sale after 13 vends: %v", err)
		}
		b.idle(21 * time.Second)
		if err := sells(); err != nil {
			b.Errorf("20 s later: %v", err)
		}
	})
}
