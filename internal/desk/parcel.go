package desk

import (
	"bytes"
	"net/http"
	"strings"

	"kioskd/payment/paytest"
)

// parcel reads from a request what it is about.
func parcel(r *http.Request, body []byte) Parcel {
	p := Parcel{Host: r.URL.Host}
	const orders, refunds = "/v3/pay/transactions/out-trade-no/", "/v3/refund/domestic/refunds"
	path := strings.Replace(r.URL.Path, "/v3/pay/partner/", "/v3/pay/", 1)
	if call, ok := v2Calls[path]; ok {
		return v2Parcel(p, call, body)
	}
	switch rest, named := strings.CutPrefix(path, orders); {
	case named && strings.HasSuffix(rest, "/close"):
		p.Call, p.Number = paytest.CallClose, strings.TrimSuffix(rest, "/close")
	case named && rest == "kioskd-ping-no-such-order":
		p.Call = CallPing
	case named:
		p.Call, p.Number = paytest.CallQuery, rest
	case strings.HasPrefix(path, refunds+"/"):
		p.Call, p.Number = paytest.CallQueryRefund, strings.TrimSuffix(path[len(refunds)+1:], "R")
	case path == "/v3/certificates":
		p.Call = paytest.CallCertificates
	case path == refunds:
		p.Call, p.Number = paytest.CallRefund, strings.TrimSuffix(quoted(body, "out_refund_no"), "R")
	default:
		p.Call, p.Number = paytest.CallCreate, quoted(body, "out_trade_no")
	}
	return p
}

// v2Calls are the paths of API v2.
var v2Calls = map[string]paytest.Call{
	"/pay/unifiedorder": paytest.CallCreate, "/pay/orderquery": paytest.CallQuery, "/pay/closeorder": paytest.CallClose,
	"/secapi/pay/refund": paytest.CallRefund, "/pay/refundquery": paytest.CallQueryRefund,
}

// v2Parcel finds the order's number in the XML that kioskd writes.
func v2Parcel(p Parcel, call paytest.Call, body []byte) Parcel {
	value := func(name string) string {
		_, rest, _ := bytes.Cut(body, []byte("<"+name+"><![CDATA["))
		text, _, _ := bytes.Cut(rest, []byte("]]>"))
		return string(text)
	}
	p.Call, p.Number = call, value("out_trade_no")
	if p.Number == "" {
		p.Number = strings.TrimSuffix(value("out_refund_no"), "R")
	}
	if p.Number == "kioskd-ping-no-such-order" {
		p.Call, p.Number = CallPing, ""
	}
	return p
}

// quoted finds "key":"value" in compact JSON.
func quoted(body []byte, key string) string {
	_, rest, _ := bytes.Cut(body, []byte(`"`+key+`":"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}
