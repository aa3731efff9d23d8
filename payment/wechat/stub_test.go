package wechat_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

const (
	appID    = "wx1234567890abcdef"
	mchID    = "1900000109"
	serial   = "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"
	keyID    = "PUB_KEY_ID_0119000001092024"
	basePath = "https://api.mch.weixin.qq.com"
)

var (
	merchantKey = sync.OnceValue(newKey)
	providerKey = sync.OnceValue(newKey)
	strangerKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func writePEM(t testing.TB, path, kind string, der []byte, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pkix(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// settings are right in every point, with key files in a new folder.
func settings(t testing.TB, bases ...string) wechat.Settings {
	t.Helper()
	dir := t.TempDir()
	s := wechat.DefaultSettings()
	s.AppID, s.MchID, s.MerchantSerial, s.PublicKeyID = appID, mchID, serial, keyID
	s.MerchantKey = writePEM(t, filepath.Join(dir, "apiclient_key.pem"), "PRIVATE KEY", pkcs8(t, merchantKey()), 0o600)
	s.PublicKey = writePEM(t, filepath.Join(dir, "pub_key.pem"), "PUBLIC KEY", pkix(t, providerKey().Public()), 0o644)
	s.NotifyURL = "https://pay.example.com/wechat"
	if len(bases) > 0 {
		s.BaseURLs = bases
	}
	return s
}

// stopped is a clock that stands still.
type stopped time.Time

func (s stopped) Now() time.Time { return time.Time(s) }

var now = stopped(time.Date(2026, 11, 23, 12, 8, 30, 0, time.UTC))

// seen is one request as the stub got it.
type seen struct {
	method, path, body string
	header             http.Header
}

// stub is a provider that gives the answers it is told to.
type stub struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []seen
	answer func(w http.ResponseWriter, r *http.Request)
}

func newStub(t testing.TB, answer func(w http.ResponseWriter, r *http.Request)) *stub {
	t.Helper()
	s := &stub{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.Method, r.URL.RequestURI(), string(body), r.Header})
		s.mu.Unlock()
		s.answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stub) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.seen...)
}

// sign writes the four headers of a good answer.
func sign(h http.Header, key *rsa.PrivateKey, at time.Time, body string) {
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), "d824f2e086d3c1df967785d13fcd22ef"
	digest := sha256.Sum256([]byte(timestamp + "\n" + nonce + "\n" + body + "\n"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	h.Set("Wechatpay-Timestamp", timestamp)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", keyID)
	h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(signature))
}

// signed answers with a good signature.
func signed(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		sign(w.Header(), providerKey(), now.Now(), body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// unsigned answers as error answers do.
func unsigned(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func client(t testing.TB, s wechat.Settings, change ...func(*wechat.Options)) *wechat.Client {
	t.Helper()
	o := wechat.Options{DeviceID: "SH0042", Clock: now, Version: "1.2.3"}
	for _, c := range change {
		c(&o)
	}
	c, err := wechat.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// order has been prepared by a client with the settings above.
func order(t testing.TB, c *wechat.Client) sale.Order {
	t.Helper()
	o := sale.Order{
		Number:  "SH0042-000017-x7k2p",
		Seq:     17,
		Product: sale.Product{Slot: 11, Name: "农夫山泉 550ml", Price: 200},
	}
	var err error
	if o.Request, err = c.Prepare(o, now.Now().Add(90*time.Second)); err != nil {
		t.Fatal(err)
	}
	return o
}

// paidBody is the answer to a query about order, with words replaced in pairs.
func paidBody(replace ...string) string {
	body := fmt.Sprintf(`{"amount":{"currency":"CNY","payer_currency":"CNY","payer_total":150,"total":200},"appid":"%s",`+
		`"attach":"machine=SH0042,slot=11","bank_type":"OTHERS","mchid":"%s","out_trade_no":"SH0042-000017-x7k2p",`+
		`"payer":{"openid":"oSECRETopenid"},"promotion_detail":[{"amount":50,"coupon_id":"9"}],"success_time":"2026-11-23T20:08:21+08:00",`+
		`"trade_state":"SUCCESS","trade_state_desc":"支付成功","trade_type":"NATIVE","transaction_id":"4200001234202611231234567890"}`, appID, mchID)
	return strings.NewReplacer(replace...).Replace(body)
}

func refundAnswer(replace ...string) string {
	body := `{"amount":{"currency":"CNY","discount_refund":0,"from":[],"payer_refund":200,"payer_total":200,"refund":200,` +
		`"settlement_refund":200,"settlement_total":200,"total":200},"channel":"ORIGINAL","create_time":"2026-11-23T20:09:21+08:00",` +
		`"funds_account":"UNSETTLED","out_refund_no":"SH0042-000017-x7k2pR","out_trade_no":"SH0042-000017-x7k2p","promotion_detail":[],` +
		`"refund_id":"50000000382019052709732678859","status":"PROCESSING","transaction_id":"4200001234202611231234567890","user_received_account":"零钱"}`
	return strings.NewReplacer(replace...).Replace(body)
}

// verifyRequest does what the provider does with an Authorization header.
func verifyRequest(r seen, timestamp, nonce, signature string) error {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(r.method + "\n" + r.path + "\n" + timestamp + "\n" + nonce + "\n" + r.body + "\n"))
	return rsa.VerifyPKCS1v15(&merchantKey().PublicKey, crypto.SHA256, digest[:], raw)
}
