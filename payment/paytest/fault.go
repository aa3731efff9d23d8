package paytest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Call is a kind of call that a client makes.
type Call string

const (
	CallCreate      Call = "create"
	CallQuery       Call = "query" // by either number
	CallClose       Call = "close"
	CallRefund      Call = "refund"
	CallQueryRefund Call = "refund-query"
	CallBill        Call = "bill"
	CallBillFile    Call = "bill-file" // its answer is not signed
	// CallCertificates is no part of a sale, and not in the list of Calls.
	CallCertificates Call = "certificates"
)

// Calls lists the kinds of call that a sale and its bill are made of.
func Calls() []Call {
	return []Call{CallCreate, CallQuery, CallClose, CallRefund, CallQueryRefund, CallBill, CallBillFile}
}

// FaultName says what goes wrong with a call.
type FaultName string

// Faults that take the answer's place. The call has no effect, or has its full
// effect with Fault.AfterEffect.
const (
	FaultNone        FaultName = ""             // only delays and payments
	FaultHTML502     FaultName = "html-502"     // a broken gateway
	FaultHTML503     FaultName = "html-503"     // an overloaded one
	FaultHTML200     FaultName = "html-200"     // a captive portal
	FaultEmpty200    FaultName = "empty-200"    // 200 without body or signature
	FaultHuge200     FaultName = "huge-200"     // 200 with 8 MiB of blanks
	FaultSilent      FaultName = "silent"       // no answer until the client goes
	FaultError       FaultName = "error"        // Fault.Status, Code and Message
	FaultRateLimited FaultName = "rate-limited" // 429
	FaultSignError   FaultName = "sign-error"   // 401
	FaultNoAuth      FaultName = "no-auth"      // 403
	FaultSystem      FaultName = "system-error" // 500
	FaultBank        FaultName = "bank-error"   // 500
	FaultNotFound    FaultName = "not-found"    // 404, perhaps a lie
	FaultPaid        FaultName = "paid"         // 400 ORDER_PAID, perhaps a lie
	FaultClosed      FaultName = "closed"       // 400 ORDER_CLOSED, perhaps a lie
	FaultPaying      FaultName = "paying"       // 202 USER_PAYING, signed
	FaultNotEnough   FaultName = "not-enough"   // 403
)

// Faults on the connection. Go's http.Transport repeats a GET by itself if a
// reused connection is reset: queue two to make one call fail.
const (
	FaultResetBefore FaultName = "reset-before" // reset, without effect
	FaultResetAfter  FaultName = "reset-after"  // reset, with effect
	FaultTruncated   FaultName = "truncated"    // half of the answer's body, with effect
)

// Faults in an answer that is otherwise right. The call has its effect. An
// error answer is sent as it is.
const (
	FaultMisSigned     FaultName = "mis-signed"     // a wrong signature, well formed
	FaultSignTest      FaultName = "sign-test"      // WECHATPAY/SIGNTEST/…
	FaultSignTestBad   FaultName = "sign-test-bad"  // the same, not decodable as base64
	FaultUnsigned      FaultName = "unsigned"       // 2xx without the four headers
	FaultUnknownSerial FaultName = "unknown-serial" // signed with a key that nobody knows
	// FaultOtherAlgorithm is well signed with the right key: with SHA-512, and
	// in API v2 with MD5 for HMAC-SHA256 and the reverse.
	FaultOtherAlgorithm FaultName = "other-algorithm"
	// In API v2, where nothing tells the time, these two move the Date header.
	FaultStale         FaultName = "stale"       // well signed, ten minutes ago
	FaultFuture        FaultName = "future"      // well signed, in ten minutes
	FaultReplay        FaultName = "replay"      // another order's latest success, as it was signed; wrong-number if there was none
	FaultWrongMchID    FaultName = "wrong-mchid" // this one and the next are well signed
	FaultWrongAppID    FaultName = "wrong-appid"
	FaultWrongNumber   FaultName = "wrong-number"
	FaultWrongAmount   FaultName = "wrong-amount"
	FaultWrongCurrency FaultName = "wrong-currency"
	FaultWrongState    FaultName = "wrong-state" // one that no document names
)

var instead = map[FaultName]func() *refusal{
	FaultRateLimited: func() *refusal { return tooFrequent("频率超限，请降低请求接口频率") },
	FaultSignError:   func() *refusal { return signError("错误的签名，验签失败", nil) },
	FaultNoAuth: func() *refusal {
		return &refusal{http.StatusForbidden, "NO_AUTH", "商户无权限", internalUnspecified, nil}
	},
	FaultSystem: func() *refusal {
		return &refusal{http.StatusInternalServerError, "SYSTEM_ERROR", "系统异常，请稍后重试", internalUnspecified, nil}
	},
	FaultBank: func() *refusal {
		return &refusal{http.StatusInternalServerError, "BANK_ERROR", "银行系统异常", internalUnspecified, nil}
	},
	FaultNotFound:  orderNotExist,
	FaultPaid:      func() *refusal { return orderPaid(http.StatusBadRequest) },
	FaultClosed:    orderClosed,
	FaultPaying:    userPaying,
	FaultNotEnough: notEnough,
}

