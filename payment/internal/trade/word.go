package trade

import (
	"errors"
	"fmt"

	"kioskd/sale"
)

// State is a trade_state. One that is not listed is sale.TradeUnclear.
func State(said string) sale.TradeState { return states[said] }

var states = map[string]sale.TradeState{
	"SUCCESS":    sale.TradePaid,
	"NOTPAY":     sale.TradeUnpaid,
	"CLOSED":     sale.TradeClosed,
	"REFUND":     sale.TradeRefunded,
	"USERPAYING": sale.TradePaying,
	"ACCEPT":     sale.TradePaying,
	"PAYERROR":   sale.TradeUnpaid,
	"REVOKED":    sale.TradeUnpaid,
}

// Pinged is what the end of a query for [PingNumber] proves: "not found" is all
// that a ping wants, and any refusal but a temporary one is the merchant's.
func Pinged(err error) error {
	switch {
	case errors.Is(err, sale.ErrNotFound):
		return nil
	case err == nil, errors.Is(err, sale.ErrMerchant), errors.Is(err, sale.ErrTemporary):
		return err
	}
	return &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "WeChat Pay refuses a plain query",
		Hint: "check mchid and the merchant's permissions in the merchant portal",
		Err:  fmt.Errorf("%w: %w", sale.ErrMerchant, err),
	}
}
