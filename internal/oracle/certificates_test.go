package oracle_test

import (
	"context"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// download makes the SDK fetch the certificates for the first time. The SDK's
// usual way has a host in its code, so it is put together from its parts.
func download(t *testing.T, server *paytest.Server) (*downloader.CertificateDownloaderMgr, error) {
	t.Helper()
	m := server.Merchant()
	bare, err := core.NewClient(context.Background(),
		option.WithMerchantCredential(m.MchID, m.Serial, m.Key), option.WithHTTPClient(toServer(t, server)), option.WithoutValidator())
	if err != nil {
		t.Fatal(err)
	}
	mgr := downloader.NewCertificateDownloaderMgr(context.Background())
	t.Cleanup(mgr.Stop)
	return mgr, mgr.RegisterDownloaderWithClient(context.Background(), bare, m.MchID, m.APIv3Key)
}

// newCertificateSDK is the official client in certificate mode.
func newCertificateSDK(t *testing.T) (*sdk, *downloader.CertificateDownloaderMgr) {
	t.Helper()
	server := simulator(t, paytest.Options{KeyMode: paytest.KeysCertificate})
	s := &sdk{t: t, server: server, m: server.Merchant()}
	mgr, err := download(t, server)
	s.ok(err)
	client, err := core.NewClient(context.Background(),
		option.WithWechatPayAutoAuthCipherUsingDownloaderMgr(s.m.MchID, s.m.Serial, s.m.Key, mgr),
		option.WithHTTPClient(toServer(t, server)))
	s.ok(err)
	s.orders = native.NativeApiService{Client: client}
	s.refunds = refunddomestic.RefundsApiService{Client: client}
	return s, mgr
}

// ahead is a clock that is fast.
type ahead time.Duration

func (a *ahead) Now() time.Time { return time.Now().Add(time.Duration(*a)) }

// ours is this project's client of the same merchant.
func ours(t *testing.T, server *paytest.Server) *wechat.Client { return oursAt(t, server, new(ahead)) }

func oursAt(t *testing.T, server *paytest.Server, clock wechat.Clock) *wechat.Client {
	t.Helper()
	dir, m := t.TempDir(), server.Merchant()
	if err := server.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	s := wechat.Settings{
		AppID: m.AppID, MchID: m.MchID, MerchantCert: paytest.CertificateFile, MerchantKey: paytest.MerchantKeyFile,
		APIv3Key: paytest.APIv3KeyFile, NotifyURL: m.NotifyURL, BaseURLs: server.URLs(),
	}
	s.Check(dir, func(field, what string) { t.Errorf("%s %s", field, what) })
	c, err := wechat.New(s, wechat.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSaleWithCertificates(t *testing.T) {
	s, _ := newCertificateSDK(t)
	s.paid("ORACLE0001")
	tx, err := s.query("ORACLE0001")
	s.ok(err)
	if *tx.TradeState != "SUCCESS" || *tx.Amount.Total != 350 {
		t.Errorf("%v", tx)
	}
	r, _, err := s.refunds.Create(t.Context(), refunddomestic.CreateRequest{
		OutTradeNo: core.String("ORACLE0001"), OutRefundNo: core.String("ORACLE0001R"),
		Amount: &refunddomestic.AmountReq{Refund: core.Int64(350), Total: core.Int64(350), Currency: core.String("CNY")},
	})
	s.ok(err)
	q, _, err := s.refunds.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String("ORACLE0001R")})
	s.ok(err)
	if *q.RefundId != *r.RefundId {
		t.Errorf("%v", q)
	}
	_, err = s.prepay("ORACLE0002")
	s.ok(err)
	if status, err := s.close("ORACLE0002"); status != 204 || err != nil {
		t.Errorf("close: %d %v", status, err)
	}
	for _, name := range []paytest.FaultName{
		paytest.FaultMisSigned, paytest.FaultSignTest, paytest.FaultSignTestBad, paytest.FaultUnsigned, paytest.FaultStale, paytest.FaultFuture,
	} {
		s.ok(s.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}))
		if tx, err := s.query("ORACLE0001"); err == nil || core.IsAPIError(err, "") {
			t.Errorf("%s: %v %v", name, tx, err)
		}
	}
}

