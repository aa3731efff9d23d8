package paytest

import "time"

// Spelling is how error codes are written. Two spellings of many codes are in
// the provider's documents and in use.
type Spelling string

const (
	SpellingUnderscore Spelling = "underscore" // ORDER_PAID, RATE_LIMITED
	SpellingPlain      Spelling = "plain"      // ORDERPAID, FREQUENCY_LIMITED
	SpellingMixed      Spelling = "mixed"      // drawn for each answer
)

// Unlimited is a merchant balance that never runs out.
const Unlimited int64 = -1

// Behaviour is what the provider does where the documents leave it open, vary
// with the merchant, or speak of chance. Change it with [Server.Behave].
type Behaviour struct {
	Latency time.Duration // the least round trip
	Skew    time.Duration // how far the provider's clock is ahead, on the wire

	Spelling   Spelling
	SignTest   float64 // share of 2xx answers that carry a SIGNTEST signature
	SignErrors float64 // share of error answers that are signed

	CreateLag        time.Duration // a new order is not found by queries for so long
	CloseAge         time.Duration // a younger order is not closed; documents of old: 5 min
	CloseAgainFails  bool          // closing a closed order: 400 ORDER_CLOSED, not 204
	OtherParamsTaken bool          // a create call that differs: 403 OUT_TRADE_NO_USED, not 400

	PINShowsPaying bool  // queries say USERPAYING during PIN entry, not NOTPAY
	LateFinish     bool  // who has scanned in time may pay after time_expire
	Coupon         int64 // fen that a coupon takes off what the payer pays

	RefundDelay   time.Duration // until a refund leaves PROCESSING
	RefundResult  string        // what it becomes: SUCCESS, ABNORMAL or CLOSED
	RefundLag     time.Duration // after a payment, refunds by out_trade_no are 404 for so long
	RefundSpacing time.Duration // between different refunds of one order
	RefundFailing int           // failing refund calls a second before 429; 0 for no limit
}

// DefaultBehaviour is the provider as the documents of today describe it.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		Spelling:      SpellingUnderscore,
		RefundDelay:   2 * time.Second,
		RefundResult:  RefundSuccess,
		RefundSpacing: time.Minute,
		RefundFailing: 6,
	}
}

// Behaviour returns the behaviour in force.
func (s *Server) Behaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

// Behave changes the behaviour from the next call on. change must not call
// the Server. A refund's delay and result are fixed when it is requested.
func (s *Server) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// SetFunds sets what refunds can be paid from, in fen; payments add to it. A
// refund of more is answered with 403 NOT_ENOUGH.
func (s *Server) SetFunds(fen int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.funds = fen
}
