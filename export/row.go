package export

import (
	"time"

	"kioskd/sale"
)

// Row is one order as a bookkeeper sees it. The names are those of the
// provider's bills where these have one. Money is in fen.
type Row struct {
	Number        sale.Number       `json:"out_trade_no"`
	CreatedAt     time.Time         `json:"created_at"`
	Slot          sale.Slot         `json:"slot"`
	Product       string            `json:"product"`
	Price         sale.Fen          `json:"price_fen"`
	State         sale.State        `json:"state"`
	Cause         sale.Cause        `json:"cause"`
	TransactionID string            `json:"transaction_id"`
	PaidAt        *time.Time        `json:"paid_at"` // the provider's clock; null: nobody paid
	Paid          sale.Fen          `json:"paid_fen"`
	RefundNumber  string            `json:"out_refund_no"` // empty: no refund was asked for
	RefundID      string            `json:"refund_id"`
	RefundStatus  sale.RefundStatus `json:"refund_status"`
	Refunded      sale.Fen          `json:"refunded_fen"` // what the provider has taken, done or on its way
	Kept          sale.Fen          `json:"kept_fen"`     // Paid less Refunded
	// Test: a motor was tried, and nobody paid.
	Test   bool   `json:"test"`
	Detail string `json:"detail"`
}

// RowOf is what an order comes to.
func RowOf(o sale.Order) Row {
	r := Row{
		Number: o.Number, CreatedAt: o.CreatedAt, Slot: o.Product.Slot, Product: o.Product.Name, Price: o.Product.Price,
		State: o.State, Cause: o.Cause, TransactionID: o.Payment.TransactionID, Test: o.Test(), Detail: o.Detail,
	}
	if r.TransactionID != "" {
		r.PaidAt, r.Paid = &o.Payment.PaidAt, o.Product.Price
	}
	if o.Refund.Status != "" || o.State == sale.Refunding {
		r.RefundNumber, r.RefundID, r.RefundStatus = o.RefundNumber(), o.Refund.ID, o.Refund.Status
	}
	if s := o.Refund.Status; s == sale.RefundSuccess || s == sale.RefundProcessing {
		r.Refunded = o.Product.Price
	}
	r.Kept = r.Paid - r.Refunded
	return r
}
