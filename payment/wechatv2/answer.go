package wechatv2

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

// readTrade takes a verified answer for what it says about this order, or
// refuses it. A state that is not listed is sale.TradeUnclear.
func readTrade(a answer, o sale.Order) (sale.Trade, error) {
	f := a.fields
	if err := same("out_trade_no", f["out_trade_no"], string(o.Number)); err != nil {
		return sale.Trade{}, err
	}
	found := sale.Trade{State: trade.State(f["trade_state"]), AsOf: a.at}
	switch found.State {
	case sale.TradePaid:
	case sale.TradeRefunded:
		// The documents promise nothing but the number in this state.
		if f["total_fee"] == "" && o.Product.Price > 0 {
			found.TransactionID, found.Total = f["transaction_id"], o.Product.Price
			return found, nil
		}
	default:
		return found, nil
	}
	price, err := priceOf(f, o)
	if err != nil {
		return sale.Trade{}, err
	}
	found.TransactionID, found.Total = f["transaction_id"], price
	at, err := time.ParseInLocation(timeForm, f["time_end"], trade.Beijing)
	switch {
	case err == nil:
		found.PaidAt = at
	case found.State == sale.TradePaid:
		return sale.Trade{}, fmt.Errorf("the answer's time_end %s is not a time", link.Quote(f["time_end"]))
	}
	if found.State == sale.TradePaid && found.TransactionID == "" {
		return sale.Trade{}, errors.New("the answer says paid and has no transaction_id")
	}
	return found, nil
}

// priceOf is what the order costs, and what the answer says too. An order that
// has lost its own price takes the answer's.
func priceOf(f fields, o sale.Order) (sale.Fen, error) {
	price := o.Product.Price
	if price == 0 && o.Restored {
		if n, err := strconv.ParseInt(f["total_fee"], 10, 64); err == nil && n > 0 {
			price = sale.Fen(n)
		}
	}
	return price, firstDifference(sameFen("total_fee", f, price), yuan("fee_type", f))
}

var refundStatuses = map[string]sale.RefundStatus{
	"PROCESSING":  sale.RefundProcessing,
	"SUCCESS":     sale.RefundSuccess,
	"CHANGE":      sale.RefundAbnormal,
	"REFUNDCLOSE": sale.RefundClosed,
}

// readRefund takes the answer to a refund call: it is accepted.
func readRefund(a answer, o sale.Order) (sale.RefundReport, error) {
	f := a.fields
	if err := firstDifference(
		ofOrder(f, o),
		same("out_refund_no", f["out_refund_no"], o.RefundNumber()),
		sameFen("refund_fee", f, o.Product.Price),
	); err != nil {
		return sale.RefundReport{}, err
	}
	if f["refund_id"] == "" {
		return sale.RefundReport{}, errors.New("the answer has no refund_id")
	}
	return sale.RefundReport{Status: sale.RefundProcessing, ID: f["refund_id"]}, nil
}

// readRefunds finds this order's one refund among those of an answer, whose
// fields are numbered from 0.
func readRefunds(a answer, o sale.Order) (sale.RefundReport, error) {
	f := a.fields
	if err := ofOrder(f, o); err != nil {
		return sale.RefundReport{}, err
	}
	mine := ""
	for n := 0; f["out_refund_no_"+strconv.Itoa(n)] != ""; n++ {
		if f["out_refund_no_"+strconv.Itoa(n)] != o.RefundNumber() {
			continue
		}
		if mine != "" {
			return sale.RefundReport{}, errors.New("the answer has the refund twice")
		}
		mine = "_" + strconv.Itoa(n)
	}
	if mine == "" {
		return sale.RefundReport{}, fmt.Errorf("the answer has no refund %s", o.RefundNumber())
	}
	if err := sameFen("refund_fee"+mine, f, o.Product.Price); err != nil {
		return sale.RefundReport{}, err
	}
	status, listed := refundStatuses[f["refund_status"+mine]]
	if !listed {
		return sale.RefundReport{}, fmt.Errorf("the answer's refund_status%s %s is not a listed one", mine, link.Quote(f["refund_status"+mine]))
	}
	return sale.RefundReport{Status: status, ID: f["refund_id"+mine]}, nil
}

// ofOrder holds an answer about refunds against the order and its payment.
func ofOrder(f fields, o sale.Order) error {
	transactionID := o.Payment.TransactionID
	if transactionID == "" {
		transactionID = f["transaction_id"]
	}
	return firstDifference(
		same("out_trade_no", f["out_trade_no"], string(o.Number)),
		trade.SameTransaction(f["transaction_id"], transactionID),
		sameFen("total_fee", f, o.Product.Price),
		yuan("fee_type", f),
		yuan("refund_fee_type", f),
	)
}

func same(field, got, want string) error {
	if got != want {
		return fmt.Errorf("the answer's %s is %s, the order's is %s", field, link.Quote(got), link.Quote(want))
	}
	return nil
}

func sameFen(field string, f fields, want sale.Fen) error {
	if f[field] == "" {
		return fmt.Errorf("the answer has no %s", field)
	}
	return same(field, f[field], fen(want))
}

// yuan: a currency may be left out.
func yuan(field string, f fields) error {
	if f[field] == "" {
		return nil
	}
	return same(field, f[field], trade.Currency)
}

func firstDifference(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
