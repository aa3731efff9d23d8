package sale_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"kioskd/sale"
)

func TestOrderNumbers(t *testing.T) {
	shape := regexp.MustCompile(`^T1-[0-9]+-[23456789A-HJ-NP-Z]{6}$`)
	inBubble(t, func(k *kiosk) {
		seen := map[sale.Number]bool{}
		for range 5 {
			k.code(11)
			k.board.Cancel()
			k.wait(10 * time.Second)
		}
		for i, o := range k.ledger.Orders() {
			if !shape.MatchString(string(o.Number)) || seen[o.Number] || o.Seq != uint64(i+1) {
				t.Errorf("order %d has the number %s", o.Seq, o.Number)
			}
			if len(o.Number.Tail()) != 6 || !strings.HasSuffix(string(o.Number), o.Number.Tail()) || o.Number.Refund() != string(o.Number)+"R" {
				t.Errorf("tail %s, refund number %s", o.Number.Tail(), o.Number.Refund())
			}
			seen[o.Number] = true
		}
	})
}

func TestMachineRefusesAWrongSetUp(t *testing.T) {
	inBubble(t, func(k *kiosk) {
		for want, change := range map[string]func(*sale.Options){
			"a machine needs a ledger, a gateway, a dispenser, a panel and a clock":                          func(o *sale.Options) { o.Clock = nil },
			`machine code "SH-1": 1 to 12 letters and digits, because it begins every order number`:          func(o *sale.Options) { o.Code = "SH-1" },
			`machine code "ABCDEFGHIJKLM": 1 to 12 letters and digits, because it begins every order number`: func(o *sale.Options) { o.Code = "ABCDEFGHIJKLM" },
			"a machine needs positive times to pay and to dispense":                                          func(o *sale.Options) { o.PayWithin = 0 },
		} {
			o := k.options
			change(&o)
			if _, err := sale.New(o); err == nil || err.Error() != want {
				t.Errorf("New said %v, want %s", err, want)
			}
		}
	})
}
