package books

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kioskd/clock"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// standing is a clock that a test moves.
type standing struct{ time.Time }

func (s *standing) Now() time.Time { return s.Time }

// shop is a ledger and a merchant at a simulated provider, at the time of the
// clock.
type shop struct {
	*testing.T
	clock    *standing
	provider *paytest.Server
	gateway  *wechat.Client
	ledger   *store.Store
	path     string
	seq      uint64
}

func (s *shop) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func newShop(t *testing.T, at time.Time) *shop {
	s := &shop{T: t, clock: &standing{at}}
	dir := t.TempDir()
	s.path = filepath.Join(dir, "kioskd.db")
	var err error
	s.provider, err = paytest.New(paytest.Options{Clock: s.clock.Now})
	s.ok(err)
	s.ok(s.provider.Start(t.Context()))
	t.Cleanup(func() { s.provider.Close() })
	s.ok(s.provider.WriteFiles(dir))
	m := s.provider.Merchant()
	s.gateway, err = wechat.New(wechat.Settings{
		AppID: m.AppID, MchID: m.MchID, MerchantSerial: m.Serial, NotifyURL: m.NotifyURL, PublicKeyID: m.PublicKeyID, BaseURLs: s.provider.URLs(),
		MerchantKey: filepath.Join(dir, paytest.MerchantKeyFile), PublicKey: filepath.Join(dir, paytest.PublicKeyFile),
	}, wechat.Options{Clock: s.clock})
	s.ok(err)
	t.Cleanup(s.gateway.CloseIdleConnections)
	s.ledger, err = store.Open(t.Context(), s.path, store.Options{Reserve: 1})
	s.ok(err)
	t.Cleanup(func() { s.ledger.Close() })
	return s
}

// step commits the next states of an order, at the time of the clock.
func (s *shop) step(w *ledgertest.Walk, change func(*sale.Order), states ...sale.State) {
	s.Helper()
	step := w.To(states...)
	step.At = s.clock.Time
	change(&w.Order)
	step.Order = w.Order
	if n := len(step.Trail) - 1; w.Order.Refund.Status == sale.RefundProcessing {
		step.Trail[n].Detail = sale.DetailRefundTaken
	}
	s.ok(s.ledger.Commit(step))
}

func nothing(*sale.Order) {}

// order makes one that the provider has a code for.
func (s *shop) order() *ledgertest.Walk {
	s.Helper()
	s.seq++
	w, first := ledgertest.NewWalk(s.seq)
	w.Order.CreatedAt = s.clock.Time
	var err error
	w.Order.Request, err = s.gateway.Prepare(w.Order, s.clock.Add(90*time.Second))
	s.ok(err)
	first.Order, first.At = w.Order, s.clock.Time
	s.ok(s.ledger.Commit(first))
	code, err := s.gateway.Create(s.Context(), w.Order)
	s.ok(err)
	s.step(w, func(o *sale.Order) { o.CodeURL = code }, sale.Awaiting)
	return w
}

// pay has a customer pay, and the machine take what the provider says.
func (s *shop) pay(w *ledgertest.Walk, states ...sale.State) {
	s.Helper()
	page, err := s.provider.Scan(w.Order.CodeURL, "ann")
	s.ok(err)
	s.ok(s.provider.Pay("ann", page.OutTradeNo))
	trade, err := s.gateway.Query(s.Context(), w.Order)
	s.ok(err)
	s.step(w, func(o *sale.Order) {
		o.Payment = sale.Payment{TransactionID: trade.TransactionID, PaidAt: trade.PaidAt}
	}, states...)
}

func (s *shop) refund(w *ledgertest.Walk) {
	s.Helper()
	report, err := s.gateway.Refund(s.Context(), w.Order)
	s.ok(err)
	s.step(w, func(o *sale.Order) { o.Refund = sale.Refund{Status: report.Status, ID: report.ID} }, sale.Refunding)
}

func (s *shop) reconcile(days ...reconcile.Day) reconcile.Report {
	s.Helper()
	r := &reconcile.Reconciler{Code: "SH0042", Biller: s.gateway, Ledger: records{&s.ledger.Reader, s.path}, Now: s.clock.Now}
	report, err := r.Run(s.Context(), days)
	s.ok(err)
	return report
}

func short(list []reconcile.Difference) (all string) {
	for _, x := range list {
		all += fmt.Sprintf("%s %s %s/%s; ", x.Kind, x.Number, x.There, x.Here)
	}
	return all
}

