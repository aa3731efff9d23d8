package wechat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

// The fields stand in the order of the provider's documentation. Absent ones
// are left out: the provider takes a null and then refuses the scan.

type orderBody struct {
	party
	Description string     `json:"description"`
	OutTradeNo  string     `json:"out_trade_no"`
	TimeExpire  string     `json:"time_expire"`
	Attach      string     `json:"attach"`
	NotifyURL   string     `json:"notify_url"`
	Amount      orderTotal `json:"amount"`
	SceneInfo   *sceneInfo `json:"scene_info,omitempty"`
}

type orderTotal struct {
	Total    sale.Fen `json:"total"`
	Currency string   `json:"currency"`
}

type sceneInfo struct {
	PayerClientIP string `json:"payer_client_ip"`
	DeviceID      string `json:"device_id,omitempty"`
}

type refundBody struct {
	SubMchID      string      `json:"sub_mchid,omitempty"`
	TransactionID string      `json:"transaction_id,omitempty"`
	OutTradeNo    string      `json:"out_trade_no,omitempty"`
	OutRefundNo   string      `json:"out_refund_no"`
	Reason        string      `json:"reason"`
	Amount        refundTotal `json:"amount"`
}

type refundTotal struct {
	Refund   sale.Fen `json:"refund"`
	Total    sale.Fen `json:"total"`
	Currency string   `json:"currency"`
}

// Prepare freezes the create call's body: the same order and time give the
// same bytes. It refuses, with sale.ErrRefused, a number or a price that the
// provider would refuse.
func (c *Client) Prepare(o sale.Order, expire time.Time) ([]byte, error) {
	if err := trade.Check(o); err != nil {
		return nil, err
	}
	body := orderBody{
		party:       c.party,
		Description: trade.Description(o.Product),
		OutTradeNo:  string(o.Number),
		TimeExpire:  expire.In(trade.Beijing).Format("2006-01-02T15:04:05-07:00"),
		Attach:      trade.Attach(c.device, o.Product.Slot),
		NotifyURL:   c.settings.NotifyURL,
		Amount:      orderTotal{o.Product.Price, trade.Currency},
	}
	if c.settings.PayerClientIP != "" {
		body.SceneInfo = &sceneInfo{c.settings.PayerClientIP, c.device}
	}
	return encode(body)
}

// refundRequest depends on the order and its merchant alone, so that a repeat
// is the same.
func refundRequest(o sale.Order, subMchID string) ([]byte, error) {
	body := refundBody{
		SubMchID:      subMchID,
		TransactionID: o.Payment.TransactionID,
		OutRefundNo:   o.RefundNumber(),
		Reason:        trade.Reason(o),
		Amount:        refundTotal{o.Product.Price, o.Product.Price, trade.Currency},
	}
	if body.TransactionID == "" {
		body.OutTradeNo = string(o.Number)
	}
	return encode(body)
}

// encode writes JSON without HTML escapes and without a line feed.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
