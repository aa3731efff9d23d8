package paytest

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"time"
)

// create answers POST …/transactions/native. s.mu is held.
func (s *Server) create(q *request) (map[string]any, *refusal) {
	m, r := decodeStrict(q.body, s.table(prepayFields, partnerPrepayFields))
	if r == nil {
		r = s.checkParty(m)
	}
	if r != nil {
		return nil, r
	}
	code, r := s.place(m, canonical(m), q.body)
	return map[string]any{"code_url": code}, r
}

// place opens the order of a checked body, or enters it again, and returns its
// new code. bytes are what a repeat must not change. s.mu is held.
func (s *Server) place(m map[string]any, params string, bytes []byte) (string, *refusal) {
	o := s.find(m["out_trade_no"].(string))
	if o == nil {
		o = s.newOrder(m, params)
	} else if r := s.reenter(o, params); r != nil {
		return "", r
	}
	o.bodies[sha256.Sum256(bytes)] = true
	return s.newCode(o), nil
}

// reenter says why a repeated create call is refused, or nil. s.mu is held.
func (s *Server) reenter(o *order, params string) *refusal {
	switch {
	case !o.paid.IsZero():
		return orderPaid(http.StatusForbidden)
	case !o.closed.IsZero() || o.expired(s.clock()):
		return orderClosed()
	case o.params != params && s.behaviour.OtherParamsTaken:
		return &refusal{http.StatusForbidden, "OUT_TRADE_NO_USED", "商户订单号重复", internalReentry, nil}
	case o.params != params:
		return invalidRequest("201 商户订单号重复：请求重入时，参数与首次请求时不一致", internalReentry)
	}
	return nil
}

// newOrder opens an order from a checked body. s.mu is held.
func (s *Server) newOrder(m map[string]any, params string) *order {
	now := s.clock()
	o := &order{
		no:          m["out_trade_no"].(string),
		description: m["description"].(string),
		total:       number(m, "amount", "total"),
		params:      params,
		bodies:      map[[32]byte]bool{},
		created:     now,
	}
	o.attach, _ = m["attach"].(string)
	o.subMchID, _ = m["sub_mchid"].(string)
	o.subAppID, _ = m["sub_appid"].(string)
	if scene, ok := m["scene_info"].(map[string]any); ok {
		o.device, _ = scene["device_id"].(string)
	}
	if t, ok := m["time_expire"].(string); ok {
		expire, _ := time.Parse(time.RFC3339, t) // checked by the table
		// The client's deadline is by the provider's clock; the books keep the
		// world's, with its monotonic reading.
		life := min(max(expire.Sub(s.wire()), expireLeast), expireMost)
		o.expires = now.Add(life)
	}
	s.orders[o.no] = o
	s.sequence = append(s.sequence, o)
	return o
}

// number reads an integer that the table has checked.
func number(m map[string]any, path ...string) int64 {
	for _, p := range path[:len(path)-1] {
		m = m[p].(map[string]any)
	}
	n, _ := m[path[len(path)-1]].(json.Number).Int64()
	return n
}

// canonical makes equal parameters equal text, however they were written.
func canonical(m map[string]any) string {
	b, err := json.Marshal(m) // sorts the names
	if err != nil {
		panic("a decoded object cannot be encoded: " + err.Error())
	}
	return string(b)
}
