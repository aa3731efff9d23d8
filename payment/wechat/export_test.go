package wechat

import (
	"crypto/rsa"
	"net/http"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

const (
	MaxAnswer  = link.MaxAnswer
	PingNumber = trade.PingNumber
)

// Verify checks an answer with one key.
func Verify(id string, key *rsa.PublicKey, h http.Header, body []byte, now time.Time) (time.Time, error) {
	return keyring{publicID: id, public: key}.verify(h, body, now)
}

// ReadTrade and ReadRefund parse a body as if its signature had been good.
func ReadTrade(body []byte, o sale.Order, appID, mchID string) (sale.Trade, error) {
	return readTrade(answer{body: body}, o, party{AppID: appID, MchID: mchID})
}

func ReadRefund(body []byte, o sale.Order) (sale.RefundReport, error) {
	return readRefund(answer{body: body}, o)
}

// Own asks whether a client takes an order's frozen bytes for that order's.
func (c *Client) Own(o sale.Order) error { return c.own(o) }

var (
	RequestMessage = requestMessage
	AnswerMessage  = answerMessage
)

// Open decrypts what came encrypted with an APIv3 key.
func Open(key, nonce, associated, ciphertext string) (string, error) {
	plain, err := sealed{aead, nonce, associated, ciphertext}.open(key)
	return string(plain), err
}

// Certificate is what a certificate answer holds.
type Certificate struct {
	Serial      string
	Key         *rsa.PublicKey
	From, Until time.Time
}

// OpenCertificates reads a certificate answer's body.
func OpenCertificates(body []byte, key string) ([]Certificate, error) {
	opened, err := openCertificates(body, key)
	var all []Certificate
	for _, c := range opened {
		all = append(all, Certificate{c.serial, c.key, c.from, c.until})
	}
	return all, err
}

// ReadKept takes kept certificates up, and returns their serials.
func ReadKept(data []byte, key string) (string, error) {
	ring, err := readKept(data, key, keyring{})
	if err != nil {
		return "", err
	}
	return serials(ring.certs), nil
}
