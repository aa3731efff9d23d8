package forgetest_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// forger stands between the machine and the provider.
type forger struct {
	w     *desk.World
	right *rsa.PrivateKey // the provider's own
	wrong *rsa.PrivateKey
	old   map[paytest.Call]message // really signed, about another order
	// replayed is that order's number.
	replayed string
}

// message is an answer as it can be signed.
type message struct {
	status    int
	timestamp string
	nonce     string
	serial    string
	signature string // "" signs with key
	key       *rsa.PrivateKey
	body      []byte
	header    http.Header // besides
	unsigned  bool
}

func (m message) response(r *http.Request) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if !m.unsigned {
		if m.signature == "" {
			m.signature = sign(m.key, m.timestamp, m.nonce, m.body)
		}
		h.Set("Wechatpay-Timestamp", m.timestamp)
		h.Set("Wechatpay-Nonce", m.nonce)
		h.Set("Wechatpay-Serial", m.serial)
		h.Set("Wechatpay-Signature", m.signature)
		h.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
	}
	for k, v := range m.header {
		if v == nil {
			h.Del(k)
			continue
		}
		h[k] = v
	}
	return &http.Response{StatusCode: m.status, Header: h, Body: io.NopCloser(bytes.NewReader(m.body)), Request: r}
}

func sign(key *rsa.PrivateKey, timestamp, nonce string, body []byte) string {
	digest := sha256.Sum256([]byte(timestamp + "\n" + nonce + "\n" + string(body) + "\n"))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// fresh is a message that would be believed, if it were about the truth.
func (f *forger) fresh(status int, body any) message {
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	return message{
		status: status, timestamp: strconv.FormatInt(f.w.Now().Unix(), 10), nonce: "0123456789abcdef0123456789abcdef",
		serial: f.w.Provider.Merchant().PublicKeyID, key: f.right, body: b,
	}
}

type fields = map[string]any

// lie is what the forger wants to be believed about an order.
func (f *forger) lie(call paytest.Call, number, state string) (status int, body fields) {
	m := f.w.Provider.Merchant()
	total := f.total(number)
	amount := fields{"total": total, "payer_total": total, "refund": total, "payer_refund": total, "currency": "CNY", "payer_currency": "CNY"}
	at := f.w.Now().Format(time.RFC3339)
	switch call {
	case paytest.CallQuery:
		return http.StatusOK, fields{
			"appid": m.AppID, "mchid": m.MchID, "out_trade_no": number, "trade_state": state, "trade_state_desc": state, "trade_type": "NATIVE",
			"transaction_id": "4200000000000000000000000000", "success_time": at, "amount": amount, "payer": fields{"openid": "nobody"},
		}
	case paytest.CallRefund, paytest.CallQueryRefund:
		trade, _ := f.w.Provider.Order(number)
		return http.StatusOK, fields{
			"refund_id": "50300000000000000000000000001", "out_refund_no": number + "R", "transaction_id": trade.TransactionID, "out_trade_no": number,
			"channel": "ORIGINAL", "user_received_account": "x", "create_time": at, "success_time": at, "status": state, "amount": amount,
		}
	case paytest.CallCreate:
		return http.StatusOK, fields{"code_url": "weixin://wxpay/bizpayurl?pr=" + state}
	}
	return http.StatusNoContent, nil
}

func (f *forger) total(number string) int64 {
	for _, o := range orders(f.w) {
		if string(o.Number) == number {
			return int64(o.Product.Price)
		}
	}
	return 0
}

// forgery is one way to tell a lie.
type forgery struct {
	name string
	// about says whether the answer is well signed and wrong in what it says;
	// these need a body with those fields.
	about bool
	make  func(f *forger, call paytest.Call, number string, m message) message
}

// change decodes, changes and encodes a body.
func change(m message, do func(fields)) message {
	body := fields{}
	if json.Unmarshal(m.body, &body) == nil {
		do(body)
		m.body, _ = json.Marshal(body)
	}
	return m
}

func amount(b fields) fields {
	a, _ := b["amount"].(map[string]any)
	if a == nil {
		a = fields{}
	}
	return a
}

func later(m message, d time.Duration) message {
	n, _ := strconv.ParseInt(m.timestamp, 10, 64)
	m.timestamp = strconv.FormatInt(n+int64(d/time.Second), 10)
	return m
}

func page(status int, body string, header http.Header) func(*forger, paytest.Call, string, message) message {
	return func(_ *forger, _ paytest.Call, _ string, m message) message {
		m.unsigned, m.status, m.header = true, status, header
		m.body = []byte(body)
		return m
	}
}

const login = "<!DOCTYPE html><html><head><title>Free WiFi</title></head><body>log in</body></html>"

// forgeries lists every way.
func forgeries() []forgery {
	plain := func(name string, do func(f *forger, m message) message) forgery {
		return forgery{name: name, make: func(f *forger, _ paytest.Call, _ string, m message) message { return do(f, m) }}
	}
	about := func(name string, do func(fields)) forgery {
		return forgery{name: name, about: true, make: func(_ *forger, _ paytest.Call, _ string, m message) message { return change(m, do) }}
	}
	set := func(key string, value any) func(fields) { return func(b fields) { b[key] = value } }
	money := func(key string, value any) func(fields) {
		return func(b fields) {
			a := amount(b)
			a[key] = value
			b["amount"] = a
		}
	}
	all := []forgery{
		plain("another key", func(f *forger, m message) message { m.key = f.wrong; return m }),
		plain("signature of another body", func(f *forger, m message) message {
			m.signature = sign(f.right, m.timestamp, m.nonce, append(bytes.Clone(m.body), ' '))
			return m
		}),
		plain("signature of another nonce", func(f *forger, m message) message {
			m.signature = sign(f.right, m.timestamp, "x"+m.nonce, m.body)
			return m
		}),
		plain("timestamp moved after signing", func(f *forger, m message) message {
			m = later(m, -20*time.Minute)
			m.signature = sign(f.right, m.timestamp, m.nonce, m.body)
			return later(m, 20*time.Minute)
		}),
		plain("SIGNTEST", func(f *forger, m message) message {
			m.signature = "WECHATPAY/SIGNTEST/" + sign(f.right, m.timestamp, m.nonce, m.body)
			return m
		}),
		plain("signature cut short", func(f *forger, m message) message {
			m.signature = sign(f.right, m.timestamp, m.nonce, m.body)[:100]
			return m
		}),
		plain("signature no base64", func(_ *forger, m message) message { m.signature = "?"; return m }),
		plain("signature empty", func(_ *forger, m message) message {
			m.header = http.Header{"Wechatpay-Signature": {""}}
			return m
		}),
		plain("two signatures", func(f *forger, m message) message {
			m.key = f.wrong
			m.header = http.Header{"Wechatpay-Signature": {sign(f.wrong, m.timestamp, m.nonce, m.body), sign(f.right, m.timestamp, m.nonce, m.body)}}
			return m
		}),
		plain("unknown serial", func(_ *forger, m message) message { m.serial = "PUB_KEY_ID_0999999999999999999999999999"; return m }),
		plain("serial of a certificate", func(_ *forger, m message) message { m.serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"; return m }),
		plain("no serial", func(_ *forger, m message) message { m.header = http.Header{"Wechatpay-Serial": nil}; return m }),
		plain("no timestamp", func(_ *forger, m message) message { m.header = http.Header{"Wechatpay-Timestamp": nil}; return m }),
		plain("no nonce", func(_ *forger, m message) message { m.header = http.Header{"Wechatpay-Nonce": nil}; return m }),
		plain("signed ten minutes ago", func(_ *forger, m message) message { return later(m, -10*time.Minute) }),
		plain("signed 302 s ago", func(_ *forger, m message) message { return later(m, -302*time.Second) }),
		plain("signed in ten minutes", func(_ *forger, m message) message { return later(m, 10*time.Minute) }),
		plain("timestamp no number", func(_ *forger, m message) message { m.timestamp = "today"; return m }),
		plain("timestamp zero", func(_ *forger, m message) message { m.timestamp = "0"; return m }),
		plain("unsigned 200", func(_ *forger, m message) message { m.unsigned = true; return m }),
		plain("signed 202", func(_ *forger, m message) message { m.status = 202; return m }),
		plain("signed 201", func(_ *forger, m message) message { m.status = 201; return m }),
		plain("signed 206", func(_ *forger, m message) message { m.status = 206; return m }),
		{name: "replay of another order", make: func(f *forger, call paytest.Call, _ string, _ message) message {
			return f.old[call]
		}},
		{name: "replay of another order, number changed", make: func(f *forger, call paytest.Call, number string, _ message) message {
			m := f.old[call]
			m.signature = sign(f.right, m.timestamp, m.nonce, m.body)
			m.body = bytes.ReplaceAll(m.body, []byte(f.replayed), []byte(number))
			return m
		}},
		{name: "captive page 200", make: page(200, login, http.Header{"Content-Type": {"text/html"}})},
		{name: "captive page 204", make: page(204, "", nil)},
		{name: "captive redirect 302", make: page(302, "", http.Header{"Location": {"http://10.0.0.1/login"}})},
		{name: "captive redirect 307", make: page(307, "", http.Header{"Location": {"http://10.0.0.1/login"}})},
		{name: "captive page 511", make: page(511, login, http.Header{"Content-Type": {"text/html"}})},
		{name: "empty 200", make: page(200, "", nil)},
		{name: "JSON true", make: page(200, "true", nil)},
		{name: "8 MiB", make: page(200, strings.Repeat(" ", 8<<20), nil)},
		about("another merchant", set("mchid", "1900000000")),
		about("another appid", set("appid", "wx0000000000000000")),
		about("another order", func(b fields) {
			b["out_trade_no"] = "DESK-9-ZZZZZZ"
			if _, ok := b["out_refund_no"]; ok {
				b["out_refund_no"] = "DESK-9-ZZZZZZR"
			}
		}),
		about("order in other case", func(b fields) { b["out_trade_no"] = strings.ToLower(b["out_trade_no"].(string)) }),
		about("a fen less", func(b fields) { addFen(b, -1) }),
		about("a fen more", func(b fields) { addFen(b, 1) }),
		about("nothing paid", money("total", 0)),
		about("amount as text", money("total", "1100")),
		about("no amount", func(b fields) { delete(b, "amount") }),
		about("no total", func(b fields) { delete(amount(b), "total") }),
		about("US dollars", money("currency", "USD")),
		about("no currency", func(b fields) { delete(amount(b), "currency") }),
		about("no number", func(b fields) { delete(b, "out_trade_no") }),
	}
	twice := func(name, first string) forgery {
		return forgery{name: name, about: true, make: func(_ *forger, _ paytest.Call, _ string, m message) message {
			m.body = append([]byte("{"+first+","), m.body[1:]...)
			return m
		}}
	}
	return append(all, twice("number twice", `"out_trade_no":"DESK-9-ZZZZZZ"`), twice("amount twice", `"amount":{"total":1,"currency":"CNY"}`))
}

func addFen(b fields, n float64) {
	a := amount(b)
	for _, key := range []string{"total", "refund"} {
		if v, ok := a[key].(float64); ok {
			a[key] = v + n
		}
	}
}
