package forgetest_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// v3 is API v3 in one of its modes.
type v3 struct{ mode desk.Mode }

func (s v3) names(p part) []string {
	direct := map[part][]string{
		merchant: {"mchid"}, app: {"appid"}, order: {"out_trade_no", "out_refund_no"}, total: {"amount.total", "amount.refund"},
		currency: {"amount.currency"}, transaction: {"transaction_id"}, paidAt: {"success_time"},
	}
	if s.mode == desk.Partner {
		direct[merchant], direct[subMerchant], direct[app] = []string{"sp_mchid"}, []string{"sub_mchid"}, []string{"sp_appid"}
	}
	return direct[p]
}

func (s v3) says(call paytest.Call, state string, p part) bool {
	refund := call == paytest.CallRefund || call == paytest.CallQueryRefund
	switch p {
	case merchant, app:
		return call == paytest.CallQuery
	case subMerchant:
		return call == paytest.CallQuery && s.mode == desk.Partner
	case order:
		return call == paytest.CallQuery || refund
	case transaction:
		return refund || call == paytest.CallQuery && state == "SUCCESS"
	case paidAt:
		return call == paytest.CallQuery && state == "SUCCESS"
	}
	// The amount of an order that is closed is in no answer.
	return refund || call == paytest.CallQuery && state != "CLOSED"
}

func (s v3) fresh(f *forger, status int, says fields) message {
	m := f.w.Provider.Merchant()
	proof := stamp{serial: m.PublicKeyID, key: f.keys.Provider}
	if s.mode == desk.Certificates {
		proof = stamp{serial: m.CertificateSerial, key: f.keys.Certificates[0]}
	}
	proof.timestamp, proof.nonce = strconv.FormatInt(f.w.Now().Unix(), 10), "0123456789abcdef0123456789abcdef"
	return message{status: status, says: says, stamp: proof}
}

func (s v3) lie(f *forger, call paytest.Call, number, state string) (status int, says fields) {
	m := f.w.Provider.Merchant()
	price := f.total(number)
	at := f.w.Now().Format(time.RFC3339)
	switch call {
	case paytest.CallQuery:
		says = fields{
			"appid": m.AppID, "mchid": m.MchID, "out_trade_no": number, "trade_state": state, "trade_state_desc": state, "trade_type": "NATIVE",
			"transaction_id": "4200000000000000000000000000", "success_time": at, "payer.openid": "nobody",
		}
		if s.mode == desk.Partner {
			delete(says, "appid")
			delete(says, "mchid")
			says["sp_appid"], says["sp_mchid"], says["sub_appid"], says["sub_mchid"] = m.AppID, m.MchID, m.SubAppID, m.SubMchID
		}
	case paytest.CallRefund, paytest.CallQueryRefund:
		trade, _ := f.w.Provider.Order(number)
		says = fields{
			"refund_id": "50300000000000000000000000001", "out_refund_no": number + "R", "transaction_id": trade.TransactionID, "out_trade_no": number,
			"channel": "ORIGINAL", "user_received_account": "x", "create_time": at, "success_time": at, "status": state,
			"amount.refund": price, "amount.payer_refund": price,
		}
	case paytest.CallCreate:
		return http.StatusOK, fields{"code_url": "weixin://wxpay/bizpayurl?pr=" + state}
	default:
		return http.StatusNoContent, nil
	}
	says["amount.total"], says["amount.payer_total"], says["amount.currency"], says["amount.payer_currency"] = price, price, "CNY", "CNY"
	return http.StatusOK, says
}

var v3Status = map[string]int{
	"ORDER_NOT_EXIST": 404, "RESOURCE_NOT_EXISTS": 404, "ORDER_CLOSED": 400, "ORDER_PAID": 400, "USER_PAYING": 202, "NO_AUTH": 403, "SIGN_ERROR": 401,
	"INVALID_REQUEST": 400, "NOT_ENOUGH": 403, "TEAPOT": 418,
}

func (v3) refusal(_ *forger, code string) message {
	return message{status: v3Status[code], says: fields{"code": code, "message": "forged"}, bare: true}
}

func (s v3) twice(body []byte, p part, value string, behind bool) []byte {
	name, inner, nested := strings.Cut(s.names(p)[0], ".")
	text := `"` + name + `":"` + value + `"`
	if nested {
		text = `"` + name + `":{"` + inner + `":` + value + `,"currency":"CNY"}`
	}
	if behind {
		return append(body[:len(body)-1:len(body)-1], ","+text+"}"...)
	}
	return append([]byte("{"+text+","), body[1:]...)
}

func (v3) paid(body []byte) bool { return bytes.Contains(body, []byte(`"trade_state":"SUCCESS"`)) }

func (v3) write(m message) answer {
	a := answer{status: m.status, header: http.Header{"Content-Type": {"application/json"}}}
	if m.says != nil {
		a.body, _ = json.Marshal(nested(m.says))
	}
	if m.text != nil {
		a.body = m.text(a.body)
	}
	if !m.bare {
		if m.signature == "" {
			m.signature = sign(m.key, m.timestamp, m.nonce, a.body)
		}
		a.header.Set("Wechatpay-Timestamp", m.timestamp)
		a.header.Set("Wechatpay-Nonce", m.nonce)
		a.header.Set("Wechatpay-Serial", m.serial)
		a.header.Set("Wechatpay-Signature", m.signature)
		a.header.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
	}
	return m.finish(a)
}

// nested makes objects of paths of two steps.
func nested(flat fields) fields {
	deep := fields{}
	for path, v := range flat {
		outer, inner, below := strings.Cut(path, ".")
		if !below {
			deep[path] = v
			continue
		}
		if deep[outer] == nil {
			deep[outer] = fields{}
		}
		deep[outer].(fields)[inner] = v
	}
	return deep
}

func sign(key *rsa.PrivateKey, timestamp, nonce string, body []byte) string {
	digest := sha256.Sum256([]byte(timestamp + "\n" + nonce + "\n" + string(body) + "\n"))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}
