package forgetest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/sale/saletest"
)

var flags = proof.NewFlags()

// moment is when the forger acts, and what it wants to be believed.
type moment struct {
	name  string
	call  paytest.Call
	state string // the lie
}

// Each moment is one in which the lie would pay: the customer has not paid,
// or the money has not gone back.
var moments = []moment{
	{"the code is shown", paytest.CallQuery, "SUCCESS"},
	{"the code is shown", paytest.CallQuery, "CLOSED"},
	{"the code is shown", paytest.CallQuery, "REFUND"},
	{"the customer cancelled", paytest.CallQuery, "SUCCESS"},
	{"the customer cancelled and pays", paytest.CallQuery, "CLOSED"},
	{"the customer cancelled and pays", paytest.CallClose, ""},
	{"after a restart", paytest.CallQuery, "SUCCESS"},
	{"the code is asked for", paytest.CallCreate, "FORGED"},
	{"the refund is asked for", paytest.CallRefund, "SUCCESS"},
	{"the refund is under way", paytest.CallQueryRefund, "SUCCESS"},
	{"the refund is under way", paytest.CallQueryRefund, "CLOSED"},
	{"the refund is under way", paytest.CallQueryRefund, "ABNORMAL"},
}

type forged struct {
	moment
	way forgery
}

func (c forged) String() string {
	return fmt.Sprintf("%s/%s %s/%s", c.name, c.call, c.state, c.way.name)
}

// sensible leaves out lies that say nothing: a field that the call's answer
// has not, or a check that the provider's word needs no more.
func (c forged) sensible() bool {
	if c.call == paytest.CallClose && strings.Contains(c.way.name, "20") && c.way.name != "unsigned 200" {
		return c.way.name != "signed 206"
	}
	if c.call == paytest.CallCreate && strings.HasPrefix(c.way.name, "replay") {
		return false // see the package comment
	}
	if !c.way.about {
		return true
	}
	refund := c.call == paytest.CallRefund || c.call == paytest.CallQueryRefund
	switch c.way.name {
	case "another merchant", "another appid":
		return c.call == paytest.CallQuery
	case "another order", "order in other case", "no number", "number twice":
		return c.call == paytest.CallQuery || refund
	}
	// The amount of an order that is closed is in no answer.
	return refund || c.call == paytest.CallQuery && c.state != "CLOSED"
}

