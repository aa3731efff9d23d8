package nettest_test

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// listLives are what customers do while the list of platform certificates
// must be fetched, and why it must.
var listLives = []string{
	"starts with nothing kept", "changes over and pays", "changes over and cancels", "changes over and pays late", "changes over and jams", "is listed first and pays",
}

// listFaults are those of the download of the platform certificates. It has no
// effect, and nothing of it is about an order.
func listFaults(mode desk.Mode) (all []fault) {
	for _, life := range listLives {
		for _, times := range []int{1, 4} {
			add := func(name string, there paytest.Fault, way desk.Delivery) {
				all = append(all, fault{mode: mode, call: paytest.CallCertificates, name: name, times: times, life: life, there: there, way: way})
			}
			for _, n := range paytest.FaultNames() {
				if !strings.HasPrefix(string(n), "wrong-") && n != paytest.FaultReplay {
					add(string(n), odd(n), desk.Delivery{})
				}
			}
			for n, d := range deliveries() {
				add(n, paytest.Fault{}, d)
			}
		}
		for _, f := range paytest.CertificateFlaws() {
			all = append(all, fault{mode: mode, call: paytest.CallCertificates, name: string(f), times: 1, life: life, flaw: f})
		}
	}
	return all
}

// armList lets the fault strike the next downloads.
func armList(w *desk.World, c fault) {
	var struck atomic.Int64
	strikes := func() bool { return struck.Add(1) <= int64(c.times) }
	switch {
	case c.flaw != "":
		_ = w.Provider.SpoilCertificates(c.flaw)
	case c.there.Name == "":
		w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
			if p.Call == paytest.CallCertificates && strikes() {
				return c.way
			}
			return desk.Delivery{}
		})
	default:
		w.Provider.SetRule(func(in paytest.Incoming) (paytest.Fault, bool) {
			return c.there, in.Call == paytest.CallCertificates && strikes()
		})
	}
}

// downloads is how often the list was asked for.
func downloads(w *desk.World) (n int) {
	for _, p := range w.Courier.Sent() {
		if p.Call == paytest.CallCertificates {
			n++
		}
	}
	return n
}

// changeOver plays one customer, while the list of certificates is needed.
func changeOver(w *desk.World, c fault) {
	time.Sleep(time.Minute) // a download that an answer brings about is a minute after the last one at the earliest
	why, what, _ := strings.Cut(c.life, " and ")
	switch why {
	case "starts with nothing kept":
		_ = w.End()
		_ = w.Kept.Save(nil)
		_ = w.Speak(c.mode)
		armList(w, c)
		_ = w.Begin()
		w.Shown(time.Minute, sale.SceneIdle)
		live(w, "pays")
	case "is listed first":
		serial, _ := w.Provider.ListCertificate(0)
		armList(w, c)
		_ = w.Client.Refresh(context.Background())
		_ = w.Provider.UseCertificate(serial)
		live(w, what)
	case "changes over":
		armList(w, c)
		renewed := make(chan struct{})
		go func() {
			defer close(renewed)
			// While an order is open: as its code comes up, or it is refunded.
			want := sale.Awaiting
			if what == "jams" {
				want = sale.Refunding
			}
			seq := w.Newest().Seq
			w.Until(time.Minute, func() bool { o := w.Newest(); return o.Seq > seq && o.State == want })
			_ = renew(w)
		}()
		live(w, what)
		<-renewed
	}
}

// renew makes the provider sign with a certificate that it has not listed
// before.
func renew(w *desk.World) error {
	serial, err := w.Provider.ListCertificate(0)
	if err == nil {
		err = w.Provider.UseCertificate(serial)
	}
	return err
}