// change puts a new certificate in force.
func change(t *testing.T, server *paytest.Server) {
	t.Helper()
	next, err := server.ListCertificate(0)
	if err == nil {
		err = server.UseCertificate(next)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The SDK knows a new certificate when its clock strikes, once a day. Ours
// looks an unknown one up, because a machine that was off for a day must sell
// when it comes back.
func TestMissedCertificateChange(t *testing.T) {
	s, mgr := newCertificateSDK(t)
	s.paid("ORACLE0001")
	clock := new(ahead)
	c := oursAt(t, s.server, clock)
	s.ok(c.Refresh(t.Context()))
	time.Sleep(1100 * time.Millisecond) // certificates count in whole seconds
	change(t, s.server)
	if _, err := s.query("ORACLE0001"); err == nil {
		t.Error("the SDK takes an answer signed with a certificate that it does not know")
	}
	mgr.DownloadCertificates(t.Context())
	if _, err := s.query("ORACLE0001"); err == nil {
		t.Error("the SDK proves the new list with the old certificate, which does not sign any more")
	}
	*clock = ahead(61 * time.Second) // once a minute at most
	trade, err := c.Query(t.Context(), sale.Order{Number: "ORACLE0001", Product: sale.Product{Price: 350}})
	if err != nil || trade.State != sale.TradePaid {
		t.Errorf("ours: %v, %v", trade.State, err)
	}
}

// What each client does with a certificate list that is signed well and wrong.
// Ours refuses all of them: a wrong nonce may not stop the machine, and what is
// listed under a serial must be the certificate of that serial, once, in an
// algorithm that was meant.
func TestFlawedCertificates(t *testing.T) {
	sdkDoes := map[paytest.CertificateFlaw]string{
		paytest.FlawNonceLong:    "panics",
		paytest.FlawNonceEmpty:   "panics",
		paytest.FlawShort:        "refuses",
		paytest.FlawNotBase64:    "refuses",
		paytest.FlawAssociated:   "refuses",
		paytest.FlawForeignKey:   "refuses",
		paytest.FlawNotPEM:       "refuses",
		paytest.FlawNoneListed:   "refuses",
		paytest.FlawWithoutInUse: "refuses",
		paytest.FlawTwice:        "takes",
		paytest.FlawOtherSerial:  "takes",
		paytest.FlawOtherKind:    "takes",
	}
	for _, flaw := range paytest.CertificateFlaws() {
		server := simulator(t, paytest.Options{KeyMode: paytest.KeysCertificate})
		if err := server.SpoilCertificates(flaw); err != nil {
			t.Fatal(err)
		}
		if got := outcome(func() error { _, err := download(t, server); return err }); got != sdkDoes[flaw] {
			t.Errorf("%s: the SDK %s, not %s", flaw, got, sdkDoes[flaw])
		}
		c := ours(t, server)
		if got := outcome(func() error { return c.Refresh(t.Context()) }); got != "refuses" {
			t.Errorf("%s: ours %s", flaw, got)
		}
	}
}

func outcome(do func() error) (what string) {
	defer func() {
		if recover() != nil {
			what = "panics"
		}
	}()
	if do() != nil {
		return "refuses"
	}
	return "takes"
}

// The SDK does not prove its first certificate list by its signature. Ours
// does, with the certificates in it.
func TestMisSignedFirstList(t *testing.T) {
	for _, name := range []paytest.FaultName{paytest.FaultMisSigned, paytest.FaultUnsigned, paytest.FaultStale} {
		server := simulator(t, paytest.Options{KeyMode: paytest.KeysCertificate})
		f := paytest.Fault{Name: name}
		if err := server.Queue(paytest.CallCertificates, f, f); err != nil {
			t.Fatal(err)
		}
		if _, err := download(t, server); err != nil {
			t.Errorf("%s: the SDK looks now: %v", name, err)
		}
		if err := ours(t, server).Refresh(t.Context()); err == nil {
			t.Errorf("%s: ours took it", name)
		}
	}
}

// A merchant of today has no certificates, and either client says so.
func TestNoCertificates(t *testing.T) {
	server := simulator(t, paytest.Options{})
	_, err := download(t, server)
	var api *core.APIError
	if !asAPI(err, &api) || api.StatusCode != 404 || api.Code != "RESOURCE_NOT_EXISTS" {
		t.Errorf("%v", err)
	}
}

// In change-over the SDK's client for the public key refuses answers that the
// certificate still signs. Ours takes both.
func TestChangeOver(t *testing.T) {
	server := simulator(t, paytest.Options{KeyMode: paytest.KeysTransition})
	s := &sdk{t: t, server: server, m: server.Merchant()}
	s.connect(s.m.PublicKeyID, s.m.PublicKey)
	s.paid("ORACLE0001")
	_, err := s.query("ORACLE0001") // it names the public key
	s.ok(err)
	s.ok(server.SetKeyMode(paytest.KeysCertificate)) // not enabled yet
	if _, err := s.query("ORACLE0001"); err == nil {
		t.Error("the SDK takes the certificate's signature now")
	}
	trade, err := ours(t, server).Query(t.Context(), sale.Order{Number: "ORACLE0001", Product: sale.Product{Price: 350}})
	if err != nil || trade.State != sale.TradePaid {
		t.Errorf("ours: %v, %v", trade.State, err)
	}
}
