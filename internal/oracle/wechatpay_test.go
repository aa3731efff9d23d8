package oracle_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"kioskd/payment/paytest"
)

// toSimulator sends every request to another scheme and host. The SDK has the
// host in its code; the host is not signed.
type toSimulator struct{ base *url.URL }

func (t toSimulator) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = t.base.Scheme, t.base.Host, ""
	return http.DefaultTransport.RoundTrip(r)
}

// sdk is the official client beside the simulator that it talks to.
type sdk struct {
	t       *testing.T
	server  *paytest.Server
	m       paytest.Merchant
	orders  native.NativeApiService
	refunds refunddomestic.RefundsApiService
}

func newSDK(t *testing.T) *sdk {
	t.Helper()
	server := simulator(t, paytest.Options{})
	s := &sdk{t: t, server: server, m: server.Merchant()}
	s.connect(s.m.PublicKeyID, s.m.PublicKey)
	return s
}

func simulator(t *testing.T, o paytest.Options) *paytest.Server {
	t.Helper()
	server, err := paytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func toServer(t *testing.T, server *paytest.Server) *http.Client {
	t.Helper()
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: toSimulator{base}, Timeout: 20 * time.Second}
}

// connect makes the SDK's client for one WeChat Pay public key.
func (s *sdk) connect(id string, public *rsa.PublicKey) {
	s.t.Helper()
	client, err := core.NewClient(context.Background(),
		option.WithWechatPayPublicKeyAuthCipher(s.m.MchID, s.m.Serial, s.m.Key, id, public),
		option.WithHTTPClient(toServer(s.t, s.server)))
	if err != nil {
		s.t.Fatal(err)
	}
	s.orders = native.NativeApiService{Client: client}
	s.refunds = refunddomestic.RefundsApiService{Client: client}
}

func (s *sdk) prepay(no string) (string, error) {
	expire := time.Now().Add(5 * time.Minute)
	resp, _, err := s.orders.Prepay(s.t.Context(), native.PrepayRequest{
		Appid: &s.m.AppID, Mchid: &s.m.MchID, OutTradeNo: &no, NotifyUrl: &s.m.NotifyURL, TimeExpire: &expire,
		Description: core.String("汽水 <A & B> 500ml"), // the SDK escapes the marks
		Attach:      core.String("SH0042"),
		Amount:      &native.Amount{Total: core.Int64(350), Currency: core.String("CNY")},
		SceneInfo:   &native.SceneInfo{PayerClientIp: core.String("203.0.113.7"), DeviceId: core.String("SH0042")},
	})
	if err != nil {
		return "", err
	}
	return *resp.CodeUrl, nil
}

func (s *sdk) query(no string) (*payments.Transaction, error) {
	tx, _, err := s.orders.QueryOrderByOutTradeNo(s.t.Context(), native.QueryOrderByOutTradeNoRequest{OutTradeNo: &no, Mchid: &s.m.MchID})
	return tx, err
}

func (s *sdk) close(no string) (int, error) {
	result, err := s.orders.CloseOrder(s.t.Context(), native.CloseOrderRequest{OutTradeNo: &no, Mchid: &s.m.MchID})
	if result == nil || result.Response == nil {
		return 0, err
	}
	return result.Response.StatusCode, err
}

// paid creates an order and has it paid.
func (s *sdk) paid(no string) {
	s.t.Helper()
	code, err := s.prepay(no)
	s.ok(err)
	_, err = s.server.Scan(code, "ann")
	s.ok(err)
	s.ok(s.server.Pay("ann", no))
}

func (s *sdk) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// wantCode checks that the SDK reports the simulator's error answer.
func (s *sdk) wantCode(err error, status int, code string) {
	s.t.Helper()
	var api *core.APIError
	if !errors.As(err, &api) || api.StatusCode != status || api.Code != code {
		s.t.Fatalf("got %v, want %d %s", err, status, code)
	}
}

