package control

import (
	"path/filepath"
	"testing"
	"time"

	"kioskd/clock"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// The days of a chart are all there, days of Beijing, and a payment that went
// back is in both sums.
func TestSalesByDay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := store.Open(t.Context(), path, store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sell := func(seq uint64, at time.Time, states ...sale.State) {
		t.Helper()
		w, born := ledgertest.NewWalk(seq)
		born.Order.CreatedAt = at
		w.Order.CreatedAt = at
		if err := s.Commit(born); err != nil {
			t.Fatal(err)
		}
		for _, state := range states {
			if state == sale.Paid {
				w.Order.Payment = sale.Payment{TransactionID: "4200001", PaidAt: at}
			}
			if state == sale.Refunded {
				w.Order.Refund = sale.Refund{Status: sale.RefundSuccess}
			}
			if err := s.Commit(w.To(state)); err != nil {
				t.Fatal(err)
			}
		}
	}
	midnight := time.Date(2026, 10, 3, 0, 0, 0, 0, clock.Beijing)
	sell(1, midnight.Add(-49*time.Hour), sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed) // too old
	sell(2, midnight.Add(-time.Second), sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed)
	sell(3, midnight, sale.Awaiting, sale.Paid, sale.Refunding, sale.Refunded)
	sell(4, midnight.Add(time.Hour), sale.Awaiting, sale.Paid, sale.Dispensing, sale.Dispensed)
	sell(5, midnight.Add(time.Hour), sale.Awaiting, sale.Closing, sale.Closed)
	got, err := salesOf(&s.Reader, path, 3, midnight.Add(9*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []DaySales{{"2026-10-01", 0, 0, 0}, {"2026-10-02", 1, 200, 0}, {"2026-10-03", 2, 400, 200}}
	for i, d := range got {
		if d != want[i] || len(got) != len(want) {
			t.Errorf("day %d: %+v, want %+v", i, d, want[i])
		}
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	var d digest
	today, questions, err := d.ask(&s.Reader, stats, midnight.Add(9*time.Hour))
	if err != nil || today != want[2] || len(questions) != 0 {
		t.Errorf("today %+v, %v, %v", today, questions, err)
	}
	tomorrow, _, err := d.ask(&s.Reader, stats, midnight.Add(25*time.Hour))
	if err != nil || tomorrow != (DaySales{Day: "2026-10-04"}) {
		t.Errorf("the day after: %+v, %v", tomorrow, err)
	}
}
