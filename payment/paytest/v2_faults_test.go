package paytest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// What each fault does to an answer of API v2: what it says, whether its
// signature is good, and whether the call has its effect.
func TestV2EveryFault(t *testing.T) {
	for _, name := range paytest.FaultNames() {
		want, ok := map[paytest.FaultName]struct {
			says           string // in the answer's words or the connection's error
			proved, effect bool
		}{
			paytest.FaultResetBefore:    {says: "reset by peer"},
			paytest.FaultResetAfter:     {says: "reset by peer", effect: true},
			paytest.FaultSilent:         {says: "Timeout exceeded"},
			paytest.FaultHTML502:        {says: "502 Bad Gateway"},
			paytest.FaultHTML503:        {says: "503 Service"},
			paytest.FaultHTML200:        {says: "Free WiFi"},
			paytest.FaultEmpty200:       {},
			paytest.FaultHuge200:        {says: "      "},
			paytest.FaultTruncated:      {says: "unexpected EOF", effect: true},
			paytest.FaultError:          {says: "TEAPOT", proved: true},
			paytest.FaultRateLimited:    {says: "FREQUENCY_LIMITED", proved: true},
			paytest.FaultSignError:      {says: "签名错误"},
			paytest.FaultNoAuth:         {says: "NOAUTH", proved: true},
			paytest.FaultSystem:         {says: "SYSTEMERROR", proved: true},
			paytest.FaultBank:           {says: "BIZERR_NEED_RETRY", proved: true},
			paytest.FaultNotFound:       {says: "ORDERNOTEXIST", proved: true},
			paytest.FaultPaid:           {says: "ORDERPAID", proved: true},
			paytest.FaultClosed:         {says: "ORDERCLOSED", proved: true},
			paytest.FaultPaying:         {says: "USERPAYING", proved: true},
			paytest.FaultNotEnough:      {says: "NOTENOUGH", proved: true},
			paytest.FaultMisSigned:      {effect: true},
			paytest.FaultSignTest:       {effect: true},
			paytest.FaultSignTestBad:    {effect: true},
			paytest.FaultUnsigned:       {effect: true},
			paytest.FaultUnknownSerial:  {effect: true},
			paytest.FaultOtherAlgorithm: {effect: true},
			paytest.FaultStale:          {proved: true, effect: true},
			paytest.FaultFuture:         {proved: true, effect: true},
			paytest.FaultReplay:         {proved: true, effect: true},
			paytest.FaultWrongMchID:     {proved: true, effect: true},
			paytest.FaultWrongAppID:     {proved: true, effect: true},
			paytest.FaultWrongNumber:    {proved: true, effect: true},
			paytest.FaultWrongAmount:    {proved: true, effect: true},
			paytest.FaultWrongCurrency:  {proved: true, effect: true},
			paytest.FaultWrongState:     {proved: true, effect: true},
		}[name]
		if !ok {
			t.Errorf("fault %s has no case here", name)
			continue
		}
		t.Run(string(name), func(t *testing.T) {
			c := startV2(t)
			if name == paytest.FaultSilent {
				c.http.Timeout = 100 * time.Millisecond
			}
			c.ok(c.server.Queue(paytest.CallCreate, paytest.Fault{Name: name, Status: 418, Code: "TEAPOT"}))
			got := c.call("/pay/unifiedorder", c.orderFields("ORDER00001"))
			_, err := c.server.Order("ORDER00001")
			if said := got["error"] + got["err_code"] + got["return_msg"]; !strings.Contains(said, want.says) || c.proved(got) != want.proved || (err == nil) != want.effect {
				t.Errorf("%v, proved %v, the order exists: %v", got, c.proved(got), err == nil)
			}
		})
	}
}

func TestV2Lies(t *testing.T) {
	c := startV2(t)
	c.paid("ORDER00001")
	c.paid("ORDER00002")
	c.query("ORDER00002") // remembered for a replay
	honest := c.query("ORDER00001")
	for name, field := range map[paytest.FaultName]string{
		paytest.FaultWrongMchID: "mch_id", paytest.FaultWrongAppID: "appid", paytest.FaultWrongNumber: "out_trade_no", paytest.FaultWrongAmount: "total_fee",
		paytest.FaultWrongCurrency: "fee_type", paytest.FaultWrongState: "trade_state", paytest.FaultReplay: "out_trade_no",
	} {
		c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}))
		if got := c.query("ORDER00001"); got[field] == honest[field] || !c.proved(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for name, off := range map[paytest.FaultName]time.Duration{paytest.FaultStale: -10 * time.Minute, paytest.FaultFuture: 10 * time.Minute} {
		c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: name}))
		date, err := http.ParseTime(c.query("ORDER00001")["date"])
		if d := date.Sub(c.clock.Now()) - off; err != nil || d.Abs() > 2*time.Second {
			t.Errorf("%s: %s, %v", name, date, err)
		}
	}
	c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultOtherAlgorithm}))
	got := c.query("ORDER00001")
	if c.kind = "MD5"; !c.proved(got) {
		t.Errorf("not signed with MD5: %v", got)
	}
}