// TestReconcileThroughAll: real orders at the simulated provider, its bill over
// HTTP, the ledger in a file, and then in an archive.
func TestReconcileThroughAll(t *testing.T) {
	t.Parallel()
	evening := time.Date(2026, 11, 27, 15, 58, 0, 0, time.UTC) // 23:58 in Beijing
	s := newShop(t, evening)
	first := reconcile.DayOf(evening)

	dispensed, unpaid, failed := s.order(), s.order(), s.order()
	s.pay(dispensed, sale.Paid, sale.Dispensing)
	s.step(dispensed, nothing, sale.Dispensed)
	s.step(unpaid, nothing, sale.Closing)
	s.step(unpaid, nothing, sale.Closed)
	s.pay(failed, sale.Paid, sale.Dispensing)
	s.step(failed, nothing, sale.Refunding) // and no network until after midnight
	s.clock.Time = evening.Add(4 * time.Minute)
	s.refund(failed)
	s.clock.Time = evening.Add(6 * time.Minute)
	s.step(failed, nothing, sale.Refunded)

	s.clock.Time = evening.Add(48 * time.Hour)
	check := func(differs, open string) {
		t.Helper()
		r := s.reconcile(first, first.Next())
		if len(r.Unread) > 0 || short(r.Days[0].Differences)+short(r.Days[1].Differences) != differs || short(r.Days[0].Open)+short(r.Days[1].Open) != open {
			t.Errorf("%+v", r)
		}
		if there := (reconcile.Totals{Payments: 2, Paid: 400}); differs == "" && (r.Days[0].There != there || r.Days[0].Here != there) {
			t.Errorf("%+v", r.Days[0])
		}
		if there := (reconcile.Totals{Refunds: 1, Refunded: 200}); differs == "" && (r.Days[1].There != there || r.Days[1].Here != there) {
			t.Errorf("%+v", r.Days[1])
		}
	}
	check("", "")

	// The refund alone: the bill of the day before is not its day, and the day
	// on which it was confirmed has it.
	if r := s.reconcile(first.Next()); r.Differences() != 0 || r.Days[0].Here.Refunds != 1 {
		t.Errorf("%+v", r)
	}

	// The same when all of it has been archived.
	for _, step := range ledgertest.Happy(s.seq + store.KeepNewest) {
		s.ok(s.ledger.Commit(step))
	}
	s.step(unpaid, nothing, sale.Closed) // swept
	s.step(unpaid, nothing, sale.Closed)
	p, err := s.ledger.Archive(t.Context(), s.clock.Add(time.Hour), 10)
	s.ok(err)
	if p.Orders != 3 {
		t.Fatalf("%d orders archived", p.Orders)
	}
	check("", "")

	// Somebody gives the money of the product that was dispensed back.
	if _, err := s.gateway.Refund(t.Context(), dispensed.Order); err != nil {
		t.Fatal(err)
	}
	day := reconcile.DayOf(s.clock.Time)
	s.clock.Time = day.Ready()
	if r := s.reconcile(day); short(r.Days[0].Differences) != "dispensed_and_refunded SH0042-00000001-01eef 2.00/0.00; " {
		t.Errorf("%+v", r)
	}
}

// The bill has a test sale as the ledger has it: paid, and refunded.
func TestReconcileKnowsATestSale(t *testing.T) {
	t.Parallel()
	s := newShop(t, time.Now())
	s.provider.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 0 })
	o, err := sale.TestSale{
		Ledger: s.ledger, Gateway: s.gateway, Clock: clock.New(time.Time{}), Panel: &saletest.Panel{}, Code: "SH0042", Slot: 9999, PayWithin: time.Minute,
		Told: func(o sale.Order) {
			if o.State == sale.Awaiting {
				page, err := s.provider.Scan(o.CodeURL, "ann")
				s.ok(err)
				s.ok(s.provider.Pay("ann", page.OutTradeNo))
			}
		},
	}.Run(t.Context(), nil)
	if err != nil || o.State != sale.Refunded {
		t.Fatalf("%s (%s), %v", o.State, o.Cause, err)
	}
	day := reconcile.DayOf(s.clock.Time)
	s.clock.Time = day.Ready()
	r := s.reconcile(day)
	want := reconcile.Totals{Payments: 1, Paid: 1, Refunds: 1, Refunded: 1}
	if r.Differences() != 0 || len(r.Days[0].Open) != 0 || r.Days[0].There != want || r.Days[0].Here != want {
		t.Errorf("%+v", r)
	}
}
