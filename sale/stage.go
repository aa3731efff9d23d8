package sale

import "time"

// stage is what the customer in front of the machine sees. At most one order
// holds it; all others are in the background.
type stage struct {
	turn    int      // counts customers, so that a late answer finds nobody
	order   *tracked // holds the stage
	product Product
	slot    Slot      // the number that was pressed
	ahead   SceneKind // without an order: a notice, or SceneCreating while the board is asked
	code    Code
	renews  bool // the customer asked for a new code: it comes when the old one is closed

	kind    SceneKind // shown now
	began   time.Time
	beganAt time.Time // the same by the wall clock, to be shown
	pressed time.Time // last key
	idle    time.Time // since when nobody has been here

	fault   *Fault // why nothing is sold
	faultAt time.Time
	opened  bool // has been able to sell since the start
	note    *RefundNote
	noteOf  *tracked
	noteAt  time.Time
	shown   Scene
}

func (s *stage) holds(t *tracked) bool { return s.order == t }

// clear frees the stage without a trace.
func (s *stage) clear() {
	s.turn++
	s.order, s.ahead, s.code, s.product, s.slot, s.renews = nil, "", "", Product{}, 0, false
	s.idle = time.Now()
}

// leave frees the stage; a refund under way leaves a note on the idle screen.
func (s *stage) leave(now time.Time) {
	if t := s.order; t != nil && t.order.State == Refunding {
		s.note = &RefundNote{Amount: t.order.Product.Price, Number: t.order.Number, At: now}
		s.noteOf, s.noteAt = t, time.Now()
	}
	s.clear()
}

func (s *stage) prepare(p Product) {
	s.clear()
	s.product, s.slot, s.ahead = p, p.Slot, SceneCreating
}

func (s *stage) notice(kind SceneKind, p Product, code Code) {
	s.clear()
	s.product, s.slot, s.ahead, s.code = p, p.Slot, kind, code
}

func (s *stage) hold(t *tracked) {
	s.clear()
	s.order, s.product, s.slot = t, t.order.Product, t.order.Product.Slot
}

// takeUp shows what was in hand when the process ended, unless the money is
// already on its way back.
func (s *stage) takeUp(t *tracked) {
	switch t.order.State {
	case Closing, Paid, Unknown:
		if t.order.CodeURL != "" && !t.order.Restored {
			s.hold(t)
		}
	}
}

// yield is what a key press does to the stage.
type yield int

const (
	keeps     yield = iota // the order in hand ends first
	creates                // the code is on its way: only cancel ends that
	withdraws              // the code is taken down
	renewing               // a new code is on its way: only cancel ends that
	free                   // the stage is free
)

func (s *stage) yields() yield {
	if s.order == nil {
		if s.ahead == SceneCreating {
			return keeps
		}
		return free
	}
	switch s.order.order.State {
	case Created:
		return creates
	case Awaiting:
		return withdraws
	case Paid, Dispensing, Unknown:
		return keeps
	case Closing:
		if s.awaitsNew() && s.kind != SceneStillOpen {
			return renewing
		}
		switch s.order.order.Cause {
		case CauseCancelled, CauseReplaced, CauseCreateFailed:
		default:
			return keeps
		}
	}
	if time.Since(s.began) < timing[s.kind].min {
		return keeps
	}
	return free
}