func TestSaleAndRefund(t *testing.T) {
	s := newSDK(t)
	const no = "ORACLE|0*1" // the SDK escapes both marks in a path
	_, err := s.query(no)
	s.wantCode(err, 404, "ORDER_NOT_EXIST")
	s.paid(no)
	tx, err := s.query(no)
	s.ok(err)
	o, err := s.server.Order(no)
	s.ok(err)
	if *tx.TradeState != "SUCCESS" || *tx.OutTradeNo != no || *tx.Amount.Total != 350 || *tx.Attach != "SH0042" ||
		*tx.TransactionId != o.TransactionID || *tx.SuccessTime != o.PaidAt.In(time.FixedZone("", 8*3600)).Format(time.RFC3339) {
		t.Errorf("%v", tx)
	}
	if o.Description != "汽水 <A & B> 500ml" {
		t.Errorf("the simulator read the description as %q", o.Description)
	}
	byID, _, err := s.orders.QueryOrderById(t.Context(), native.QueryOrderByIdRequest{TransactionId: &o.TransactionID, Mchid: &s.m.MchID})
	if err != nil || *byID.OutTradeNo != no {
		t.Errorf("%v %v", byID, err)
	}
	_, err = s.close(no)
	s.wantCode(err, 400, "ORDER_PAID")

	refundNo := no + "R"
	s.server.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 0 })
	r, _, err := s.refunds.Create(t.Context(), refunddomestic.CreateRequest{
		OutTradeNo: core.String(no), OutRefundNo: &refundNo, Reason: core.String("未出货"),
		Amount: &refunddomestic.AmountReq{Refund: core.Int64(350), Total: core.Int64(350), Currency: core.String("CNY")},
	})
	s.ok(err)
	q, _, err := s.refunds.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: &refundNo})
	s.ok(err)
	if *q.RefundId != *r.RefundId || *q.Status != refunddomestic.STATUS_SUCCESS || *q.Amount.Refund != 350 || q.SuccessTime == nil {
		t.Errorf("%v", q)
	}
}

func TestClose(t *testing.T) {
	s := newSDK(t)
	_, err := s.prepay("ORACLE0001")
	s.ok(err)
	if status, err := s.close("ORACLE0001"); status != 204 || err != nil {
		t.Errorf("close: %d %v", status, err) // the signature of the empty body is good
	}
	tx, err := s.query("ORACLE0001")
	s.ok(err)
	if *tx.TradeState != "CLOSED" {
		t.Errorf("%v", tx)
	}
}

// TestSDKReportsPayingAsClosed pins the SDK's flaw that is one reason for a
// client of our own: the customer is paying, and CloseOrder returns no error.
func TestSDKReportsPayingAsClosed(t *testing.T) {
	s := newSDK(t)
	code, err := s.prepay("ORACLE0001")
	s.ok(err)
	_, err = s.server.Scan(code, "ann")
	s.ok(err)
	s.ok(s.server.EnterPIN("ann", "ORACLE0001", time.Hour))
	if status, err := s.close("ORACLE0001"); status != 202 || err != nil {
		t.Errorf("close: %d %v; the SDK takes 202 for a success", status, err)
	}
	s.ok(s.server.Pay("ann", "ORACLE0001")) // it was not closed
}

func TestSDKRefusesBadSignatures(t *testing.T) {
	s := newSDK(t)
	s.paid("ORACLE0001")
	for _, name := range []paytest.FaultName{
		paytest.FaultMisSigned, paytest.FaultSignTest, paytest.FaultSignTestBad, paytest.FaultUnsigned,
		paytest.FaultUnknownSerial, paytest.FaultStale, paytest.FaultFuture,
	} {
		s.ok(s.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}))
		if tx, err := s.query("ORACLE0001"); err == nil || core.IsAPIError(err, "") {
			t.Errorf("%s: %v %v", name, tx, err)
		}
	}
	_, err := s.query("ORACLE0001")
	s.ok(err)
}

func TestSimulatorRefusesAnotherKey(t *testing.T) {
	s := newSDK(t)
	s.server.AddMerchantKey(s.m.Serial, s.m.PublicKey) // not the SDK's
	_, err := s.query("ORACLE0001")
	s.wantCode(err, 401, "SIGN_ERROR")
	if !strings.Contains(err.Error(), "sign not match") {
		t.Errorf("%v", err)
	}
}

func TestKeyChange(t *testing.T) {
	s := newSDK(t)
	s.paid("ORACLE0001")
	old := s.m.PublicKeyID
	_, err := s.server.RotateKey()
	s.ok(err)
	_, err = s.query("ORACLE0001") // the SDK names its key, which is still served
	s.ok(err)
	s.ok(s.server.RetireKey(old))
	if _, err := s.query("ORACLE0001"); err == nil {
		t.Error("the SDK takes an answer signed with a key that it does not know")
	}
	m := s.server.Merchant()
	s.connect(m.PublicKeyID, m.PublicKey)
	_, err = s.query("ORACLE0001")
	s.ok(err)
}