var pages = map[FaultName]struct {
	status int
	body   string
}{
	FaultHTML502: {http.StatusBadGateway, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"},
	FaultHTML503: {http.StatusServiceUnavailable, "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>\r\n"},
	FaultHTML200: {http.StatusOK, "<!DOCTYPE html><html><head><title>Free WiFi</title></head><body><a href=\"/login\">Log in to go on</a></body></html>\n"},
}

// FaultNames lists every fault but FaultNone and those of bills alone.
func FaultNames() []FaultName {
	names := []FaultName{
		FaultHTML502, FaultHTML503, FaultHTML200, FaultEmpty200, FaultHuge200, FaultSilent, FaultError,
		FaultResetBefore, FaultResetAfter, FaultTruncated,
		FaultMisSigned, FaultSignTest, FaultSignTestBad, FaultUnsigned, FaultUnknownSerial, FaultOtherAlgorithm, FaultStale, FaultFuture, FaultReplay,
		FaultWrongMchID, FaultWrongAppID, FaultWrongNumber, FaultWrongAmount, FaultWrongCurrency, FaultWrongState,
	}
	for name := range instead {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Fault is what happens to one call.
type Fault struct {
	Name        FaultName
	Order       string        // only calls of this out_trade_no; empty for any
	Delay       time.Duration // from arrival to effect
	Hold        time.Duration // from effect to answer
	AfterEffect bool          // an error answer although the call has its effect
	// PayBefore and PayAfter name a customer who scans the order's code, if
	// need be, and pays right before or after the effect. What the phone says
	// is ignored.
	PayBefore, PayAfter string
	// Before and After are called right before and after the effect. They may
	// call the Server.
	Before, After func()
	// Status, Code and Message are FaultError's.
	Status        int
	Code, Message string
}

func (f Fault) check() error {
	if f.Name != FaultNone && !slices.Contains(FaultNames(), f.Name) && !slices.Contains(BillFaultNames(), f.Name) {
		return fmt.Errorf("fault %q does not exist", f.Name)
	}
	if f.Name == FaultError && (f.Status < 300 || f.Status > 599 || f.Code == "") {
		return errors.New("fault error needs a status from 300 to 599 and a code")
	}
	if f.Delay < 0 || f.Hold < 0 {
		return errors.New("a delay is negative")
	}
	return nil
}

// replaces: no part of the true answer is sent.
func (f Fault) replaces() bool {
	_, page := pages[f.Name]
	return page || instead[f.Name] != nil ||
		slices.Contains([]FaultName{FaultEmpty200, FaultHuge200, FaultSilent, FaultError, FaultResetBefore}, f.Name)
}

// refusal is the error answer that the fault makes of the true one.
func (f Fault) refusal(r *refusal) *refusal {
	if f.Name == FaultError {
		return &refusal{f.Status, f.Code, f.Message, internalUnspecified, nil}
	}
	if make := instead[f.Name]; make != nil {
		return make()
	}
	return r
}

// effect: the call is carried out.
func (f Fault) effect() bool {
	return !f.replaces() || f.AfterEffect && f.Name != FaultResetBefore
}

// Incoming is what a rule knows about a call.
type Incoming struct {
	Call       Call
	OutTradeNo string // "" if the call names no order, nor one that is known
	Nth        int    // this kind of call for this order, from 1
}

// Rule chooses a call's fault; ok false leaves it to the queue and to chance.
// It is called before the Authorization is verified, one call at a time, and
// may call the Server's other methods.
type Rule func(Incoming) (f Fault, ok bool)

type queued struct {
	call  Call
	fault Fault
}

type chance struct {
	call  Call
	name  FaultName
	share float64
}

// faults is the plan. Server.mu guards it.
type faults struct {
	rule    Rule
	queue   []queued
	chances []chance
}

// Queue plans faults for the next calls of a kind, one each, in order. A fault
// with an Order waits for a call of that order.
func (s *Server) Queue(call Call, plan ...Fault) error {
	if call != CallCertificates && !slices.Contains(Calls(), call) {
		return fmt.Errorf("call %q is none of %v", call, Calls())
	}
	for _, f := range plan {
		if err := f.check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range plan {
		s.faults.queue = append(s.faults.queue, queued{call, f})
	}
	return nil
}

// SetRule installs a rule, which is asked first; nil removes it.
func (s *Server) SetRule(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.rule = r
}

// SetChance lets a share of all calls of a kind fail, drawn from the seed; 0
// ends it. If several faults have chances for one kind, they are drawn in the
// order in which they were set.
func (s *Server) SetChance(call Call, name FaultName, share float64) error {
	if !slices.Contains(Calls(), call) {
		return fmt.Errorf("call %q is none of %v", call, Calls())
	}
	if !slices.Contains(FaultNames(), name) || name == FaultError {
		return fmt.Errorf("fault %q cannot come by chance", name)
	}
	if !(share >= 0 && share <= 1) {
		return fmt.Errorf("a share of %v is not between 0 and 1", share)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults.chances, func(c chance) bool { return c.call == call && c.name == name })
	switch {
	case i < 0 && share > 0:
		s.faults.chances = append(s.faults.chances, chance{call, name, share})
	case i >= 0 && share == 0:
		s.faults.chances = slices.Delete(s.faults.chances, i, i+1)
	case i >= 0:
		s.faults.chances[i].share = share
	}
	return nil
}

// ClearFaults forgets the rule, the queue and the chances.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{}
}

// Pending counts the queued faults that have not happened yet.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.faults.queue)
}
