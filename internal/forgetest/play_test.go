package forgetest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/sale/saletest"
)

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
	if err := f.prepare(c); err != nil {
		return []string{err.Error()}
	}
	f.honest()
	first := w.Newest().Number
	f.replayed = string(first)
	var forgedAnswers, forgedLists atomic.Int64 // the calls are made by goroutines of their own
	begin := func() {
		w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
			switch {
			case p.Call == paytest.CallCertificates && c.way.list != nil:
				forgedLists.Add(1)
				return desk.Delivery{Hang: true, Forge: func(*http.Response) *http.Response { return f.write(c.way.list(f)).response() }}
			case p.Number == "" || p.Number == string(first) || p.Call != c.call && c.call != anyCall:
				return desk.Delivery{}
			}
			forgedAnswers.Add(1)
			return desk.Delivery{Hang: true, Forge: func(*http.Response) *http.Response { return f.forge(c, p) }}
		})
	}
	f.act(c, begin)
	victim := w.Newest()
	say(victim.Number == first, "no order was made")
	time.Sleep(25 * time.Second)
	say(forgedAnswers.Load() == 0 && forgedLists.Load() == 0, "nothing was forged")
	say(c.way.list != nil && forgedLists.Load() == 0, "no list was forged")
	now := w.Newest()
	trade, _ := w.Provider.Order(string(victim.Number))
	paid := !trade.PaidAt.IsZero()
	say(!paid && (now.State == sale.Paid || now.State == sale.Dispensing || now.State == sale.Dispensed || now.State == sale.Refunding || now.State == sale.Refunded),
		"the order is %s and nobody paid", now.State)
	say(now.State == sale.Closed && now.CodeURL != "" && trade.TradeState != paytest.TradeClosed, "the order was closed on forged evidence")
	// An error may send a refund to a person, who looks for the money.
	say(now.State == sale.Refunded || now.State == sale.Attention && !(c.way.hint && c.call == paytest.CallRefund), "the refund ended as %s on forged evidence", now.State)
	say(strings.Contains(now.CodeURL, "FORGED"), "a forged code was stored")
	_, shown := w.Panel.First(time.Time{}, func(s sale.Scene) bool { return strings.Contains(s.CodeURL, "FORGED") })
	say(shown, "a forged code was shown")
	w.Courier.SetRule(nil)
	w.Board.Plan(nil)
	if err := w.Settled(30 * time.Minute); err != nil {
		broken = append(broken, err.Error())
	}
	_, more := w.Check()
	broken = append(broken, more...)
	y.answers += int(forgedAnswers.Load() + forgedLists.Load())
	y.refused += w.Client.Refused()
	if !c.blind() {
		broken = append(broken, w.Client.Believed()...)
		y.believed += len(w.Client.Believed())
	}
	if paid && w.Newest().State == sale.Dispensed {
		return broken // who pays in the end may get it
	}
	drops := len(w.Board.Fell()) - 1 // the honest customer's
	y.drops += drops
	say(drops > 0, "%d products fell", drops)
	return broken
}

// forge makes one answer about an order.
func (f *forger) forge(c forged, p desk.Parcel) *http.Response {
	status, says := f.speech.lie(f, p.Call, p.Number, c.state)
	m := c.way.make(f, p.Call, p.Number, f.speech.fresh(f, status, says))
	return f.write(m).response()
}

// prepare gives the provider certificates of every kind, which the machine
// knows, where there are any.
func (f *forger) prepare(c forged) (err error) {
	if !c.mode.Certified() {
		return nil
	}
	w := f.w
	list := func(serial *string, life time.Duration) {
		if err == nil {
			*serial, err = w.Provider.ListCertificate(life)
		}
	}
	list(&f.certs.spare, 0)
	list(&f.certs.brief, 10*time.Second)
	list(&f.certs.gone, 0)
	if err != nil {
		return err
	}
	w.Courier.SetRule(f.record(func(p desk.Parcel, a answer) {
		if p.Call == paytest.CallCertificates {
			f.certs.was = a
		}
	}))
	if err = w.Client.Refresh(context.Background()); err != nil {
		return err
	}
	if err = w.Provider.DropCertificate(f.certs.gone); err != nil {
		return err
	}
	if err = w.Client.Refresh(context.Background()); err != nil {
		return err
	}
	w.Courier.SetRule(nil)
	time.Sleep(15 * time.Second)
	if c.way.list != nil {
		time.Sleep(6 * time.Minute) // what was signed before is old, and a serial that is unknown may be asked about again
	}
	return nil
}

// record hands over every answer that says yes, as it was sent.
func (f *forger) record(take func(desk.Parcel, answer)) func(desk.Parcel) desk.Delivery {
	var mu sync.Mutex
	return func(p desk.Parcel) desk.Delivery {
		return desk.Delivery{See: func(real *http.Response, body []byte) {
			if real.StatusCode < 300 {
				mu.Lock()
				defer mu.Unlock()
				take(p, answer{real.StatusCode, real.Header.Clone(), body})
			}
		}}
	}
}

// honest lets a customer buy, and keeps what the provider proves about the
// order.
func (f *forger) honest() {
	w := f.w
	f.old, f.own = map[paytest.Call]answer{}, map[paytest.Call]answer{}
	w.Courier.SetRule(f.record(func(p desk.Parcel, a answer) {
		if p.Call != paytest.CallQuery || f.speech.paid(a.body) {
			f.old[p.Call] = a
		}
	}))
	w.Board.Press(12)
	if w.Shown(10*time.Second, sale.ScenePay) {
		_ = w.Pay(w.Panel.Now())
	}
	w.Until(30*time.Second, func() bool { return w.Newest().State == sale.Dispensed })
	number := string(w.Newest().Number)
	// What the honest customer's sale had no need for is made up of what it had.
	for _, call := range []paytest.Call{paytest.CallRefund, paytest.CallQueryRefund, paytest.CallClose} {
		status, says := f.speech.lie(f, call, number, "SUCCESS")
		m := f.speech.fresh(f, status, says)
		if call == paytest.CallClose && !f.mode.V2() {
			m = later(m, -6*time.Minute) // it names no order: what is replayed is old
		}
		f.old[call] = f.write(m)
	}
	w.Courier.SetRule(f.record(func(p desk.Parcel, a answer) {
		if p.Number != number {
			f.own[p.Call] = a
		}
	}))
	w.Shown(time.Minute, sale.SceneIdle)
}

// act brings the moment about and lets the forger begin.
func (f *forger) act(c forged, begin func()) {
	w := f.w
	code := func() sale.Scene {
		w.Board.Press(11)
		w.Shown(10*time.Second, sale.ScenePay)
		time.Sleep(1500 * time.Millisecond) // it is asked about
		return w.Panel.Now()
	}
	again := func() {
		_ = w.End()
		_ = w.Speak(c.mode)
		begin()
		_ = w.Begin()
	}
	switch c.name {
	case "the code is shown":
		code()
		begin()
	case "the certificates are fetched anew":
		code()
		begin()
		_ = w.Client.Refresh(context.Background())
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
		again()
	case "after a restart with nothing kept":
		code()
		_ = w.Kept.Save(nil)
		again()
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
