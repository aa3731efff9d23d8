package paytest

import "time"

// The trade states that the simulator knows. SUCCESS turns into REFUND as soon
// as a refund is requested, whatever becomes of it.
const (
	TradeNotPay     = "NOTPAY"
	TradeSuccess    = "SUCCESS"
	TradeClosed     = "CLOSED"
	TradeRefund     = "REFUND"
	TradeUserPaying = "USERPAYING" // with Behaviour.PINShowsPaying only
)

// What becomes of a refund.
const (
	RefundProcessing = "PROCESSING"
	RefundSuccess    = "SUCCESS"
	RefundAbnormal   = "ABNORMAL" // the payer's bank rejects it
	RefundClosed     = "CLOSED"   // no money moved
)

const (
	codeLife    = 2 * time.Hour        // of a code_url, whatever time_expire says
	expireLeast = time.Minute          // time_expire is raised to it
	expireMost  = 90 * 24 * time.Hour  // and cut to it
	orderLife   = 7 * 24 * time.Hour   // then an unpaid order is closed
	refundLife  = 365 * 24 * time.Hour // since the payment
	refundParts = 50                   // of one order
)

// order is one out_trade_no. Server.mu guards it. Whoever looks at an order
// calls settle first, so that whatever time has brought about is in it.
type order struct {
	no, description, attach, device string
	subMchID, subAppID              string // in partner mode
	total                           int64
	params                          string // of the create call, in canonical JSON
	bodies                          map[[32]byte]bool
	created, expires                time.Time // expires is zero without time_expire
	code                            string
	codeMade                        time.Time
	codes                           int

	paid, closed time.Time // zero until then
	auto         bool      // closed by the provider
	trade        string    // transaction_id
	payerTotal   int64

	payer    string // who scanned first
	stage    Stage  // what the payer's phone shows
	pinUntil time.Time
	attempts int // failed payments
	refused  int // scans by others

	refunds []*refund
}

type refund struct {
	no, id, reason   string
	order            *order
	amount           int64
	created, settled time.Time
	due              time.Time
	status, result   string
	posts            int
}

// settle carries out what time has brought about. s.mu is held.
func (s *Server) settle(o *order) {
	now := s.clock()
	if !o.pinUntil.IsZero() && !now.Before(o.pinUntil) {
		at := o.pinUntil
		o.pinUntil = time.Time{}
		if o.expired(at) && !s.behaviour.LateFinish {
			o.attempts++
			o.stage = StageFailed
		} else {
			s.pay(o, at)
		}
	}
	if end := o.created.Add(orderLife); o.open() && !now.Before(end) {
		o.closed, o.auto, o.pinUntil = end, true, time.Time{}
	}
	for _, r := range o.refunds {
		if r.status == RefundProcessing && !now.Before(r.due) {
			r.status, r.settled = r.result, r.due
			if r.status == RefundClosed && s.funds != Unlimited {
				s.funds += r.amount
			}
		}
	}
}

// pay takes the money. s.mu is held.
func (s *Server) pay(o *order, at time.Time) {
	o.paid, o.stage, o.pinUntil = at, StagePaid, time.Time{}
	o.trade = "4200000" + s.token("0123456789", 21)
	o.payerTotal = max(0, o.total-s.behaviour.Coupon)
	s.byTrade[o.trade] = o
	if s.funds != Unlimited {
		s.funds += o.total
	}
}

// newCode replaces the order's code_url. The old one stays known, so that a
// phone can say what is wrong with it. s.mu is held.
func (s *Server) newCode(o *order) string {
	code := "weixin://wxpay/bizpayurl?pr=" + s.token(base62, 9)
	if s.rand.IntN(4) == 0 {
		code = "weixin://wxpay/bizpayurl/up?pr=" + s.token(base62, 11) + "&groupid=00"
	}
	o.code, o.codeMade = code, s.clock()
	o.codes++
	s.codes[code] = o
	return code
}

func (o *order) open() bool { return o.paid.IsZero() && o.closed.IsZero() }

func (o *order) expired(at time.Time) bool { return !o.expires.IsZero() && at.After(o.expires) }

func (o *order) state() string {
	switch {
	case len(o.refunds) > 0:
		return TradeRefund
	case !o.paid.IsZero():
		return TradeSuccess
	case !o.closed.IsZero():
		return TradeClosed
	}
	return TradeNotPay
}

// refunded is what can not be refunded again: all that did not end CLOSED.
func (o *order) refunded() (fen int64) {
	for _, r := range o.refunds {
		if r.status != RefundClosed {
			fen += r.amount
		}
	}
	return fen
}

// find returns the settled order or nil. s.mu is held.
func (s *Server) find(no string) *order {
	o := s.orders[no]
	if o != nil {
		s.settle(o)
	}
	return o
}
