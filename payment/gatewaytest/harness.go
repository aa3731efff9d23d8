// Package gatewaytest is what every sale.Gateway must do, as a test suite: a
// gateway is right when [Run] passes against a provider, simulated or real,
// that its test can drive through a [Harness].
//
// The suite holds what the core relies on: bytes that repeat, evidence only
// from verified answers, lost answers that leave nothing undecided for ever,
// one refund for each order, and errors that say what to try next.
package gatewaytest

import (
	"testing"

	"kioskd/sale"
)

// Harness is one provider with one merchant and gateways to it. The suite
// makes a new one for each test. A method that cannot do its work ends the
// test.
type Harness interface {
	// Gateway is a gateway with the right settings and one base URL.
	Gateway() sale.Gateway
	// Stranger is a gateway whose merchant key the provider does not know.
	Stranger() sale.Gateway

	// Scan has a customer scan the code and open the PIN pad. While it is
	// open, Close is refused with sale.ErrPaying.
	Scan(t testing.TB, codeURL string)
	// Pay has the customer pay; without a Scan before, it scans too.
	Pay(t testing.TB, codeURL string)
	// RefundsBecome makes refunds that are requested from now on stay in
	// processing for a moment and then become status.
	RefundsBecome(t testing.TB, status sale.RefundStatus)
	// SetFunds sets the merchant's balance. At the start it is unlimited.
	SetFunds(t testing.TB, f sale.Fen)
	// Break damages everything the provider does from now on; None mends it.
	Break(t testing.TB, d Damage)
}

// Damage is something between gateway and provider that does not work.
type Damage string

const (
	None         Damage = ""
	RequestLost  Damage = "request lost"     // the connection breaks before the effect
	AnswerLost   Damage = "answer lost"      // the connection breaks after the effect
	AnswerCut    Damage = "answer cut short" // after the effect
	Unsigned     Damage = "answer unsigned"  // a good answer without its signature
	BadSignature Damage = "bad signature"    // a good answer with a wrong signature
	Fault        Damage = "provider's fault" // HTTP 5xx without effect
	Foreign      Damage = "foreign answer"   // a well signed answer about another order or refund
	LoginPage    Damage = "login page"       // HTTP 200 from something else, without effect
)

// damages that leave the effect done. Foreign is apart: only answers that name
// an order can name another.
var afterEffect = []Damage{AnswerLost, AnswerCut, Unsigned, BadSignature}

// damages that prevent the effect.
var beforeEffect = []Damage{RequestLost, Fault, LoginPage}
