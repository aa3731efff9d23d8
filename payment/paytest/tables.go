package paytest

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// The request tables of the documents ("Native prepay", "close", "refund"; as
// of 2025). Lengths inside store_info and goods_detail are unverified.

var (
	tradeNumber  = regexp.MustCompile(`^[0-9A-Za-z_\-|*]{6,32}$`)
	refundNumber = regexp.MustCompile(`^[0-9A-Za-z_\-|*@]{1,64}$`)
)

func matches(r *regexp.Regexp, issue string) func(string) string {
	return func(s string) string {
		if r.MatchString(s) {
			return ""
		}
		return issue
	}
}

var (
	checkTradeNumber  = matches(tradeNumber, "not 6 to 32 characters of 0-9 A-Z a-z _ - | *")
	checkRefundNumber = matches(refundNumber, "not 1 to 64 characters of 0-9 A-Z a-z _ - | * @")
)

func goods(extra ...field) []field {
	return append([]field{
		{name: "merchant_goods_id", kind: text, required: true, min: 1, max: 32},
		{name: "wechatpay_goods_id", kind: text, min: 1, max: 32},
		{name: "goods_name", kind: text, min: 1, max: 256},
		{name: "unit_price", kind: integer, required: true, min: 0},
	}, extra...)
}

var prepayFields = []field{
	{name: "appid", kind: text, required: true, min: 1, max: 32},
	{name: "mchid", kind: text, required: true, min: 1, max: 32},
	{name: "description", kind: text, required: true, min: 1, max: 127},
	{name: "out_trade_no", kind: text, required: true, check: checkTradeNumber},
	{name: "time_expire", kind: text, min: 1, max: 64, check: checkTime},
	{name: "attach", kind: text, max: 128},
	{name: "notify_url", kind: text, required: true, min: 1, max: 255, check: checkNotifyURL},
	{name: "goods_tag", kind: text, max: 32},
	{name: "support_fapiao", kind: boolean},
	{name: "limit_pay", kind: list, max: 32},
	{name: "amount", kind: object, required: true, fields: []field{
		{name: "total", kind: integer, required: true, min: 1},
		{name: "currency", kind: text, max: 16, check: checkCurrency},
	}},
	{name: "detail", kind: object, fields: []field{
		{name: "cost_price", kind: integer},
		{name: "invoice_id", kind: text, max: 32},
		{name: "goods_detail", kind: list, fields: goods(field{name: "quantity", kind: integer, required: true, min: 1})},
	}},
	{name: "scene_info", kind: object, fields: []field{
		{name: "payer_client_ip", kind: text, required: true, max: 45, check: checkIP},
		{name: "device_id", kind: text, max: 32},
		{name: "store_info", kind: object, fields: []field{
			{name: "id", kind: text, required: true, min: 1, max: 32},
			{name: "name", kind: text, max: 256},
			{name: "area_code", kind: text, max: 32},
			{name: "address", kind: text, max: 512},
		}},
	}},
	{name: "settle_info", kind: object, fields: []field{{name: "profit_sharing", kind: boolean}}},
}

var closeFields = []field{{name: "mchid", kind: text, required: true, min: 1, max: 32}}

var refundFields = []field{
	{name: "transaction_id", kind: text, min: 1, max: 32},
	{name: "out_trade_no", kind: text, check: checkTradeNumber},
	{name: "out_refund_no", kind: text, required: true, check: checkRefundNumber},
	{name: "reason", kind: text, max: 80},
	{name: "notify_url", kind: text, min: 1, max: 256, check: checkNotifyURL},
	{name: "funds_account", kind: text, check: oneOf("AVAILABLE")},
	{name: "amount", kind: object, required: true, fields: []field{
		{name: "refund", kind: integer, required: true, min: 1},
		{name: "total", kind: integer, required: true, min: 1},
		{name: "currency", kind: text, required: true, max: 16, check: checkCurrency},
		{name: "from", kind: list, fields: []field{
			{name: "account", kind: text, required: true, check: oneOf("AVAILABLE", "UNAVAILABLE")},
			{name: "amount", kind: integer, required: true, min: 1},
		}},
	}},
	{name: "goods_detail", kind: list, fields: goods(
		field{name: "refund_amount", kind: integer, required: true, min: 0},
		field{name: "refund_quantity", kind: integer, required: true, min: 1})},
}

func oneOf(values ...string) func(string) string {
	return func(s string) string {
		for _, v := range values {
			if s == v {
				return ""
			}
		}
		return "none of " + strings.Join(values, ", ")
	}
}

func checkCurrency(s string) string {
	if s != "CNY" {
		return "Currency code is invalid"
	}
	return ""
}

func checkTime(s string) string {
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return "not RFC 3339 with an offset, such as 2026-11-23T20:10:00+08:00"
	}
	return ""
}

func checkIP(s string) string {
	if net.ParseIP(s) == nil {
		return "not an IPv4 or IPv6 address"
	}
	return ""
}

// checkNotifyURL looks at the form alone, as the provider does: whether
// anybody listens is never asked.
func checkNotifyURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "not a URL"
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	switch {
	case u.Scheme != "https":
		return "must begin with https://"
	case strings.ContainsAny(s, "?#"):
		return "must not have a query string or fragment"
	case u.User != nil:
		return "must not have a user name"
	case ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()):
		return "the address is not public"
	case ip == nil && (!strings.Contains(strings.Trim(host, "."), ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".localhost")):
		return "the host is not public"
	}
	return ""
}
