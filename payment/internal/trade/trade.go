// Package trade is what an order says to the provider, whichever version of
// its interface carries it.
package trade

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"kioskd/payment/internal/link"
	"kioskd/sale"
)

// Currency of every order.
const Currency = "CNY"

// PingNumber is never given to an order.
const PingNumber sale.Number = "kioskd-ping-no-such-order"

// Beijing is fixed, because devices often lack a time zone database.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

var numberShape = regexp.MustCompile(`^[0-9A-Za-z_-]{6,32}$`)

// Check refuses, with sale.ErrRefused, an order that the provider would refuse
// for its number or its price.
func Check(o sale.Order) error {
	switch {
	case !numberShape.MatchString(string(o.Number)):
		return fmt.Errorf("prepare order: %w: the number %s is not 6 to 32 of 0-9 A-Z a-z _ -", sale.ErrRefused, link.Quote(string(o.Number)))
	case o.Number == PingNumber:
		return fmt.Errorf("prepare order: %w: the number %s is reserved for Ping", sale.ErrRefused, PingNumber)
	case o.Product.Price < 1:
		return fmt.Errorf("prepare order %s: %w: the price is %s yuan", o.Number, sale.ErrRefused, o.Product.Price)
	}
	return nil
}

// DeviceShape is what the provider takes as the name of a machine.
var DeviceShape = regexp.MustCompile(`^[0-9A-Za-z_-]{0,32}$`)

// Attach comes back with the bill and in the merchant portal: at most 127
// bytes, and a device id is at most 32.
func Attach(device string, slot sale.Slot) string {
	if device == "" {
		return "slot=" + slot.String()
	}
	return "machine=" + device + ",slot=" + slot.String()
}

// Description is the product's name as the provider takes it: at most 127
// characters, none above three bytes of UTF-8, no stray spaces.
func Description(p sale.Product) string {
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

// Reason of a refund is shown to the customer: at most 80 characters. It
// depends on the order alone, so that a repeat is the same.
func Reason(o sale.Order) string {
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
