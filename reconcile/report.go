package reconcile

import (
	"errors"
	"time"

	"kioskd/sale"
)

// Report is what a reconciliation found.
type Report struct {
	Machine string      `json:"machine"`
	At      time.Time   `json:"at"`
	Days    []DayReport `json:"days"` // oldest first
	// Unread says which parts of the ledger's archives could not be read: their
	// orders look unknown.
	Unread []string `json:"unread,omitempty"`
}

// DayReport is one day's part of a report. Amounts are fen.
type DayReport struct {
	Day         Day          `json:"date"`
	There       Totals       `json:"there"`
	Here        Totals       `json:"here"`
	Others      int          `json:"lines_of_others"`
	NoBill      bool         `json:"no_bill,omitempty"` // the provider says that there is none, unsigned
	Differences []Difference `json:"differences"`
	Open        []Difference `json:"open"` // no contradiction, and not at its end
}

// Totals is what one side has of a day.
type Totals struct {
	Payments int      `json:"payments"`
	Paid     sale.Fen `json:"paid_fen"`
	Refunds  int      `json:"refunds"`
	Refunded sale.Fen `json:"refunded_fen"`
}

func (t *Totals) pay(f sale.Fen) { t.Payments, t.Paid = t.Payments+1, t.Paid+f }

func (t *Totals) refund(f sale.Fen) { t.Refunds, t.Refunded = t.Refunds+1, t.Refunded+f }

// Difference is one finding about one order. What a side does not have is the
// zero value.
type Difference struct {
	Kind          Kind        `json:"kind"`
	Number        sale.Number `json:"order"`
	At            time.Time   `json:"at,omitzero"` // by the provider, as far as it is known
	There         sale.Fen    `json:"there_fen,omitzero"`
	Here          sale.Fen    `json:"here_fen,omitzero"`
	State         sale.State  `json:"state,omitempty"` // here
	Restored      bool        `json:"restored,omitempty"`
	TransactionID string      `json:"transaction_id,omitempty"` // there, or here if there is none
	RefundNo      string      `json:"out_refund_no,omitempty"`
	RefundID      string      `json:"refund_id,omitempty"`
	RefundStatus  string      `json:"refund_status,omitempty"` // there
	BillLine      int         `json:"bill_line,omitempty"`
	Means         string      `json:"means"`
	Do            string      `json:"do"`
}

// Differences counts those of all days.
func (r Report) Differences() (n int) {
	for _, d := range r.Days {
		n += len(d.Differences)
	}
	return n
}

// ErrNoneYet: there is no report of the daemon's own work so far.
var ErrNoneYet = errors.New("the daemon has not reconciled anything yet: it does each day after 10:00, unless the config says payment.reconcile: false")
