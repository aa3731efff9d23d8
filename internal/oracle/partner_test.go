package oracle_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"kioskd/payment/paytest"
)

func asAPI(err error, api **core.APIError) bool { return errors.As(err, api) }

// A service provider's sale, from the order to the refund.
func TestPartnerSale(t *testing.T) {
	server := simulator(t, paytest.Options{Partner: true})
	m := server.Merchant()
	client, err := core.NewClient(context.Background(),
		option.WithWechatPayPublicKeyAuthCipher(m.MchID, m.Serial, m.Key, m.PublicKeyID, m.PublicKey),
		option.WithHTTPClient(toServer(t, server)))
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(err)
	orders := native.NativeApiService{Client: client}
	refunds := refunddomestic.RefundsApiService{Client: client}
	prepay := func(no string) string {
		t.Helper()
		expire := time.Now().Add(5 * time.Minute)
		resp, _, err := orders.Prepay(t.Context(), native.PrepayRequest{
			SpAppid: &m.AppID, SpMchid: &m.MchID, SubAppid: &m.SubAppID, SubMchid: &m.SubMchID, OutTradeNo: &no,
			Description: core.String("汽水"), NotifyUrl: &m.NotifyURL, TimeExpire: &expire,
			Amount: &native.Amount{Total: core.Int64(350), Currency: core.String("CNY")},
		})
		ok(err)
		return *resp.CodeUrl
	}

	_, err = server.Scan(prepay("ORACLE0001"), "ann")
	ok(err)
	ok(server.Pay("ann", "ORACLE0001"))
	tx, _, err := orders.QueryOrderByOutTradeNo(t.Context(), native.QueryOrderByOutTradeNoRequest{
		OutTradeNo: core.String("ORACLE0001"), SpMchid: &m.MchID, SubMchid: &m.SubMchID})
	ok(err)
	if *tx.TradeState != "SUCCESS" || *tx.SpMchid != m.MchID || *tx.SubMchid != m.SubMchID || *tx.SpAppid != m.AppID || *tx.SubAppid != m.SubAppID ||
		*tx.Payer.SpOpenid == "" || *tx.Payer.SubOpenid == "" || *tx.Amount.Total != 350 {
		t.Errorf("%v", tx)
	}
	byID, _, err := orders.QueryOrderById(t.Context(), native.QueryOrderByIdRequest{TransactionId: tx.TransactionId, SpMchid: &m.MchID, SubMchid: &m.SubMchID})
	if err != nil || *byID.OutTradeNo != "ORACLE0001" {
		t.Errorf("%v, %v", byID, err)
	}

	prepay("ORACLE0002")
	result, err := orders.CloseOrder(t.Context(), native.CloseOrderRequest{OutTradeNo: core.String("ORACLE0002"), SpMchid: &m.MchID, SubMchid: &m.SubMchID})
	if err != nil || result.Response.StatusCode != 204 {
		t.Errorf("close: %v, %v", result, err)
	}

	create := refunddomestic.CreateRequest{
		SubMchid: &m.SubMchID, TransactionId: tx.TransactionId, OutRefundNo: core.String("ORACLE0001R"),
		Amount: &refunddomestic.AmountReq{Refund: core.Int64(350), Total: core.Int64(350), Currency: core.String("CNY")},
	}
	r, _, err := refunds.Create(t.Context(), create)
	ok(err)
	q, _, err := refunds.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String("ORACLE0001R"), SubMchid: &m.SubMchID})
	ok(err)
	if *q.RefundId != *r.RefundId {
		t.Errorf("%v", q)
	}
	create.SubMchid = nil
	_, _, err = refunds.Create(t.Context(), create)
	var api *core.APIError
	if !asAPI(err, &api) || api.StatusCode != 400 || api.Code != "PARAM_ERROR" {
		t.Errorf("a refund without its sub-merchant: %v", err)
	}
}
