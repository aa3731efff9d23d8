package paytest

import (
	"fmt"
	"time"
)

// Order is a snapshot of one order. Times are the Clock's; with the default
// clock they carry a monotonic reading. A time that has not come is zero.
type Order struct {
	OutTradeNo    string    `json:"out_trade_no"`
	Description   string    `json:"description"`
	Attach        string    `json:"attach,omitempty"`
	DeviceID      string    `json:"device_id,omitempty"`
	SubMchID      string    `json:"sub_mchid,omitempty"` // in partner mode
	Total         int64     `json:"total"`               // fen
	PayerTotal    int64     `json:"payer_total"`         // fen; less with a coupon; 0 while unpaid
	TradeState    string    `json:"trade_state"`
	TransactionID string    `json:"transaction_id,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
	ExpiresAt     time.Time `json:"expires_at,omitzero"` // zero without time_expire
	PaidAt        time.Time `json:"paid_at,omitzero"`
	ClosedAt      time.Time `json:"closed_at,omitzero"`
	ClosedByAge   bool      `json:"closed_by_age,omitempty"` // by the provider after 7 days
	CodeURL       string    `json:"code_url"`                // the latest; older ones are dead
	Codes         int       `json:"codes"`                   // issued
	Bodies        int       `json:"bodies"`                  // different bytes among the create calls that got a code
	Payer         string    `json:"payer,omitempty"`         // who scanned first
	Stage         Stage     `json:"stage,omitempty"`         // of the payer's phone
	PINUntil      time.Time `json:"pin_until,omitzero"`
	FailedPays    int       `json:"failed_pays,omitempty"`
	RefusedScans  int       `json:"refused_scans,omitempty"` // by other users
	Refunded      int64     `json:"refunded"`                // fen, arrived
	Refunding     int64     `json:"refunding"`               // fen, PROCESSING or ABNORMAL
	RefundedAt    time.Time `json:"refunded_at,omitzero"`    // when the last one arrived
	Calls         CallStats `json:"calls"`
}

// Refund is a snapshot of one refund.
type Refund struct {
	OutRefundNo string    `json:"out_refund_no"`
	RefundID    string    `json:"refund_id"`
	OutTradeNo  string    `json:"out_trade_no"`
	Amount      int64     `json:"amount"` // fen
	Status      string    `json:"status"`
	Reason      string    `json:"reason,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	SettledAt   time.Time `json:"settled_at,omitzero"` // when it left PROCESSING
	Requests    int       `json:"requests"`            // create calls with this number that were not refused
}

// CallStats tell how a client behaved towards one order.
type CallStats struct {
	Counts map[Call]int      `json:"counts"`
	Faults map[FaultName]int `json:"faults,omitempty"`
	// MaxConcurrent is the most calls that were under way at once. A call ends
	// when its answer is sent or its client has hung up.
	MaxConcurrent int `json:"max_concurrent"`
	// MinQueryGap is the least time from one order query's arrival to the
	// next one's, 0 if there were fewer than two.
	MinQueryGap time.Duration `json:"min_query_gap_ns"`

	underWay  int
	lastQuery time.Time
}

// Domain is what one domain has seen.
type Domain struct {
	URL         string      `json:"url"`
	State       DomainState `json:"state"`
	Connections int         `json:"connections"`
	Calls       int         `json:"calls"`
}

// Stats tell how clients behaved altogether.
type Stats struct {
	Calls   map[Call]int      `json:"calls"`
	Faults  map[FaultName]int `json:"faults"`
	Errors  map[string]int    `json:"errors"` // answers by code, underscore spelling
	Domains []Domain          `json:"domains"`
	// ReusedNonces counts calls whose nonce_str came before. One that goes to
	// a second domain unchanged is legitimate.
	ReusedNonces int `json:"reused_nonces"`
}

// Orders returns all orders as they are now, oldest first.
func (s *Server) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Order, 0, len(s.sequence))
	for _, o := range s.sequence {
		s.settle(o)
		all = append(all, s.snapshot(o))
	}
	return all
}

// Order returns one order as it is now.
func (s *Server) Order(outTradeNo string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(outTradeNo)
	if o == nil {
		return Order{}, fmt.Errorf("order %q does not exist", outTradeNo)
	}
	return s.snapshot(o), nil
}

// snapshot copies a settled order. s.mu is held.
func (s *Server) snapshot(o *order) Order {
	c := Order{
		OutTradeNo: o.no, Description: o.description, Attach: o.attach, DeviceID: o.device, SubMchID: o.subMchID,
		Total: o.total, PayerTotal: o.payerTotal, TradeState: o.state(), TransactionID: o.trade,
		CreatedAt: o.created, ExpiresAt: o.expires, PaidAt: o.paid, ClosedAt: o.closed, ClosedByAge: o.auto,
		CodeURL: o.code, Codes: o.codes, Bodies: len(o.bodies),
		Payer: o.payer, Stage: o.stage, PINUntil: o.pinUntil, FailedPays: o.attempts, RefusedScans: o.refused,
		Calls: s.calls.of(o.no).copy(),
	}
	for _, r := range o.refunds {
		switch r.status {
		case RefundSuccess:
			c.Refunded += r.amount
			if r.settled.After(c.RefundedAt) {
				c.RefundedAt = r.settled
			}
		case RefundProcessing, RefundAbnormal:
			c.Refunding += r.amount
		}
	}
	return c
}

// Refunds returns all refunds as they are now, in the order of their orders.
func (s *Server) Refunds() []Refund {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Refund, 0, len(s.refunds))
	for _, o := range s.sequence {
		s.settle(o)
		for _, r := range o.refunds {
			all = append(all, Refund{
				OutRefundNo: r.no, RefundID: r.id, OutTradeNo: o.no, Amount: r.amount, Status: r.status,
				Reason: r.reason, CreatedAt: r.created, SettledAt: r.settled, Requests: r.posts,
			})
		}
	}
	return all
}

// Calls returns how clients behaved towards an order, whether it exists or
// not. Queries for a refund that does not exist count under its own number.
func (s *Server) Calls(number string) CallStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.of(number).copy()
}

// Stats returns how clients behaved altogether.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.calls.total()
	for i, d := range s.domains {
		seen := d.snapshot()
		seen.Calls = s.calls.domains[i]
		t.Domains = append(t.Domains, seen)
	}
	return t
}
