package oracle_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-pay/gopay/wechat"

	"kioskd/payment/paytest"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// Each test here pins something that gopay does and kioskd's own client does
// not: the reasons for a client of our own.

// beside is kioskd's client on the same simulator, over plain http so that it
// needs no authority.
func beside(t *testing.T, server *paytest.Server, url string) *wechatv2.Client {
	t.Helper()
	dir, m := t.TempDir(), server.Merchant()
	if err := server.WriteFilesV2(dir); err != nil {
		t.Fatal(err)
	}
	s := wechatv2.DefaultSettings()
	s.AppID, s.MchID, s.NotifyURL, s.PayerClientIP, s.BaseURLs = m.AppID, m.MchID, m.NotifyURL, "203.0.113.7", []string{url}
	s.APIKey, s.MerchantCert, s.MerchantKey = filepath.Join(dir, paytest.APIKeyFile), filepath.Join(dir, paytest.CertificateFile), filepath.Join(dir, paytest.MerchantKeyFile)
	c, err := wechatv2.New(s, wechatv2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func plain(t *testing.T, p *peer) *wechatv2.Client {
	t.Helper()
	s := httptest.NewServer(p.server.Handler())
	t.Cleanup(s.Close)
	return beside(t, p.server, s.URL)
}

var order = sale.Order{Number: "ORACLE0001", Product: sale.Product{Slot: 11, Price: 350}}

// gopay returns what it was told; whoever forgets VerifySign believes it.
func TestGopayBelievesBadSignatures(t *testing.T) {
	p := newPeer(t, wechat.SignType_HMAC_SHA256)
	p.paid("ORACLE0001")
	ours := plain(t, p)
	for _, name := range []paytest.FaultName{
		paytest.FaultMisSigned, paytest.FaultUnsigned, paytest.FaultUnknownSerial, paytest.FaultOtherAlgorithm, paytest.FaultSignTest,
	} {
		p.ok(p.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}, paytest.Fault{Name: name}))
		r, bm := p.query("ORACLE0001")
		if ok, _ := wechat.VerifySign(p.ApiKey, p.kind, bm); r.TradeState != "SUCCESS" || ok {
			t.Errorf("%s: gopay: %+v, %v", name, r, ok)
		}
		if trade, err := ours.Query(t.Context(), order); err == nil {
			t.Errorf("%s: ours: %+v", name, trade)
		}
	}
	if trade, err := ours.Query(t.Context(), order); err != nil || trade.State != sale.TradePaid || trade.Age() > time.Minute {
		t.Errorf("%+v, %v", trade, err)
	}
}

// gopay's VerifySign of an answer's struct knows only the fields it knows: a
// new field of the provider's breaks it. Signatures are over all that came.
func TestGopayLosesUnknownFields(t *testing.T) {
	p := newPeer(t, "")
	p.paid("ORACLE0001")
	seen := map[bool]int{}
	for range 40 {
		r, bm := p.query("ORACLE0001")
		p.proved(bm)
		ok, _ := wechat.VerifySign(p.ApiKey, wechat.SignType_MD5, r)
		_, unknown := bm["field_of_tomorrow"]
		if seen[unknown]++; ok == unknown {
			t.Fatalf("unknown field %v, struct verified %v", unknown, ok)
		}
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("seen %v", seen)
	}
}

// gopay takes XML that two readers understand in two ways.
func TestGopayTakesAmbiguousXML(t *testing.T) {
	p := newPeer(t, "")
	for name, text := range map[string]string{
		"doubled":      "<xml><return_code>FAIL</return_code><trade_state>NOTPAY</trade_state><return_code>SUCCESS</return_code><trade_state>SUCCESS</trade_state></xml>",
		"directive":    "<!DOCTYPE xml [<!ENTITY x \"y\">]><xml><return_code>SUCCESS</return_code><trade_state>SUCCESS</trade_state></xml>",
		"comment":      "<xml><return_code>SUCCESS</return_code><trade_state>SUC<!-- x -->CESS</trade_state></xml>",
		"another root": "<root><return_code>SUCCESS</return_code><trade_state>SUCCESS</trade_state></root>",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }))
		p.SetProxyUrl(s.URL)
		if r, _ := p.query("ORACLE0001"); r.TradeState != "SUCCESS" || r.ReturnCode != "SUCCESS" {
			t.Errorf("%s: gopay: %+v", name, r)
		}
		_, err := beside(t, p.server, s.URL).Query(t.Context(), order)
		if err == nil || !strings.Contains(err.Error(), "E-PAY-03") || strings.Contains(err.Error(), "not signed") {
			t.Errorf("%s: ours: %v", name, err)
		}
		s.Close()
	}
}
