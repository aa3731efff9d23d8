package wechatv2

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

// timeForm is how API v2 writes a moment, in Beijing time.
const timeForm = "20060102150405"

// Prepare freezes the create call's parameters: all but nonce_str and sign,
// which are new for each attempt. The same order and time give the same bytes.
// It refuses, with sale.ErrRefused, a number or a price that the provider would
// refuse.
func (c *Client) Prepare(o sale.Order, expire time.Time) ([]byte, error) {
	if err := trade.Check(o); err != nil {
		return nil, err
	}
	f := c.named(c.own())
	f["device_info"] = c.device
	f["body"] = strings.ReplaceAll(trade.Description(o.Product), "]]>", "]] >") // the end of a CDATA section
	f["attach"] = trade.Attach(c.device, o.Product.Slot)
	f["out_trade_no"] = string(o.Number)
	f["fee_type"] = trade.Currency
	f["total_fee"] = fen(o.Product.Price)
	f["spbill_create_ip"] = c.settings.PayerClientIP
	f["time_expire"] = expire.In(trade.Beijing).Format(timeForm)
	f["notify_url"] = c.settings.NotifyURL
	f["trade_type"] = "NATIVE"
	f["product_id"] = o.Product.Slot.String()
	return f.encode(), nil
}

// named begins the fields of a request in a merchant's name.
func (c *Client) named(by issuer) fields {
	return fields{"appid": by.appID, "mch_id": by.mchID, "sign_type": c.settings.SignType}
}

func (c *Client) refundFields(by issuer, o sale.Order) fields {
	f := c.named(by)
	f["out_refund_no"] = o.RefundNumber()
	f["total_fee"], f["refund_fee"] = fen(o.Product.Price), fen(o.Product.Price)
	f["refund_fee_type"] = trade.Currency
	f["refund_desc"] = trade.Reason(o)
	if id := o.Payment.TransactionID; id != "" {
		f["transaction_id"] = id
	} else {
		f["out_trade_no"] = string(o.Number)
	}
	return f
}

func fen(f sale.Fen) string { return strconv.FormatInt(int64(f), 10) }

// issuer is the merchant for which an order was made.
type issuer struct{ appID, mchID string }

func (c *Client) own() issuer { return issuer{c.settings.AppID, c.settings.MchID} }

// issued takes the order's own word, because the appid in the settings may
// have changed since. An order of another merchant, or of another driver, is
// not asked about: "not found" would be true and mean nothing.
func (c *Client) issued(o sale.Order) (issuer, error) {
	if len(o.Request) == 0 {
		return c.own(), nil
	}
	f, err := decode(o.Request)
	if err != nil || f["mch_id"] == "" {
		return issuer{}, trade.OtherDriver()
	}
	if f["mch_id"] != c.settings.MchID {
		return issuer{}, trade.OtherMerchant("merchant " + link.Quote(f["mch_id"]))
	}
	return issuer{f["appid"], f["mch_id"]}, nil
}

// frozen returns what Prepare has frozen for exactly this order.
func (c *Client) frozen(o sale.Order) (fields, error) {
	f, err := decode(o.Request)
	if err != nil {
		return nil, trade.OtherDriver()
	}
	a := algorithm(f["sign_type"])
	if f["out_trade_no"] != string(o.Number) || f["mch_id"] != c.settings.MchID || f["total_fee"] != fen(o.Product.Price) ||
		a != algMD5 && a != algHMAC {
		return nil, fmt.Errorf("%w: the frozen request is for another order, merchant or price", sale.ErrRefused)
	}
	return f, nil
}
