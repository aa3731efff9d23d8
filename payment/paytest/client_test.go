package paytest_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// keys makes the two RSA keys once, because each takes a noticeable time.
var keys = sync.OnceValue(func() (k [2]*rsa.PrivateKey) {
	for i := range k {
		var err error
		if k[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return k
})

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// client is the smallest client of the API, written for these tests alone.
type client struct {
	t        testing.TB
	server   *paytest.Server
	merchant paytest.Merchant
	clock    *clock
	base     string
	http     *http.Client

	skew      time.Duration // of the client's clock
	wantKey   string        // request's Wechatpay-Serial
	authorize func(header string) string
	headers   func(http.Header)
}

func start(t testing.TB) *client { return startWith(t, paytest.Options{}, 1) }

func startWith(t testing.TB, o paytest.Options, domains int) *client {
	t.Helper()
	c := newClock()
	o.Clock, o.MerchantKey, o.PublicKey = c.Now, keys()[0], keys()[1]
	s, err := paytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	addrs := make([]string, domains)
	for i := range addrs {
		addrs[i] = "127.0.0.1:0"
	}
	if err := s.Start(context.Background(), addrs...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &client{t: t, server: s, merchant: s.Merchant(), clock: c, base: s.URL(), http: startHTTP(t)}
}

// answer is what came back. err is a failed connection or body.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (a answer) fields(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("answer %d %q: %v", a.status, a.body, err)
	}
	return m
}

func (a answer) code() string {
	var m struct{ Code string }
	_ = json.Unmarshal(a.body, &m)
	return m.Code
}

func (a answer) String() string { return fmt.Sprintf("%d %s %v", a.status, a.body, a.err) }

func (c *client) send(method, target, body string) answer {
	c.t.Helper()
	r, err := http.NewRequest(method, c.base+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	at := fmt.Sprint(c.clock.Now().Add(c.skew).Unix())
	nonce := rand.Text()
	signature := c.sign(method + "\n" + target + "\n" + at + "\n" + nonce + "\n" + body + "\n")
	header := fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",timestamp="%s",serial_no="%s",signature="%s"`,
		c.merchant.MchID, nonce, at, c.merchant.Serial, signature)
	if c.authorize != nil {
		header = c.authorize(header)
	}
	r.Header.Set("Authorization", header)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "paytest")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.wantKey != "" {
		r.Header.Set("Wechatpay-Serial", c.wantKey)
	}
	if c.headers != nil {
		c.headers(r.Header)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, a.err = io.ReadAll(resp.Body)
	return a
}

func (c *client) sign(message string) string {
	digest := sha256.Sum256([]byte(message))
	raw, err := rsa.SignPKCS1v15(nil, c.merchant.Key, crypto.SHA256, digest[:])
	if err != nil {
		c.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// verify checks an answer as a client must.
func (c *client) verify(a answer) error {
	m := c.server.Merchant()
	switch serial := a.header.Get("Wechatpay-Serial"); serial {
	case "":
		return errors.New("unsigned")
	case m.PublicKeyID:
		return c.verifyWith(m.PublicKey, a)
	default:
		return errors.New("unknown serial " + serial)
	}
}

func (c *client) verifyWith(key *rsa.PublicKey, a answer) error {
	stamp := a.header.Get("Wechatpay-Timestamp")
	raw, err := base64.StdEncoding.DecodeString(a.header.Get("Wechatpay-Signature"))
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	message := bytes.Join([][]byte{[]byte(stamp), []byte(a.header.Get("Wechatpay-Nonce")), a.body, nil}, []byte("\n"))
	digest := sha256.Sum256(message)
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw); err != nil {
		return err
	}
	var seconds int64
	if _, err := fmt.Sscan(stamp, &seconds); err != nil {
		return err
	}
	if off := c.clock.Now().Sub(time.Unix(seconds, 0)); off.Abs() > 5*time.Minute {
		return fmt.Errorf("stale by %v", off.Round(time.Second))
	}
	return nil
}

func (c *client) prepayBody(no string, change ...func(map[string]any)) string {
	m := map[string]any{
		"appid": c.merchant.AppID, "mchid": c.merchant.MchID, "description": "农夫山泉 550ml",
		"out_trade_no": no, "notify_url": c.merchant.NotifyURL,
		"amount":     map[string]any{"total": 200, "currency": "CNY"},
		"scene_info": map[string]any{"payer_client_ip": "203.0.113.7", "device_id": "SH0042"},
	}
	for _, f := range change {
		f(m)
	}
	b, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func (c *client) create(body string) answer {
	c.t.Helper()
	return c.send("POST", "/v3/pay/transactions/native", body)
}

func (c *client) query(no string) answer {
	c.t.Helper()
	return c.send("GET", "/v3/pay/transactions/out-trade-no/"+no+"?mchid="+c.merchant.MchID, "")
}

func (c *client) close(no string) answer {
	c.t.Helper()
	return c.send("POST", "/v3/pay/transactions/out-trade-no/"+no+"/close", `{"mchid":"`+c.merchant.MchID+`"}`)
}

// refund asks for fen of an order of 200 fen.
func (c *client) refund(no, refundNo string, fen int) answer {
	c.t.Helper()
	return c.send("POST", "/v3/refund/domestic/refunds", fmt.Sprintf(
		`{"out_trade_no":%q,"out_refund_no":%q,"amount":{"refund":%d,"total":200,"currency":"CNY"}}`, no, refundNo, fen))
}

func (c *client) queryRefund(refundNo string) answer {
	c.t.Helper()
	return c.send("GET", "/v3/refund/domestic/refunds/"+refundNo, "")
}

// order creates an order and returns its code.
func (c *client) order(no string, change ...func(map[string]any)) string {
	c.t.Helper()
	a := c.create(c.prepayBody(no, change...))
	if a.status != 200 {
		c.t.Fatalf("create %s: %v", no, a)
	}
	return a.fields(c.t)["code_url"].(string)
}

// paid creates an order and pays it.
func (c *client) paid(no string) {
	c.t.Helper()
	c.scan(c.order(no), "ann")
	c.ok(c.server.Pay("ann", no))
}

func (c *client) scan(code, user string) {
	c.t.Helper()
	_, err := c.server.Scan(code, user)
	c.ok(err)
}

func (c *client) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// want checks status and code of an answer; "" is no code.
func (c *client) want(a answer, status int, code string) {
	c.t.Helper()
	if a.err != nil || a.status != status || a.code() != code {
		c.t.Fatalf("got %v, want %d %s", a, status, code)
	}
}

func (c *client) wantState(no, state string) {
	c.t.Helper()
	a := c.query(no)
	if got := a.fields(c.t)["trade_state"]; got != state {
		c.t.Fatalf("trade_state %v, want %s: %v", got, state, a)
	}
}

func (c *client) wantPhone(err error, want *paytest.PhoneError) {
	c.t.Helper()
	if !errors.Is(err, want) {
		c.t.Fatalf("the phone says %v, want %v", err, want)
	}
}

func (c *client) behave(change func(*paytest.Behaviour)) { c.server.Behave(change) }

// expire is a change to prepayBody.
func (c *client) expire(in time.Duration) func(map[string]any) {
	return func(m map[string]any) { m["time_expire"] = c.clock.Now().Add(in).Format(time.RFC3339) }
}

// startHTTP is an HTTP client that leaves no connection behind.
func startHTTP(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}
