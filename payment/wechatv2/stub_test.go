package wechatv2_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

const (
	appID    = "wx1234567890abcdef"
	mchID    = "1900000109"
	apiKey   = "192006250b4c09247ec02edce69f6a2d" // of the documentation's example
	basePath = "https://api.mch.weixin.qq.com"
)

var (
	merchantKey = sync.OnceValue(newKey)
	strangerKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// certificate is self-signed, for the merchant's key unless another is named.
func certificate(key *rsa.PrivateKey, from, to time.Time) []byte {
	authority := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: mchID}, NotBefore: from, NotAfter: to}
	return must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, authority))
}

var good = sync.OnceValue(func() []byte {
	return certificate(merchantKey(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
})

func writeFile(t testing.TB, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func asPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// settings are right in every point, with key files in a new folder.
func settings(t testing.TB, bases ...string) wechatv2.Settings {
	t.Helper()
	dir := t.TempDir()
	s := wechatv2.DefaultSettings()
	s.AppID, s.MchID, s.PayerClientIP = appID, mchID, "203.0.113.7"
	s.APIKey = writeFile(t, filepath.Join(dir, "apiv2_key.txt"), apiKey+"\n", 0o600)
	s.MerchantKey = writeFile(t, filepath.Join(dir, "apiclient_key.pem"), asPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(merchantKey()))), 0o600)
	s.MerchantCert = writeFile(t, filepath.Join(dir, "apiclient_cert.pem"), asPEM("CERTIFICATE", good()), 0o644)
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
	path, body string
	header     http.Header
}

// stub is a provider that gives the answers it is told to.
type stub struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []seen
	answer http.HandlerFunc
}

func newStub(t testing.TB, answer http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, seen{r.URL.RequestURI(), string(body), r.Header})
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

// says answers with a text at the time of now.
func says(text string) http.HandlerFunc { return dated(0, text) }

func dated(off time.Duration, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Now().Add(off).Format(http.TimeFormat))
		io.WriteString(w, text)
	}
}

func page(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// signed is an answer of this merchant's with the given fields, well signed
// with HMAC-SHA256. It is written without the client's own code.
func signed(pairs ...string) string { return signedWith("HMAC-SHA256", pairs...) }

func signedWith(kind string, pairs ...string) string {
	f := map[string]string{
		"return_code": "SUCCESS", "return_msg": "OK", "result_code": "SUCCESS",
		"appid": appID, "mch_id": mchID, "nonce_str": "ibuaiVcKdpRxkhJA",
	}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = pairs[i+1]
	}
	var text, xml string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] != "" {
			text += name + "=" + f[name] + "&"
		}
		xml += "<" + name + "><![CDATA[" + f[name] + "]]></" + name + ">"
	}
	text += "key=" + apiKey
	sum := md5.Sum([]byte(text))
	sign := sum[:]
	if kind == "HMAC-SHA256" {
		h := hmac.New(sha256.New, []byte(apiKey))
		h.Write([]byte(text))
		sign = h.Sum(nil)
	}
	return "<xml>" + xml + "<sign>" + strings.ToUpper(hex.EncodeToString(sign)) + "</sign></xml>"
}

// paidFields answer a query about order; pairs replace or add.
func paidFields(pairs ...string) string {
	return signed(append([]string{
		"openid", "oSECRETopenid", "is_subscribe", "N", "trade_type", "NATIVE", "bank_type", "CMC_DEBIT", "total_fee", "200", "fee_type", "CNY",
		"cash_fee", "150", "coupon_fee", "50", "coupon_count", "1", "coupon_id_0", "10000", "coupon_fee_0", "50", "attach", "machine=SH0042,slot=11",
		"transaction_id", "4200001234202611231234567890", "out_trade_no", "SH0042-000017-x7k2p", "time_end", "20261123200821",
		"trade_state", "SUCCESS", "trade_state_desc", "支付成功", "device_info", "SH0042",
	}, pairs...)...)
}

func client(t testing.TB, s wechatv2.Settings, change ...func(*wechatv2.Options)) *wechatv2.Client {
	t.Helper()
	o := wechatv2.Options{DeviceID: "SH0042", Clock: now, Version: "1.2.3"}
	for _, c := range change {
		c(&o)
	}
	c, err := wechatv2.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// order has been prepared by a client with the settings above.
func order(t testing.TB, c *wechatv2.Client) sale.Order {
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
