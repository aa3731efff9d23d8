package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/devicetest"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// A test vend counts for nothing but itself, and each way in which it could
// touch money or dispense twice is found.
func TestTestVends(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	good := func() audit.Books {
		return audit.Books{
			Orders: []sale.Order{{
				Number: "SH0042-7-T-K7QM3X", Seq: 7, State: sale.Dispensed, Cause: sale.CauseDropped, Commands: 1,
				Product: sale.Product{Slot: 11}, CreatedAt: at,
			}},
			Commands: []devicetest.Command{{At: at.Add(time.Second), Slot: 11}},
			Drops:    []devicetest.Drop{{At: at.Add(2 * time.Second), Slot: 11}},
		}
	}
	for _, c := range []struct {
		name string
		harm func(*audit.Books)
		want []string
	}{
		{"good", func(*audit.Books) {}, nil},
		{"twice", func(b *audit.Books) { b.Commands = append(b.Commands, b.Commands[0]) }, []string{
			"2 dispense commands on the wire", "a command on the wire and none in the ledger",
		}},
		{"two fell", func(b *audit.Books) { b.Drops = append(b.Drops, b.Drops[0]) }, []string{"2 products fell"}},
		{"asked at the provider", func(b *audit.Books) { b.Trades = []paytest.Order{{OutTradeNo: "SH0042-7-T-K7QM3X"}} }, []string{"the provider knows it"}},
		{"refunded", func(b *audit.Books) { b.Refunds = []paytest.Refund{{OutTradeNo: "SH0042-7-T-K7QM3X"}} }, []string{"the provider knows it"}},
		{"priced", func(b *audit.Books) { b.Orders[0].Product.Price = 200 }, []string{"it costs 200 fen"}},
		{"nothing fell", func(b *audit.Books) { b.Drops = nil }, []string{"called dispensed, and nothing fell"}},
		{"called a jam", func(b *audit.Books) { b.Orders[0].State, b.Orders[0].Cause = sale.Closed, sale.CauseNotDropped }, []string{"called not dropped, and a product fell"}},
	} {
		b := good()
		c.harm(&b)
		figures, broken := b.Check()
		var want []string
		for _, w := range c.want {
			want = append(want, "order SH0042-7-T-K7QM3X ("+string(b.Orders[0].State)+"): test vend: "+w)
		}
		if diff := cmp.Diff(want, broken); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(audit.Figures{Tests: 1}, figures); diff != "" && c.name == "good" {
			t.Errorf("figures (-want +got):\n%s", diff)
		}
	}
}
