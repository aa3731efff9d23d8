package paytest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signTest begins a signature that is wrong on purpose: the provider sends
// such answers to see whether clients verify.
const signTest = "WECHATPAY/SIGNTEST/"

// signed is a body with the headers that prove it.
type signed struct {
	no                                  string // of the order
	timestamp, nonce, serial, signature string
	body                                []byte
}

func (a signed) headers(h http.Header) {
	h.Set("Wechatpay-Timestamp", a.timestamp)
	h.Set("Wechatpay-Nonce", a.nonce)
	h.Set("Wechatpay-Serial", a.serial)
	h.Set("Wechatpay-Signature", a.signature)
	h.Set("Wechatpay-Signature-Type", scheme)
}

// sign proves a body with the key that the request asked for, or fails to, as
// the fault or the share of SIGNTEST answers wants.
func (s *Server) sign(q *request, fault FaultName, body []byte) signed {
	s.mu.Lock()
	key := s.keys.choose(q.http.Header.Get("Wechatpay-Serial"))
	at := s.wire()
	a := signed{no: q.no, nonce: s.token(base62, 32), serial: key.id, body: body}
	if fault == FaultNone && s.rand.Float64() < s.behaviour.SignTest {
		fault = FaultSignTest
		if s.rand.IntN(2) == 0 {
			fault = FaultSignTestBad
		}
		s.calls.fault(q.no, fault)
	}
	if fault == FaultUnknownSerial {
		a.serial = s.newKeyID()
	}
	s.mu.Unlock()

	switch fault {
	case FaultStale:
		at = at.Add(-10 * time.Minute)
	case FaultFuture:
		at = at.Add(10 * time.Minute)
	}
	a.timestamp = strconv.FormatInt(at.Unix(), 10)
	message := strings.Join([]string{a.timestamp, a.nonce, string(body), ""}, "\n")
	if fault == FaultMisSigned {
		message = "another body\n" + message
	}
	kind, digest := crypto.SHA256, sha256.Sum256([]byte(message))
	sum := digest[:]
	if fault == FaultOtherAlgorithm {
		other := sha512.Sum512([]byte(message))
		kind, sum = crypto.SHA512, other[:]
	}
	raw, err := rsa.SignPKCS1v15(rand.Reader, key.private, kind, sum)
	if err != nil {
		panic("a checked RSA key cannot sign: " + err.Error())
	}
	a.signature = base64.StdEncoding.EncodeToString(raw)
	switch fault {
	case FaultSignTest:
		a.signature = signTest + a.signature[len(signTest):]
	case FaultSignTestBad:
		a.signature = signTest + a.signature // the length is no multiple of four
	}
	return a
}

// remember keeps a success answer for FaultReplay, of two orders at most.
func (s *Server) remember(q *request, fields map[string]any, a signed) {
	if fields == nil || strings.HasPrefix(a.signature, signTest) ||
		q.call == CallQuery && fields["trade_state"] != TradeSuccess {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(s.replays[q.call]), func(o signed) bool { return o.no == a.no })
	s.replays[q.call] = append(kept[max(0, len(kept)-1):], a)
}

// earlier finds the latest success answer about another order.
func (s *Server) earlier(q *request) (signed, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range slices.Backward(s.replays[q.call]) {
		if a.no != q.no {
			return a, true
		}
	}
	return signed{}, false
}
