package wechat

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"kioskd/sale"
)

// The fields stand in the order of the provider's documentation. Absent ones
// are left out: the provider takes a null and then refuses the scan.

type orderBody struct {
	AppID       string     `json:"appid"`
	MchID       string     `json:"mchid"`
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

type closeBody struct {
	MchID string `json:"mchid"`
}

type refundBody struct {
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

const currency = "CNY"

var numberShape = regexp.MustCompile(`^[0-9A-Za-z_-]{6,32}$`)

// beijing is fixed, because devices often lack a time zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// Prepare freezes the create call's body: the same order and time give the
// same bytes. It refuses, with sale.ErrRefused, a number or a price that the
// provider would refuse.
func (c *Client) Prepare(o sale.Order, expire time.Time) ([]byte, error) {
	switch {
	case !numberShape.MatchString(string(o.Number)):
		return nil, fmt.Errorf("prepare order: %w: the number %s is not 6 to 32 of 0-9 A-Z a-z _ -", sale.ErrRefused, quote(string(o.Number)))
	case o.Number == pingNumber:
		return nil, fmt.Errorf("prepare order: %w: the number %s is reserved for Ping", sale.ErrRefused, pingNumber)
	case o.Product.Price < 1:
		return nil, fmt.Errorf("prepare order %s: %w: the price is %s yuan", o.Number, sale.ErrRefused, o.Product.Price)
	}
	body := orderBody{
		AppID:       c.settings.AppID,
		MchID:       c.settings.MchID,
		Description: description(o.Product),
		OutTradeNo:  string(o.Number),
		TimeExpire:  expire.In(beijing).Format("2006-01-02T15:04:05-07:00"),
		Attach:      attach(c.device, o.Product.Slot),
		NotifyURL:   c.settings.NotifyURL,
		Amount:      orderTotal{o.Product.Price, currency},
	}
	if c.settings.PayerClientIP != "" {
		body.SceneInfo = &sceneInfo{c.settings.PayerClientIP, c.device}
	}
	return encode(body)
}

// attach comes back with the bill and in the merchant portal: at most 127
// bytes, and a device id is at most 32.
func attach(device string, slot sale.Slot) string {
	if device == "" {
		return "slot=" + slot.String()
	}
	return "machine=" + device + ",slot=" + slot.String()
}

// description is the product's name as the provider takes it: at most 127
// characters, none above three bytes of UTF-8, no stray spaces.
func description(p sale.Product) string {
	name := strings.Map(func(r rune) rune {
		variation := r >= 0xFE00 && r <= 0xFE0F // what an emoji leaves behind
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r > 0xFFFF, r == unicode.ReplacementChar, variation, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, p.Name)
	name = strings.Join(strings.Fields(name), " ")
	if r := []rune(name); len(r) > 127 {
		name = strings.TrimSpace(string(r[:127]))
	}
	return cmp.Or(name, "商品 "+p.Slot.String())
}

// refundRequest depends on the order alone, so that a repeat is the same.
func refundRequest(o sale.Order) ([]byte, error) {
	body := refundBody{
		TransactionID: o.Payment.TransactionID,
		OutRefundNo:   o.Number.Refund(),
		Reason:        reason(o),
		Amount:        refundTotal{o.Product.Price, o.Product.Price, currency},
	}
	if body.TransactionID == "" {
		body.OutTradeNo = string(o.Number)
	}
	return encode(body)
}

// reason is shown to the customer: at most 80 characters.
func reason(o sale.Order) string {
	switch o.Cause {
	case sale.CauseLate:
		return "订单已超时，款项退回"
	case sale.CauseNotReady:
		return "售货机暂时无法出货，款项退回"
	case sale.CauseNotDropped:
		return "商品未能出货，款项退回"
	case sale.CauseNoProof:
		return "无法确认商品是否出货，款项退回"
	case sale.CausePerson:
		return "客服处理，款项退回"
	}
	return "订单退款"
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