func TestForgedAnswers(t *testing.T) {
	var cases []forged
	for _, m := range moments {
		for _, way := range forgeries() {
			if c := (forged{m, way}); c.sensible() {
				cases = append(cases, c)
			}
		}
	}
	cases = proof.Choose(flags, cases, 100)
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	other, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	var y figures
	proof.Bubbles(t, proof.Begin("forge", flags.Seed), cases, &y, func(t *testing.T, c forged) {
		w, err := desk.Bubble(desk.BubbleOptions{Keys: keys, Seed: flags.Seed, Provider: func(b *paytest.Behaviour) { b.RefundDelay = 5 * time.Minute }})
		if err != nil {
			t.Fatal(err)
		}
		f := &forger{w: w, right: keys.Provider, wrong: other.Provider, old: map[paytest.Call]message{}}
		broken := f.play(c, &y)
		proof.Wrong(t, c, broken)
		y.cases++
		y.wrong += len(broken)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

type figures struct{ cases, answers, refused, believed, drops, wrong int }

func (y *figures) String() string {
	return fmt.Sprintf("%d cases, %d forged answers, %d calls refused them, %d believed; %d drops, %d wrong",
		y.cases, y.answers, y.refused, y.believed, y.drops, y.wrong)
}

func orders(w *desk.World) []sale.Order {
	all, _ := w.Orders()
	return all
}

// play lets one honest customer buy, whose answers can be replayed, and then
// forges for half a minute.
func (f *forger) play(c forged, y *figures) (broken []string) {
	say := func(when bool, format string, args ...any) {
		if when {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	w := f.w
	if !w.Shown(time.Minute, sale.SceneIdle) {
		return []string{"the machine did not begin to sell"}
	}
	f.honest()
	first := w.Newest().Number
	f.replayed = string(first)
	var forgedAnswers atomic.Int64 // the calls are made by goroutines of their own
	begin := func() {
		w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
			if p.Call != c.call || p.Number == string(first) {
				return desk.Delivery{}
			}
			forgedAnswers.Add(1)
			return desk.Delivery{Hang: true, Forge: func(*http.Response) *http.Response { return f.forge(c, p.Number) }}
		})
	}
	f.act(c, begin)
	victim := w.Newest()
	say(victim.Number == first, "no order was made")
	time.Sleep(25 * time.Second)
	say(forgedAnswers.Load() == 0, "nothing was forged")
	now := w.Newest()
	trade, _ := w.Provider.Order(string(victim.Number))
	paid := !trade.PaidAt.IsZero()
	say(!paid && (now.State == sale.Paid || now.State == sale.Dispensing || now.State == sale.Dispensed || now.State == sale.Refunding || now.State == sale.Refunded),
		"the order is %s and nobody paid", now.State)
	say(now.State == sale.Closed && now.CodeURL != "", "the order was closed on forged evidence")
	say(now.State == sale.Refunded || now.State == sale.Attention, "the refund ended as %s on forged evidence", now.State)
	say(strings.Contains(now.CodeURL, "FORGED"), "a forged code was stored")
	_, shown := w.Panel.First(time.Time{}, func(s sale.Scene) bool { return strings.Contains(s.CodeURL, "FORGED") })
	say(shown, "a forged code was shown")
	w.Courier.SetRule(nil)
	w.Board.Plan(nil)
	if err := w.Settled(30 * time.Minute); err != nil {
		broken = append(broken, err.Error())
	}
	_, more := w.Check()
	broken = append(append(broken, more...), w.Client.Believed()...)
	drops := len(w.Board.Fell()) - 1 // the honest customer's
	y.answers += int(forgedAnswers.Load())
	y.refused += w.Client.Refused()
	y.believed += len(w.Client.Believed())
	if w.Newest().State != sale.Dispensed { // who pays in the end may get it
		y.drops += drops
		say(drops > 0, "%d products fell", drops)
	}
	return broken
}

// forge makes one answer about an order.
func (f *forger) forge(c forged, number string) *http.Response {
	status, body := f.lie(c.call, number, c.state)
	var m message
	if body == nil {
		m = f.fresh(status, nil)
	} else {
		m = f.fresh(status, body)
	}
	return c.way.make(f, c.call, number, m).response(nil)
}

// honest lets a customer buy, and one whose product jams, and keeps what the
// provider signs about them.
func (f *forger) honest() {
	w := f.w
	w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
		return desk.Delivery{Forge: func(real *http.Response) *http.Response {
			b, _ := io.ReadAll(real.Body)
			real.Body = io.NopCloser(bytes.NewReader(b))
			h := real.Header
			if real.StatusCode < 300 && (p.Call != paytest.CallQuery || bytes.Contains(b, []byte(`"SUCCESS"`))) {
				f.old[p.Call] = message{status: real.StatusCode, timestamp: h.Get("Wechatpay-Timestamp"), nonce: h.Get("Wechatpay-Nonce"),
					serial: h.Get("Wechatpay-Serial"), signature: h.Get("Wechatpay-Signature"), body: b}
			}
			return real
		}}
	})
	w.Board.Press(12)
	if w.Shown(10*time.Second, sale.ScenePay) {
		_ = w.Pay(w.Panel.Now())
	}
	w.Until(30*time.Second, func() bool { return w.Newest().State == sale.Dispensed })
	w.Courier.SetRule(nil)
	w.Client.Forget()
	// What the honest customer's sale had no need for is made up of what it had.
	_, body := f.lie(paytest.CallQueryRefund, string(w.Newest().Number), "SUCCESS")
	for _, call := range []paytest.Call{paytest.CallRefund, paytest.CallQueryRefund} {
		m := f.fresh(http.StatusOK, body)
		m.signature = sign(f.right, m.timestamp, m.nonce, m.body)
		f.old[call] = m
	}
	closed := f.fresh(http.StatusNoContent, nil)
	closed = later(closed, -6*time.Minute) // a close has no body: what is replayed is old
	closed.signature = sign(f.right, closed.timestamp, closed.nonce, closed.body)
	f.old[paytest.CallClose] = closed
	w.Shown(time.Minute, sale.SceneIdle)
}

// act brings the moment about and lets the forger begin.
func (f *forger) act(c forged, begin func()) {
	w := f.w
	code := func() sale.Scene {
		w.Board.Press(11)
		w.Shown(10*time.Second, sale.ScenePay)
		return w.Panel.Now()
	}
	switch c.name {
	case "the code is shown":
		code()
		begin()
	case "the customer cancelled":
		code()
		begin()
		w.Board.Cancel()
	case "the customer cancelled and pays":
		s := code()
		_, _ = w.Provider.Scan(s.CodeURL, "customer")
		begin()
		w.Board.Cancel()
		time.Sleep(2 * time.Second)
		_ = w.Provider.Pay("customer", string(s.Number))
	case "after a restart":
		code()
		_ = w.End()
		begin()
		_ = w.Begin()
	case "the code is asked for":
		begin()
		w.Board.Press(11)
		time.Sleep(2 * time.Second)
	case "the refund is asked for", "the refund is under way":
		w.Board.Plan(saletest.Fate(saletest.Vend{}))
		s := code()
		begin()
		_ = w.Pay(s)
		w.Until(20*time.Second, func() bool { return w.Newest().State == sale.Refunding })
	}
}
