package forgetest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// v2 is API v2 with one of its algorithms.
type v2 struct{ algorithm string }

const (
	hmacSHA256 = "HMAC-SHA256"
	plainMD5   = "MD5"
)

// speechOf is how the provider speaks in a mode.
func speechOf(m desk.Mode) speech {
	switch m {
	case desk.V2:
		return v2{hmacSHA256}
	case desk.V2MD5:
		return v2{plainMD5}
	}
	return v3{m}
}

func (v2) names(p part) []string {
	return map[part][]string{
		merchant: {"mch_id"}, app: {"appid"}, order: {"out_trade_no", "out_refund_no", "out_refund_no_0"}, total: {"total_fee", "refund_fee", "refund_fee_0"},
		currency: {"fee_type"}, transaction: {"transaction_id"}, paidAt: {"time_end"},
	}[p]
}

func (v2) says(call paytest.Call, state string, p part) bool {
	refund := call == paytest.CallRefund || call == paytest.CallQueryRefund
	switch p {
	case merchant, app:
		return true
	case subMerchant:
		return false
	case order:
		return call == paytest.CallQuery || refund
	case transaction:
		return refund || call == paytest.CallQuery && state == "SUCCESS"
	case paidAt:
		return call == paytest.CallQuery && state == "SUCCESS"
	}
	return refund || call == paytest.CallQuery && state != "CLOSED"
}

func (s v2) fresh(f *forger, status int, says fields) message {
	m := f.w.Provider.Merchant()
	all := fields{
		"return_code": "SUCCESS", "return_msg": "OK", "result_code": "SUCCESS", "appid": m.AppID, "mch_id": m.MchID, "nonce_str": "0123456789abcdef",
	}
	maps.Copy(all, says)
	date := http.Header{"Date": {f.w.Now().UTC().Format(http.TimeFormat)}}
	return message{status: status, says: all, header: date, seal: seal{secret: m.APIKey, algorithm: s.algorithm}}
}

func (s v2) lie(f *forger, call paytest.Call, number, state string) (status int, says fields) {
	price := f.total(number)
	trade, _ := f.w.Provider.Order(number)
	switch call {
	case paytest.CallQuery:
		says = fields{"out_trade_no": number, "trade_state": state, "trade_state_desc": state}
		if state == "CLOSED" {
			break
		}
		maps.Copy(says, fields{
			"openid": "nobody", "is_subscribe": "N", "trade_type": "NATIVE", "bank_type": "OTHERS", "total_fee": price, "fee_type": "CNY", "cash_fee": price,
			"transaction_id": "4200000000000000000000000000", "time_end": f.w.Now().In(time.FixedZone("", 8*60*60)).Format("20060102150405"),
		})
	case paytest.CallRefund:
		says = fields{
			"transaction_id": trade.TransactionID, "out_trade_no": number, "out_refund_no": number + "R", "refund_id": "50300000000000000000000000001",
			"refund_fee": price, "total_fee": price, "fee_type": "CNY", "cash_fee": price,
		}
	case paytest.CallQueryRefund:
		says = fields{
			"transaction_id": trade.TransactionID, "out_trade_no": number, "refund_count": 1, "total_fee": price, "fee_type": "CNY", "cash_fee": price,
			"out_refund_no_0": number + "R", "refund_id_0": "50300000000000000000000000001", "refund_fee_0": price, "refund_channel_0": "ORIGINAL",
			"refund_status_0": map[string]string{"SUCCESS": "SUCCESS", "CLOSED": "REFUNDCLOSE", "ABNORMAL": "CHANGE"}[state],
		}
	case paytest.CallCreate:
		says = fields{"trade_type": "NATIVE", "prepay_id": "wx0", "code_url": "weixin://wxpay/bizpayurl?pr=" + state}
	default:
		says = fields{"result_msg": "OK"}
	}
	return http.StatusOK, says
}

// API v2 writes most codes without an underscore.
func (s v2) refusal(f *forger, code string) message {
	m := s.fresh(f, http.StatusOK, fields{"result_code": "FAIL", "err_code": strings.ReplaceAll(code, "_", ""), "err_code_des": "forged"})
	m.bare = true
	return m
}

func (s v2) twice(body []byte, p part, value string, behind bool) []byte {
	name := s.names(p)[0]
	return beside(body, "<"+name+">"+value+"</"+name+">", behind)
}

// beside puts something before or behind all fields.
func beside(body []byte, text string, behind bool) []byte {
	if behind {
		return bytes.Replace(body, []byte("</xml>"), []byte(text+"</xml>"), 1)
	}
	return bytes.Replace(body, []byte("<xml>"), []byte("<xml>"+text), 1)
}

func (v2) paid(body []byte) bool {
	return bytes.Contains(body, []byte("<trade_state><![CDATA[SUCCESS]]>"))
}

func (v2) write(m message) answer {
	a := answer{status: m.status, header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}}}
	says := maps.Clone(m.says)
	if !m.bare {
		about := m.signed
		if about == nil {
			about = says
		}
		says["sign"] = signV2(about, m.secret, m.algorithm)
		if m.sign != nil {
			says["sign"] = m.sign(says["sign"].(string))
		}
	}
	var b strings.Builder
	b.WriteString("<xml>")
	for _, name := range slices.Sorted(maps.Keys(says)) {
		fmt.Fprintf(&b, "<%s><![CDATA[%v]]></%[1]s>\n", name, says[name])
	}
	b.WriteString("</xml>")
	a.body = []byte(b.String())
	if m.text != nil {
		a.body = m.text(a.body)
	}
	return m.finish(a)
}

func signV2(says fields, secret, algorithm string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(says)) {
		if value := fmt.Sprint(says[name]); name != "sign" && value != "" {
			text.WriteString(name + "=" + value + "&")
		}
	}
	var h hash.Hash = md5.New()
	if algorithm == hmacSHA256 {
		h = hmac.New(sha256.New, []byte(secret))
	}
	h.Write([]byte(text.String() + "key=" + secret))
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}
