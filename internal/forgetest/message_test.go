package forgetest_test

import (
	"bytes"
	"crypto/rsa"
	"io"
	"net/http"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// fields is what an answer says, by the path of each field: "amount.total".
type fields = map[string]any

// part is something that an answer says, whatever its fields are called.
type part string

const (
	merchant    part = "merchant"
	subMerchant part = "sub-merchant"
	app         part = "appid"
	order       part = "order" // and the refund's number
	total       part = "total" // and the refund's amount
	currency    part = "currency"
	transaction part = "transaction"
	paidAt      part = "time of payment"
)

// speech is how one interface of the provider says things and proves them.
// Which of the modes it is in decides about names and keys.
type speech interface {
	// names are the fields that say a part.
	names(part) []string
	// says reports whether a client must hold the part of such an answer
	// against the order.
	says(paytest.Call, string, part) bool
	// fresh is an answer that would be believed, if it were the truth.
	fresh(f *forger, status int, says fields) message
	// lie is what somebody wants to be believed about an order.
	lie(f *forger, call paytest.Call, number, state string) (status int, says fields)
	// refusal is an error of the provider's, proved by nothing.
	refusal(f *forger, code string) message
	// twice writes a part a second time, with another value, before or behind
	// all else in a body.
	twice(body []byte, p part, value string, behind bool) []byte
	// paid recognises the answer that an order is paid.
	paid(body []byte) bool
	// write puts an answer into the form in which it is sent, with its proof.
	write(m message) answer
}

// message is an answer before it is written.
type message struct {
	status int
	says   fields                   // nil: nothing
	text   func(body []byte) []byte // changes what is written: in API v3 before it is signed, in v2 behind it
	header http.Header              // besides what proves it; a nil value takes one away
	bare   bool                     // nothing proves it
	ready  *answer                  // in the place of all that
	stamp                           // the proof of API v3
	seal                            // ... and that of v2
}

// stamp is what proves an answer in API v3.
type stamp struct {
	timestamp, nonce, serial string
	signature                string // "" signs with key
	key                      *rsa.PrivateKey
}

// seal is what proves an answer in API v2.
type seal struct {
	secret, algorithm string
	signed            fields // what the signature is about; nil: what is said
	sign              func(string) string
}

// answer is one as it is sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) response() *http.Response {
	return &http.Response{StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body))}
}

func (m message) finish(a answer) answer {
	for k, v := range m.header {
		if v == nil {
			a.header.Del(k)
			continue
		}
		a.header[k] = v
	}
	return a
}

func (f *forger) write(m message) answer {
	if m.ready != nil {
		return *m.ready
	}
	return f.speech.write(m)
}

// forger stands between the machine and the provider.
type forger struct {
	w      *desk.World
	mode   desk.Mode
	speech speech
	keys   desk.Keys
	stolen *rsa.PrivateKey // a key that is not the provider's
	weak   *rsa.PrivateKey // the same, with 1024 bits
	certs  certificates
	old    map[paytest.Call]answer // really proved, about another order
	own    map[paytest.Call]answer // ... about this one, from before
	// replayed is the other order's number.
	replayed string
}

// change gives a part that the answer says another value; nil takes it away.
func (f *forger) change(m message, p part, to func(old any) any) message {
	for _, name := range f.speech.names(p) {
		old, said := m.says[name]
		if !said {
			continue
		}
		if m.says[name] = to(old); m.says[name] == nil {
			delete(m.says, name)
		}
	}
	return m
}

func (f *forger) total(number string) int64 {
	for _, o := range orders(f.w) {
		if string(o.Number) == number {
			return int64(o.Product.Price)
		}
	}
	return 0
}
