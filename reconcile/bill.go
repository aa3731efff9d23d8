package reconcile

import (
	"time"

	"kioskd/sale"
)

// Line is what a bill says in one line about an order of this machine: a
// payment or a refund.
type Line struct {
	N             int       // of the line in the bill, the header being 1
	At            time.Time // of the payment, or when the refund was asked for
	Number        sale.Number
	TransactionID string
	Total         sale.Fen // of a payment: what was asked of the customer
	// State is SUCCESS for a payment and REFUND for a refund. What else a bill
	// may hold (REVOKED, of payments by a customer's own code) is kept as it is.
	State string

	RefundNo     string // the merchant's number of a refund
	RefundID     string
	Refund       sale.Fen // what was asked back
	RefundStatus string   // when the bill was made; it is not mended after that
}

// What a line can be.
const (
	linePaid   = "SUCCESS"
	lineRefund = "REFUND"
)

// Bill is the part of a bill that concerns one machine.
type Bill struct {
	Lines  []Line
	Others int // lines about orders of others
}

// refundState reduces RefundStatus.
type refundState int

const (
	refundUnclear refundState = iota
	refundDone
	refundUnderWay
	refundFailed
)

// refundStates are the words of both versions of the provider's interface.
var refundStates = map[string]refundState{
	"SUCCESS":     refundDone,
	"PROCESSING":  refundUnderWay,
	"CHANGE":      refundFailed, // the customer's account or card does not take it
	"ABNORMAL":    refundFailed,
	"REFUNDCLOSE": refundFailed,
	"CLOSED":      refundFailed,
	"FAIL":        refundFailed,
}

func (l Line) refundState() refundState { return refundStates[l.RefundStatus] }
