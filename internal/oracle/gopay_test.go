package oracle_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/wechat"

	"kioskd/payment/paytest"
)

// peer is gopay, a client of API v2, beside the simulator that it talks to over
// https.
type peer struct {
	*wechat.Client
	t      *testing.T
	server *paytest.Server
	kind   string // sign_type, "" for the default
	nonces int
}

func newPeer(t *testing.T, kind string) *peer {
	t.Helper()
	server, err := paytest.New(paytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.StartTLS(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.Behave(func(b *paytest.Behaviour) { b.RefundDelay, b.Coupon = 0, 50 })
	authority, err := server.Authority()
	if err != nil {
		t.Fatal(err)
	}
	m := server.Merchant()
	p := &peer{wechat.NewClient(m.AppID, m.MchID, m.APIKey, true), t, server, kind, 0}
	p.SetProxyUrl(server.URL())
	p.GetHttpClient().SetHttpTLSConfig(&tls.Config{RootCAs: authority})
	return p
}

// certified gives gopay the merchant's certificate.
func (p *peer) certified() {
	p.t.Helper()
	dir := p.t.TempDir()
	p.ok(p.server.WriteFilesV2(dir))
	p.ok(p.AddCertPemFilePath(filepath.Join(dir, paytest.CertificateFile), filepath.Join(dir, paytest.MerchantKeyFile)))
}

// request begins the parameters of a call.
func (p *peer) request(pairs ...any) gopay.BodyMap {
	p.nonces++
	bm := gopay.BodyMap{}.Set("nonce_str", fmt.Sprintf("%032d", p.nonces))
	if p.kind != "" {
		bm.Set("sign_type", p.kind)
	}
	for i := 0; i < len(pairs); i += 2 {
		bm.Set(pairs[i].(string), pairs[i+1])
	}
	return bm
}

func (p *peer) create(no string) (*wechat.UnifiedOrderResponse, error) {
	return p.UnifiedOrder(p.t.Context(), p.request("body", "汽水 <A & B> 500ml", "out_trade_no", no, "total_fee", 350, "device_info", "SH0042",
		"attach", "SH0042", "spbill_create_ip", "203.0.113.7", "notify_url", p.server.Merchant().NotifyURL, "trade_type", "NATIVE", "product_id", "11",
		"time_expire", time.Now().Add(5*time.Minute).In(time.FixedZone("", 8*3600)).Format("20060102150405")))
}

func (p *peer) query(no string) (*wechat.QueryOrderResponse, gopay.BodyMap) {
	p.t.Helper()
	r, bm, err := p.QueryOrder(p.t.Context(), p.request("out_trade_no", no))
	p.ok(err)
	return r, bm
}

func (p *peer) paid(no string) {
	p.t.Helper()
	r, err := p.create(no)
	p.ok(err)
	_, err = p.server.Scan(r.CodeUrl, "ann")
	p.ok(err)
	p.ok(p.server.Pay("ann", no))
}

// proved wants gopay to accept the simulator's signature over all fields.
func (p *peer) proved(bm gopay.BodyMap) {
	p.t.Helper()
	kind := p.kind
	if kind == "" {
		kind = wechat.SignType_MD5
	}
	if ok, err := wechat.VerifySign(p.ApiKey, kind, bm); !ok || err != nil {
		p.t.Errorf("gopay refuses the signature of %v: %v", bm, err)
	}
}

func (p *peer) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestGopaySellsAndRefunds(t *testing.T) {
	for _, kind := range []string{"", wechat.SignType_MD5, wechat.SignType_HMAC_SHA256} {
		t.Run("sign_type "+kind, func(t *testing.T) {
			p := newPeer(t, kind)
			p.certified()
			const no = "ORACLE|0*1"
			r, bm := p.query(no)
			if r.ErrCode != "ORDERNOTEXIST" || r.ResultCode != "FAIL" {
				t.Errorf("%+v", r)
			}
			p.proved(bm) // a refusal by result_code is signed
			p.paid(no)
			r, bm = p.query(no)
			p.proved(bm)
			o, err := p.server.Order(no)
			p.ok(err)
			if r.TradeState != "SUCCESS" || r.OutTradeNo != no || r.TotalFee != "350" || r.CashFee != "300" || r.CouponFee0 != "50" || r.Attach != "SH0042" ||
				r.DeviceInfo != "SH0042" || r.TransactionId != o.TransactionID || r.TimeEnd != o.PaidAt.In(time.FixedZone("", 8*3600)).Format("20060102150405") {
				t.Errorf("%+v", r)
			}
			if o.Description != "汽水 <A & B> 500ml" {
				t.Errorf("the simulator read the body as %q", o.Description)
			}
			if c, err := p.CloseOrder(t.Context(), p.request("out_trade_no", no)); err != nil || c.ErrCode != "ORDERPAID" {
				t.Errorf("%+v %v", c, err)
			}

			refund, bm, err := p.Refund(t.Context(), p.request("transaction_id", r.TransactionId, "out_refund_no", no+"R", "total_fee", 350, "refund_fee", 350, "refund_desc", "未出货"))
			p.ok(err)
			p.proved(bm)
			q, bm, err := p.QueryRefund(t.Context(), p.request("out_refund_no", no+"R"))
			p.ok(err)
			p.proved(bm)
			if refund.RefundFee != "350" || q.RefundId0 != refund.RefundId || q.RefundStatus0 != "SUCCESS" || q.RefundFee0 != "350" || bm.Get("refund_recv_accout_0") == "" {
				t.Errorf("%+v\n%+v", refund, q)
			}
			if n := p.server.Stats().ReusedNonces; n != 0 {
				t.Errorf("%d nonces twice", n)
			}
		})
	}
}

func TestGopayCloses(t *testing.T) {
	p := newPeer(t, wechat.SignType_HMAC_SHA256)
	_, err := p.create("ORACLE0001")
	p.ok(err)
	c, err := p.CloseOrder(t.Context(), p.request("out_trade_no", "ORACLE0001"))
	if err != nil || c.ResultCode != "SUCCESS" {
		t.Errorf("%+v %v", c, err)
	}
	if r, _ := p.query("ORACLE0001"); r.TradeState != "CLOSED" {
		t.Errorf("%+v", r)
	}
	if r, err := p.create("ORACLE0001"); err != nil || r.ResultCode != "FAIL" {
		t.Errorf("%+v %v", r, err)
	}
}

// The simulator wants the certificate, and the merchant's own.
func TestGopayNeedsTheCertificate(t *testing.T) {
	p := newPeer(t, "")
	p.paid("ORACLE0001")
	ask := func() error {
		_, _, err := p.Refund(t.Context(), p.request("out_trade_no", "ORACLE0001", "out_refund_no", "R1", "total_fee", 350, "refund_fee", 350))
		return err
	}
	authority, err := p.server.Authority()
	p.ok(err)
	p.GetTLSHttpClient().SetHttpTLSConfig(&tls.Config{RootCAs: authority})
	if err := ask(); err == nil || !strings.Contains(err.Error(), "StatusCode = 400") {
		t.Errorf("without a certificate: %v", err)
	}
	p.GetTLSHttpClient().HttpClient.CloseIdleConnections() // which have shown none
	p.certified()
	if err := ask(); err != nil {
		t.Error(err)
	}
}

func TestSimulatorRefusesGopaysWrongKey(t *testing.T) {
	p := newPeer(t, "")
	p.ApiKey = strings.Repeat("0", 32)
	if r, _ := p.query("ORACLE0001"); r.ReturnCode != "FAIL" || r.ReturnMsg != "签名错误" || r.Sign != "" {
		t.Errorf("%+v", r)
	}
}

// The files that the simulator writes are what gopay and openssl would read.
func TestFilesOfV2(t *testing.T) {
	p, dir := newPeer(t, ""), t.TempDir()
	p.ok(p.server.WriteFilesV2(dir))
	text, err := os.ReadFile(filepath.Join(dir, paytest.CertificateFile))
	p.ok(err)
	block, _ := pem.Decode(text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	p.ok(err)
	if got := strings.ToUpper(leaf.SerialNumber.Text(16)); got != p.server.Merchant().Serial {
		t.Errorf("serial %s", got)
	}
}