// timing is how long a scene stays at least before a key ends it, and after
// how long it goes by itself (0: not by itself).
var timing = map[SceneKind]struct{ min, stay time.Duration }{
	SceneNoCode:         {0, 5 * time.Second},
	SceneConfirming:     {1200 * time.Millisecond, 0},
	SceneTimeUp:         {1200 * time.Millisecond, 0},
	SceneCancelling:     {1200 * time.Millisecond, 0},
	SceneNotPaid:        {time.Second, 5 * time.Second},
	SceneStillOpen:      {8 * time.Second, 30 * time.Second},
	SceneDispensing:     {1500 * time.Millisecond, 0},
	SceneTake:           {2 * time.Second, 8 * time.Second},
	SceneRefunding:      {8 * time.Second, 45 * time.Second},
	SceneRefundUnproved: {8 * time.Second, 45 * time.Second},
	SceneRefundLate:     {8 * time.Second, 45 * time.Second},
	SceneRefundPerson:   {10 * time.Second, time.Minute},
	SceneHeld:           {10 * time.Second, time.Minute},
	SceneRefunded:       {5 * time.Second, 20 * time.Second},
	SceneSoldOut:        {0, 4 * time.Second},
	SceneSlotClosed:     {0, 4 * time.Second},
	SceneNoSuchSlot:     {0, 4 * time.Second},
	SceneBusy:           {0, 4 * time.Second},
	SceneOffline:        {3 * time.Second, 5 * time.Second},
	SceneProviderDown:   {3 * time.Second, 5 * time.Second},
	SceneClock:          {3 * time.Second, 5 * time.Second},
	SceneOutOfService:   {3 * time.Second, 5 * time.Second},
	SceneNoRefunds:      {3 * time.Second, 5 * time.Second},
}

// confirmWithin bounds the wait of the scenes that ask about a payment.
const confirmWithin = 30 * time.Second

// wanted is the scene that the order in hand calls for.
func (s *stage) wanted() SceneKind {
	t := s.order
	if t == nil {
		return s.ahead
	}
	o := t.order
	switch o.State {
	case Created:
		return SceneCreating
	case Awaiting:
		return ScenePay
	case Closing:
		if s.awaitsNew() && time.Since(t.since) <= confirmWithin {
			return SceneCreating
		}
		return closingScene(o.Cause, time.Since(t.since))
	case Closed:
		if s.awaitsNew() {
			return SceneCreating
		}
		if o.Cause == CauseNeverCreated || o.CodeURL == "" {
			return SceneNoCode
		}
		return SceneNotPaid
	case Paid:
		if t.recovered && t.want != DoAwaitReady {
			return checkingAgain(time.Since(t.since)) // it may have to go back
		}
		return SceneDispensing
	case Dispensing:
		return SceneDispensing
	case Unknown:
		return SceneChecking
	case Dispensed:
		return SceneTake
	case Refunding:
		return refundScene(o)
	case Refunded:
		return SceneRefunded
	case Attention:
		if o.Cause == CauseNoProof {
			return SceneHeld
		}
		return SceneRefundPerson
	}
	return ""
}

func closingScene(c Cause, in time.Duration) SceneKind {
	switch {
	case c == CauseCreateFailed:
		return SceneNoCode
	case c == CauseRestart || in > confirmWithin:
		return checkingAgain(in)
	case c == CauseCancelled, c == CauseReplaced:
		return SceneCancelling
	case c == CauseNetwork:
		return SceneConfirming
	}
	return SceneTimeUp
}

// checkingAgain is what somebody sees who waits at a machine that has just
// started, or for longer than anybody should.
func checkingAgain(in time.Duration) SceneKind {
	if in <= confirmWithin {
		return SceneStarting
	}
	return SceneStillOpen
}

func refundScene(o Order) SceneKind {
	switch {
	case o.Doubted:
		return SceneRefundUnproved
	case o.Late:
		return SceneRefundLate
	}
	return SceneRefunding
}

func stockScene(s Stock) SceneKind {
	if s == OutOfStock {
		return SceneSoldOut
	}
	return SceneSlotClosed
}

func faultScene(f *Fault) SceneKind {
	switch f.Code {
	case CodeNetDown:
		return SceneOffline
	case CodePayProvider, CodePayVerify:
		return SceneProviderDown
	case CodeClock:
		return SceneClock
	case CodeUnsettled, CodeBoardRests:
		return SceneBusy
	case CodeService:
		return SceneService
	case CodeStoreDamaged:
		return SceneNoRefunds
	}
	return SceneOutOfService
}
