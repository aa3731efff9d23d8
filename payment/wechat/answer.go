package wechat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

// transaction is the part of a query's answer that is used. The payer's openid
// and everything else are not even read.
type transaction struct {
	party
	OutTradeNo    string `json:"out_trade_no"`
	TransactionID string `json:"transaction_id"`
	TradeState    string `json:"trade_state"`
	SuccessTime   string `json:"success_time"`
	Amount        struct {
		Total    *sale.Fen `json:"total"`
		Currency string    `json:"currency"`
	} `json:"amount"`
}

// readTrade takes a verified answer for what it says about this order, or
// refuses it. A state that is not listed is sale.TradeUnclear.
func readTrade(a answer, o sale.Order, by party) (sale.Trade, error) {
	var t transaction
	if err := decode(a.body, &t); err != nil {
		return sale.Trade{}, err
	}
	if err := firstDifference(
		t.party.is(by),
		same("out_trade_no", t.OutTradeNo, string(o.Number)),
	); err != nil {
		return sale.Trade{}, err
	}
	found := sale.Trade{State: trade.State(t.TradeState), AsOf: a.at}
	if found.State != sale.TradePaid && found.State != sale.TradeRefunded {
		return found, nil
	}
	price := o.Product.Price
	if price == 0 && o.Restored && t.Amount.Total != nil && *t.Amount.Total > 0 {
		price = *t.Amount.Total // its own was lost
	}
	if err := firstDifference(
		sameFen("amount.total", t.Amount.Total, price),
		same("amount.currency", t.Amount.Currency, trade.Currency),
	); err != nil {
		return sale.Trade{}, err
	}
	found.TransactionID, found.Total = t.TransactionID, price
	at, err := time.Parse(time.RFC3339, t.SuccessTime)
	switch {
	case err == nil:
		found.PaidAt = at
	case found.State == sale.TradePaid:
		return sale.Trade{}, fmt.Errorf("the answer's success_time %s is not a time", link.Quote(t.SuccessTime))
	}
	if found.State == sale.TradePaid && t.TransactionID == "" {
		return sale.Trade{}, errors.New("the answer says paid and has no transaction_id")
	}
	return found, nil
}

// refund is the part of a refund's answer that is used.
type refund struct {
	RefundID      string `json:"refund_id"`
	OutRefundNo   string `json:"out_refund_no"`
	TransactionID string `json:"transaction_id"`
	OutTradeNo    string `json:"out_trade_no"`
	Status        string `json:"status"`
	Amount        struct {
		Total    *sale.Fen `json:"total"`
		Refund   *sale.Fen `json:"refund"`
		Currency string    `json:"currency"`
	} `json:"amount"`
}

var refundStatuses = map[string]sale.RefundStatus{
	"PROCESSING": sale.RefundProcessing,
	"SUCCESS":    sale.RefundSuccess,
	"ABNORMAL":   sale.RefundAbnormal,
	"CLOSED":     sale.RefundClosed,
}

// readRefund takes a verified answer for what it says about this order's
// refund, or refuses it.
func readRefund(a answer, o sale.Order) (sale.RefundReport, error) {
	var r refund
	if err := decode(a.body, &r); err != nil {
		return sale.RefundReport{}, err
	}
	transactionID := o.Payment.TransactionID
	if transactionID == "" {
		transactionID = r.TransactionID
	}
	if err := firstDifference(
		same("out_refund_no", r.OutRefundNo, o.RefundNumber()),
		same("out_trade_no", r.OutTradeNo, string(o.Number)),
		trade.SameTransaction(r.TransactionID, transactionID),
		sameFen("amount.total", r.Amount.Total, o.Product.Price),
		sameFen("amount.refund", r.Amount.Refund, o.Product.Price),
		same("amount.currency", r.Amount.Currency, trade.Currency),
	); err != nil {
		return sale.RefundReport{}, err
	}
	status, listed := refundStatuses[r.Status]
	if !listed {
		return sale.RefundReport{}, fmt.Errorf("the answer's status %s is not a listed one", link.Quote(r.Status))
	}
	return sale.RefundReport{Status: status, ID: r.RefundID}, nil
}

func same(field, got, want string) error {
	if got != want {
		return fmt.Errorf("the answer's %s is %s, the order's is %s", field, link.Quote(got), link.Quote(want))
	}
	return nil
}

func sameFen(field string, got *sale.Fen, want sale.Fen) error {
	switch {
	case got == nil:
		return fmt.Errorf("the answer has no %s", field)
	case *got != want:
		return fmt.Errorf("the answer's %s is %d fen, the order's is %d fen", field, *got, want)
	}
	return nil
}

func firstDifference(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// decode reads one JSON object with nothing behind it and no key twice, at any
// depth. The standard decoder matches keys in any case, so that "Total" is a
// second "total".
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return errors.New("the answer is not the JSON it should be")
	}
	return uniqueKeys(body)
}

// uniqueKeys expects valid JSON.
func uniqueKeys(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	type level struct {
		keys  map[string]bool // nil in an array
		value bool            // a value is due, not a key
	}
	var levels []level
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.New("the answer is not the JSON it should be")
		}
		if t == json.Delim('}') || t == json.Delim(']') {
			levels = levels[:len(levels)-1]
			continue
		}
		if n := len(levels); n > 0 && levels[n-1].keys != nil {
			top := &levels[n-1]
			if top.value = !top.value; top.value {
				key, _ := t.(string)
				folded := strings.ToLower(strings.ToUpper(key)) // as the decoder folds: ſ is an s
				if top.keys[folded] {
					return fmt.Errorf("the answer has the key %s twice", link.Quote(key))
				}
				top.keys[folded] = true
				continue
			}
		}
		switch t {
		case json.Delim('{'):
			levels = append(levels, level{keys: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}
