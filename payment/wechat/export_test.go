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

var RequestMessage = requestMessage

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
