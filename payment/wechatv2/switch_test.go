package wechatv2_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// A technician who changes payment.driver leaves orders behind that only the
// old driver can speak for.
func TestOrdersOfTheOtherDriver(t *testing.T) {
	s := newDouble(t, "HMAC-SHA256")
	v2 := client(t, s.settings(), realTime)
	v3 := thirdVersion(t, s)
	const want = "SH0042-000001: E-PAY-02: the order was made with another payment.driver: merchant set-up (put the old payment section back until its orders are settled)"

	ofV2 := s.Created(t, v2, 1)
	refusedAll(t, v3, ofV2, want)
	ofV3 := ofV2
	var err error
	if ofV3.Request, err = v3.Prepare(ofV3, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	refusedAll(t, v2, ofV3, want)

	if _, err := v2.Create(t.Context(), ofV3); err == nil || err.Error() != "create order "+want {
		t.Errorf("%v", err)
	}
	if _, err := v3.Create(t.Context(), ofV2); !errors.Is(err, sale.ErrRefused) || !strings.Contains(err.Error(), "not one of this gateway") {
		t.Errorf("%v", err)
	}
	if n := s.Server.Calls(string(ofV2.Number)).Counts; len(n) != 1 || n[paytest.CallCreate] != 1 {
		t.Errorf("calls %v", n)
	}
	// Of an order that has lost all but its number either may ask: it is the
	// merchant's number.
	ofV2.Request = nil
	for _, g := range []sale.Gateway{v2, v3} {
		if trade, err := g.Query(t.Context(), ofV2); err != nil || trade.State != sale.TradeUnpaid {
			t.Errorf("%+v, %v", trade, err)
		}
	}
}

func thirdVersion(t *testing.T, s *double) *wechat.Client {
	t.Helper()
	dir, m := t.TempDir(), s.Server.Merchant()
	if err := s.Server.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	g, err := wechat.New(wechat.Settings{
		AppID: m.AppID, MchID: m.MchID, MerchantSerial: m.Serial, MerchantKey: filepath.Join(dir, paytest.MerchantKeyFile),
		PublicKeyID: m.PublicKeyID, PublicKey: filepath.Join(dir, paytest.PublicKeyFile), NotifyURL: m.NotifyURL, BaseURLs: s.Server.URLs(),
	}, wechat.Options{DeviceID: "SH0042"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// An order of another merchant is not asked about.
func TestOrdersOfAnotherMerchant(t *testing.T) {
	s := newStub(t, says(paidFields()))
	old := client(t, settings(t))
	changed := settings(t, s.URL)
	changed.MchID = "1900000110"
	const want = `SH0042-000017-x7k2p: E-PAY-02: the order belongs to merchant "1900000109": merchant set-up (put that merchant's settings back until its orders are settled)`
	refusedAll(t, client(t, changed), order(t, old), want)
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// refusedAll wants the same of every call about an order that was created.
func refusedAll(t *testing.T, g sale.Gateway, o sale.Order, want string) {
	t.Helper()
	_, queryErr := g.Query(t.Context(), o)
	_, refundErr := g.Refund(t.Context(), o)
	_, askErr := g.QueryRefund(t.Context(), o)
	for what, err := range map[string]error{
		"query order ": queryErr, "close order ": g.Close(t.Context(), o), "refund order ": refundErr, "query refund of order ": askErr,
	} {
		if err == nil || err.Error() != what+want || !errors.Is(err, sale.ErrMerchant) || errors.Is(err, sale.ErrRefused) {
			t.Errorf("%v\nwant %s", err, what+want)
		}
	}
}

// An order keeps the appid it was made with.
func TestAppIDOfTheOrderCounts(t *testing.T) {
	s := newStub(t, says(paidFields()))
	old := client(t, settings(t, s.URL))
	changed := settings(t, s.URL)
	changed.AppID = "wx0000000000000000"
	if trade, err := client(t, changed).Query(t.Context(), order(t, old)); err != nil || trade.State != sale.TradePaid {
		t.Errorf("%v, %v", trade, err)
	}
}
