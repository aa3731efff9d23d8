package paytest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// Stage is what the payer's phone shows of an order.
type Stage string

const (
	StageScanned   Stage = "scanned"   // the checkout page
	StagePIN       Stage = "pin"       // the PIN is being entered
	StagePaid      Stage = "paid"      // the result page
	StageFailed    Stage = "failed"    // no money, wrong PIN, refused by the bank
	StageAbandoned Stage = "abandoned" // the customer has left the page
)

// PhoneOrder is the checkout page that a scan opens.
type PhoneOrder struct {
	User        string `json:"user"`
	OutTradeNo  string `json:"out_trade_no"`
	Description string `json:"description"`
	Total       int64  `json:"total"` // fen
	Stage       Stage  `json:"stage"`
}

// PhoneError is what the customer's phone says instead. Reason is for
// programs; Shown is in the manner of WeChat, not its exact words.
type PhoneError struct {
	Reason string `json:"reason"`
	Shown  string `json:"shown"`
}

func (e *PhoneError) Error() string { return e.Reason + ": " + e.Shown }

// What a phone may say.
var (
	ErrNotACode     = &PhoneError{"not-a-code", "无法识别该二维码"}
	ErrCodeReplaced = &PhoneError{"code-replaced", "二维码已失效，请扫描最新的二维码"}
	ErrCodeExpired  = &PhoneError{"code-expired", "二维码已过期，请重新下单"}
	ErrOtherUser    = &PhoneError{"other-user", "订单信息有误，请重新下单"}
	ErrOrderClosed  = &PhoneError{"order-closed", "该订单已关闭，请重新下单"}
	ErrOrderExpired = &PhoneError{"order-expired", "该订单已超过支付期限，请重新下单"}
	ErrOrderPaid    = &PhoneError{"order-paid", "该订单已支付"}
	ErrNotScanned   = &PhoneError{"not-scanned", "请先扫描二维码"}
	ErrEnteringPIN  = &PhoneError{"entering-pin", "支付处理中，请勿重复操作"}
	ErrSystemBusy   = &PhoneError{"system-busy", "系统繁忙，请稍后再试"}
)

// Scan is a user who points the camera at a code. The first user binds the
// order; the same user may scan again. An error is a *PhoneError.
func (s *Server) Scan(codeURL, user string) (PhoneOrder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.codes[codeURL]
	if user == "" {
		return PhoneOrder{}, ErrSystemBusy
	}
	if o == nil {
		return PhoneOrder{}, ErrNotACode
	}
	s.settle(o)
	switch {
	case !o.closed.IsZero():
		return PhoneOrder{}, ErrOrderClosed
	case o.payer != "" && o.payer != user:
		o.refused++
		return PhoneOrder{}, ErrOtherUser
	case !o.paid.IsZero():
		return PhoneOrder{}, ErrOrderPaid
	case o.code != codeURL:
		return PhoneOrder{}, ErrCodeReplaced
	case o.expired(s.clock()):
		return PhoneOrder{}, ErrOrderExpired
	case s.clock().Sub(o.codeMade) >= codeLife:
		return PhoneOrder{}, ErrCodeExpired
	}
	o.payer = user
	if o.stage != StagePIN {
		o.stage = StageScanned
	}
	return o.phone(), nil
}

func (o *order) phone() PhoneOrder {
	return PhoneOrder{User: o.payer, OutTradeNo: o.no, Description: o.description, Total: o.total, Stage: o.stage}
}

// Pay pays at once what the user has scanned. During PIN entry it ends the
// entry. An error is a *PhoneError.
func (s *Server) Pay(user, outTradeNo string) error {
	return s.touch(user, outTradeNo, func(o *order) { s.pay(o, s.clock()) })
}

// FailPayment is a payment that fails: no money, a wrong PIN, a bank that
// refuses. The order stays NOTPAY and the user may try again.
func (s *Server) FailPayment(user, outTradeNo string) error {
	return s.touch(user, outTradeNo, func(o *order) {
		o.attempts++
		o.stage, o.pinUntil = StageFailed, time.Time{}
	})
}

// EnterPIN is a user who pays slowly: the order is paid after d, and close
// calls are answered with 202 until then.
func (s *Server) EnterPIN(user, outTradeNo string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("enter the PIN for %s: %v is not a positive time", outTradeNo, d)
	}
	var busy error
	err := s.touch(user, outTradeNo, func(o *order) {
		if !o.pinUntil.IsZero() {
			busy = ErrEnteringPIN
			return
		}
		o.stage, o.pinUntil = StagePIN, s.clock().Add(d)
	})
	if err != nil {
		return err
	}
	return busy
}

// Abandon is a user who leaves the checkout page, during PIN entry too. The
// order stays bound to the user and NOTPAY.
func (s *Server) Abandon(user, outTradeNo string) error {
	return s.touch(user, outTradeNo, func(o *order) { o.stage, o.pinUntil = StageAbandoned, time.Time{} })
}

// touch does something on the checkout page of an order that can be paid.
func (s *Server) touch(user, outTradeNo string, do func(*order)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(outTradeNo)
	switch {
	case o == nil || o.payer == "":
		return ErrNotScanned
	case o.payer != user:
		return ErrOtherUser
	case !o.paid.IsZero():
		return ErrOrderPaid
	case !o.closed.IsZero():
		return ErrOrderClosed
	case o.expired(s.clock()) && !s.behaviour.LateFinish:
		return ErrOrderExpired
	}
	do(o)
	return nil
}

// openID is the user's name for one appid.
func openID(appID, user string) string {
	sum := sha256.Sum256([]byte(appID + "\n" + user))
	return "oUpF8" + base64.RawURLEncoding.EncodeToString(sum[:])[:23]
}
