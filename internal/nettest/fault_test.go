package nettest_test

import (
	"fmt"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/sale/saletest"
)

// fault is one trouble at one kind of call.
type fault struct {
	mode  desk.Mode
	call  paytest.Call
	name  string
	times int // it strikes so many calls of the order
	life  string
	there paytest.Fault // at the provider
	way   desk.Delivery // ... or on the way to it
	flaw  paytest.CertificateFlaw
}

func (c fault) in() desk.Mode { return c.mode }

func (c fault) String() string {
	return fmt.Sprintf("%s/%s/%s x%d/%s", c.mode, c.call, c.name, c.times, c.life)
}

// lives are what customers do, by the call that shall fail. All but create
// and query happen in some lives only.
var lives = map[paytest.Call][]string{
	paytest.CallCreate:      {"pays", "cancels", "jams"},
	paytest.CallQuery:       {"pays", "cancels", "pays late", "jams"},
	paytest.CallClose:       {"cancels", "pays late", "pays as it closes", "leaves"},
	paytest.CallRefund:      {"jams", "pays late"},
	paytest.CallQueryRefund: {"jams"},
}

// deliveries is what a network does to a request.
func deliveries() map[string]desk.Delivery {
	return map[string]desk.Delivery{
		"refused": {Refuse: true}, "vanished": {Hang: true}, "slow 3s": {Wait: 3 * time.Second}, "slow 12s": {Wait: 12 * time.Second},
		"reordered 3s": {Late: 3 * time.Second}, "reordered 30s": {Late: 30 * time.Second},
		"answer vanished": {Lose: true}, "answer cut": {Cut: true},
		"doubled at once": {Again: time.Millisecond}, "doubled 5s": {Again: 5 * time.Second}, "doubled 45s": {Again: 45 * time.Second},
	}
}

// odd is an error that nobody has documented.
func odd(n paytest.FaultName) paytest.Fault {
	if n == paytest.FaultError {
		return paytest.Fault{Name: n, Status: 418, Code: "NEW_CODE", Message: "nobody has documented this"}
	}
	return paytest.Fault{Name: n}
}

func faults(mode desk.Mode) (all []fault) {
	for _, call := range paytest.Calls() {
		for _, life := range lives[call] {
			for _, times := range []int{1, 4} {
				add := func(name string, there paytest.Fault, way desk.Delivery) {
					all = append(all, fault{mode: mode, call: call, name: name, times: times, life: life, there: there, way: way})
				}
				for _, n := range paytest.FaultNames() {
					f := odd(n)
					add(string(n), f, desk.Delivery{})
					f.AfterEffect = true
					add(string(n)+" after the effect", f, desk.Delivery{})
				}
				for n, d := range deliveries() {
					add(n, paytest.Fault{}, d)
				}
			}
		}
	}
	return all
}

func TestFaultAtEachCall(t *testing.T) {
	for _, c := range columns {
		cases := faults(c.Mode)
		if c.Certified() {
			cases = append(cases, listFaults(c.Mode)...)
		}
		// Maps have no order: the sample shall depend on the seed alone.
		sortCases(cases)
		bubbles(t, "net faults, "+string(c.Mode), proof.Choose(flags, cases, c.faults), playFault)
	}
}

func playFault(w *desk.World, c fault, y *tally) []string {
	if !w.Shown(time.Minute, sale.SceneIdle) {
		return []string{"the machine did not begin to sell"}
	}
	before := downloads(w)
	if c.call == paytest.CallCertificates {
		changeOver(w, c)
	} else {
		arm(w, c)
		live(w, c.life)
	}
	time.Sleep(2 * time.Minute)
	if c.call == paytest.CallCertificates && downloads(w) == before {
		return []string{"no certificates were asked for"}
	}
	w.Provider.ClearFaults()
	w.Courier.SetRule(nil)
	_ = w.Provider.SpoilCertificates(paytest.FlawNone)
	return judge(w, y, 10*time.Minute)
}

// arm lets the fault strike the first calls of the first order.
func arm(w *desk.World, c fault) {
	if c.there.Name == "" {
		w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
			if p.Call == c.call && p.Nth <= c.times {
				return c.way
			}
			return desk.Delivery{}
		})
		return
	}
	w.Provider.SetRule(func(in paytest.Incoming) (paytest.Fault, bool) {
		if in.Call != c.call || in.Nth > c.times || in.OutTradeNo == "" {
			return paytest.Fault{}, false
		}
		f := c.there
		if c.life == "pays as it closes" {
			f.PayBefore = "customer"
		}
		return f, true
	})
}

// live plays one customer.
func live(w *desk.World, life string) {
	if life == "jams" {
		w.Board.Plan(saletest.Fate(saletest.Vend{}))
		defer time.AfterFunc(time.Minute, func() { w.Board.Plan(nil) })
	}
	code, ok := order(w, 11)
	if !ok { // the customer presses once more, and gives up then
		if code, ok = order(w, 11); !ok {
			return
		}
	}
	if life == "pays late" || life == "pays as it closes" {
		_, _ = w.Provider.Scan(code.CodeURL, "customer")
	}
	switch time.Sleep(1500 * time.Millisecond); life {
	case "pays", "jams":
		_ = w.Pay(code) // the phone says no if the code is dead
	case "cancels":
		w.Board.Cancel()
	case "pays late":
		w.Board.Cancel()
		time.Sleep(300 * time.Millisecond)
		_ = w.Provider.Pay("customer", string(code.Number))
	case "pays as it closes":
		w.Board.Cancel()
	case "leaves":
	}
}
