package sale

import (
	"reflect"
	"slices"
	"time"

	"kioskd/sale/service"
)

// present brings the screen up to date. The panel hears only of changes.
func (m *Machine) present() {
	s := &m.stage
	m.refreshNote()
	kind := s.wanted()
	if m.session != nil && s.order == nil {
		kind = SceneService
	}
	if kind != "" && kind == s.kind {
		if stay := timing[kind].stay; stay > 0 && time.Since(s.began) >= stay {
			s.leave(m.o.Clock.Now())
			kind = ""
		}
	}
	if kind == "" {
		kind = m.between()
	}
	if kind != s.kind && !m.lingers(kind) {
		s.kind, s.began, s.beganAt = kind, time.Now(), m.o.Clock.Now()
	}
	scene := m.scene()
	if reflect.DeepEqual(scene, s.shown) {
		return
	}
	s.shown = scene
	m.o.Panel.Show(scene)
}

// lingers reports whether the scene shown now must stay a little longer so
// that it can be read. What a customer waits for is never held back.
func (m *Machine) lingers(next SceneKind) bool {
	s := &m.stage
	shown := time.Since(s.began)
	switch s.kind {
	case SceneRefunding, SceneRefundUnproved, SceneRefundLate:
		return next == SceneRefunded && shown < refundSeen
	}
	if shown >= timing[s.kind].min {
		return false
	}
	switch s.kind {
	case SceneConfirming, SceneTimeUp, SceneCancelling:
		return next == SceneNotPaid && s.order != nil
	case SceneDispensing:
		return s.order != nil
	case SceneOffline, SceneProviderDown, SceneClock, SceneOutOfService, SceneNoRefunds:
		return next == SceneIdle
	}
	return false
}

// refundSeen is how long the news of a refund stands before the news of its
// success may follow.
const refundSeen = 3 * time.Second

// unsettledWithin is how long an order may keep the machine busy before the
// screen gives up asking for patience.
const unsettledWithin = 3 * time.Minute

// between is the scene while nobody is at the machine.
func (m *Machine) between() SceneKind {
	s := &m.stage
	f := m.gate(wordForScreen)
	if f == nil {
		s.fault, s.opened = nil, true
		return SceneIdle
	}
	if s.fault == nil || faultScene(s.fault) != faultScene(f) {
		s.faultAt = time.Now()
		if s.fault == nil {
			m.log.Warn("not selling", "error", f)
		}
	}
	s.fault = f
	lasts := time.Since(s.faultAt)
	switch {
	case f.Code == CodeUnsettled && lasts >= unsettledWithin:
		return SceneOutOfService // somebody must look at that order
	case f.Code != CodeUnsettled && lasts >= 2*time.Second:
		return faultScene(f)
	case !s.opened:
		return SceneStarting
	case f.Code == CodeUnsettled:
		return SceneBusy
	}
	return SceneIdle
}

func (m *Machine) refreshNote() {
	s := &m.stage
	if s.note == nil {
		return
	}
	if time.Since(s.noteAt) > 10*time.Minute || s.noteOf.order.State == Attention {
		s.note, s.noteOf = nil, nil
		return
	}
	if s.noteOf.order.State == Refunded && !s.note.Done {
		done := *s.note
		done.Done = true
		s.note = &done
	}
}

// scene fills in the facts of the kind that is shown.
func (m *Machine) scene() Scene {
	s := &m.stage
	sc := Scene{Kind: s.kind, Product: s.product, Slot: s.slot, At: m.o.Clock.Now().Truncate(time.Minute)}
	if s.order != nil {
		sc.At = s.beganAt.Truncate(time.Minute) // a customer may take a photo of it
	}
	if s.order != nil && s.kind != SceneCreating { // for the customer it began with the key
		o := s.order.order
		sc.Number, sc.Amount = o.Number, o.Product.Price
	}
	in := time.Since(s.began)
	switch s.kind {
	case SceneCreating, SceneDispensing, SceneStarting, SceneBusy, SceneStillOpen:
		sc.Beat = int(in/time.Second) % 3
	case ScenePay:
		sc.CodeURL = s.order.order.CodeURL
		sc.Left, sc.Window = left(m.o.PayWithin, in)
	case SceneConfirming, SceneTimeUp, SceneCancelling:
		sc.Left, sc.Window = left(confirmWithin, in)
	case SceneChecking:
		sc.Left, sc.Window = left(silentWithin, in)
	case SceneSoldOut:
		sc.SameIn = m.sameIn(s.product)
	case SceneIdle:
		sc.Product, sc.Slot = Product{}, 0
		sc.Offers, sc.Note, sc.Page = m.offers(), s.note, m.page()
	case SceneService:
		sc.Product, sc.Slot, sc.Desk = Product{}, 0, m.desk()
		if sc.Desk.Page == service.Facts {
			sc.Rows = m.session.facts
		}
	case SceneOffline, SceneProviderDown, SceneClock, SceneOutOfService, SceneNoRefunds:
		sc.Code = s.code
		if s.ahead == "" && s.fault != nil {
			sc.Code = s.fault.Code
		}
	}
	return sc
}

// left is the countdown of a window in whole seconds, rounded up so that it
// ends with the window.
func left(window, in time.Duration) (time.Duration, time.Duration) {
	return max(0, (window - in + time.Second - 1).Truncate(time.Second)), window
}

func (m *Machine) offers() []Offer {
	offers := make([]Offer, 0, len(m.o.Products))
	for _, p := range m.o.Products {
		offers = append(offers, Offer{Product: p, Stock: m.groupStock(p.Slot)})
	}
	slices.SortFunc(offers, func(a, b Offer) int { return int(a.Product.Slot - b.Product.Slot) })
	return offers
}

// groupStock is in stock if any slot with the product is, else what is wrong
// with the main one.
func (m *Machine) groupStock(main Slot) Stock {
	for _, s := range m.group(main) {
		if m.stockOf(s) == InStock {
			return InStock
		}
	}
	return m.stockOf(main)
}

func (m *Machine) sameIn(p Product) Slot {
	for _, q := range m.o.Products {
		if q.Name == p.Name && q.Slot != p.Slot && m.groupStock(q.Slot) == InStock {
			return q.Slot
		}
	}
	return 0
}

const (
	pageStays  = 8 * time.Second
	pageWaits  = 20 * time.Second // after a key
	pagesAtAll = 5040             // divisible by any number of pages that a screen needs
)

func (m *Machine) page() int {
	s := &m.stage
	from := s.began
	if k := s.pressed.Add(pageWaits); !s.pressed.IsZero() && k.After(from) {
		from = k
	}
	return int(max(0, time.Since(from))/pageStays) % pagesAtAll
}
