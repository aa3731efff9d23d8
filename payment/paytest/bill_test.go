package paytest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// noon is the noon of a day in Beijing.
var noon = time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)

// at moves the clock of provider and client.
func (c *client) at(t time.Time) { c.clock.Add(t.Sub(c.clock.Now())) }

func (c *client) bill(query string) answer {
	c.t.Helper()
	return c.send("GET", "/v3/bill/tradebill?"+query, "")
}

// file downloads what a bill's answer leads to.
func (c *client) file(a answer) answer {
	c.t.Helper()
	return c.send("GET", c.filePath(a), "")
}

func (c *client) filePath(a answer) string {
	c.t.Helper()
	c.ok(c.verify(a))
	u, _ := a.fields(c.t)["download_url"].(string)
	path, ok := strings.CutPrefix(u, c.base)
	if !ok {
		c.t.Fatalf("the file is at %s", u)
	}
	return path
}

// soldAndRefunded is a day with a payment before midnight, one at noon that
// goes back after midnight, and an order that nobody pays.
func soldAndRefunded(c *client) {
	c.at(noon)
	c.paid("ORDER00001")
	c.order("ORDER00002")
	c.at(noon.Add(12*time.Hour - time.Second))
	c.paid("ORDER00003")
	c.at(noon.Add(12*time.Hour + time.Minute))
	c.want(c.send("POST", "/v3/refund/domestic/refunds", `{"out_trade_no":"ORDER00001","out_refund_no":"ORDER00001R","amount":{"refund":200,"total":200,"currency":"CNY"}}`), 200, "")
}

func TestBill(t *testing.T) {
	c := start(t)
	soldAndRefunded(c)
	c.want(c.bill("bill_date=2026-11-28"), 400, "INVALID_REQUEST") // today
	c.want(c.bill("bill_date=2026-11-27"), 400, "STATEMENT_CREATING")
	c.at(noon.Add(22 * time.Hour))
	c.want(c.bill("bill_date=2026-11-26"), 400, "NO_STATEMENT_EXIST")
	c.want(c.bill("bill_date=2026-08-01"), 400, "INVALID_REQUEST") // too old
	c.want(c.bill("bill_date=20261127"), 400, "PARAM_ERROR")
	c.want(c.bill("bill_date=2026-11-27&bill_type=SUCCESS"), 400, "PARAM_ERROR")

	a := c.bill("bill_date=2026-11-27")
	c.want(a, 200, "")
	plain := c.file(a)
	if plain.header.Get("Wechatpay-Signature") != "" {
		t.Error("the file's answer is signed")
	}
	sum := sha1.Sum(plain.body)
	if a.fields(t)["hash_value"] != hex.EncodeToString(sum[:]) || a.fields(t)["hash_type"] != "SHA1" {
		t.Errorf("%s: the file has %x", a, sum)
	}
	lines := strings.Split(string(plain.body), "\r\n")
	if len(lines) != 6 || lines[5] != "" || !strings.HasPrefix(lines[0], "\uFEFF交易时间,公众账号ID,") || strings.Count(lines[0], ",") != 26 ||
		!strings.HasPrefix(lines[1], "`2026-11-27 12:00:00,`wx") || !strings.Contains(lines[1], ",`ORDER00001,`") ||
		!strings.HasPrefix(lines[2], "`2026-11-27 23:59:59,`wx") || !strings.Contains(lines[2], ",`NATIVE,`SUCCESS,`OTHERS,`CNY,`2.00,`0.00,`0,`0,`0.00,`0.00,`,`,`") ||
		!strings.HasPrefix(lines[3], "总交易单数,应结订单总金额,") || lines[4] != "`2.0,`4.00,`0.00,`0.0,`0.0,`4.00,`0.00" {
		t.Errorf("%q", lines)
	}

	zipped := c.bill("bill_date=2026-11-27&bill_type=ALL&tar_type=GZIP")
	z, err := gzip.NewReader(bytes.NewReader(c.file(zipped).body))
	c.ok(err)
	content, err := io.ReadAll(z)
	c.ok(err)
	if !bytes.Equal(content, plain.body) || zipped.fields(t)["hash_value"] != a.fields(t)["hash_value"] {
		t.Errorf("compressed: %q", content)
	}

	path := c.filePath(a)
	c.clock.Add(6 * time.Minute)
	c.want(c.send("GET", path, ""), 400, "INVALID_REQUEST") // run out
}

// The refund stands on the bill of the day on which it was asked for, with the
// status of the morning after.
func TestBillOfRefunds(t *testing.T) {
	for result, word := range map[string]string{
		paytest.RefundSuccess: "SUCCESS", paytest.RefundAbnormal: "CHANGE", paytest.RefundClosed: "REFUNDCLOSE", "": "PROCESSING",
	} {
		c := start(t)
		c.behave(func(b *paytest.Behaviour) {
			b.RefundResult, b.RefundDelay = result, time.Hour
			if result == "" {
				b.RefundResult, b.RefundDelay = paytest.RefundSuccess, 72*time.Hour
			}
		})
		soldAndRefunded(c)
		c.at(noon.Add(400 * time.Hour))
		lines := strings.Split(string(c.file(c.bill("bill_date=2026-11-28")).body), "\r\n")
		if len(lines) != 5 || !strings.HasPrefix(lines[1], "`2026-11-28 00:01:00,`") ||
			!strings.Contains(lines[1], ",`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50") || !strings.Contains(lines[1], ",`ORDER00001R,`2.00,`0.00,`ORIGINAL,`"+word+",`") {
			t.Errorf("%s: %q", word, lines)
		}
	}
}

func TestBillFaults(t *testing.T) {
	c := start(t)
	soldAndRefunded(c)
	c.at(noon.Add(22 * time.Hour))
	good := c.bill("bill_date=2026-11-27")
	c.ok(c.server.Queue(paytest.CallBill, paytest.Fault{Name: paytest.FaultWrongHash}, paytest.Fault{Name: paytest.FaultWrongURL}, paytest.Fault{Name: paytest.FaultSignTest}))
	a := c.bill("bill_date=2026-11-27")
	c.ok(c.verify(a))
	if a.fields(t)["hash_value"] == good.fields(t)["hash_value"] {
		t.Error("the hash is right")
	}
	a = c.bill("bill_date=2026-11-27")
	c.ok(c.verify(a))
	if !strings.HasPrefix(a.fields(t)["download_url"].(string), "https://bills.example.com/v3/billdownload/file?token=") {
		t.Errorf("%s", a)
	}
	if c.verify(c.bill("bill_date=2026-11-27")) == nil {
		t.Error("a SIGNTEST answer is well signed")
	}
	whole := c.file(good)
	c.ok(c.server.Queue(paytest.CallBillFile, paytest.Fault{Name: paytest.FaultCutFile}, paytest.Fault{Name: paytest.FaultTruncated}, paytest.Fault{Name: paytest.FaultSystem}))
	if half := c.file(good); half.err != nil || len(half.body) != len(whole.body)/2 {
		t.Errorf("%s", half)
	}
	if cut := c.file(good); cut.err == nil {
		t.Errorf("%s", cut)
	}
	c.want(c.file(good), 500, "SYSTEM_ERROR")
	c.authorize = func(string) string { return "none" }
	c.want(c.send("GET", "/v3/billdownload/file?token=x", ""), 401, "SIGN_ERROR")
}

func TestEditBill(t *testing.T) {
	c := start(t)
	c.at(noon.Add(22 * time.Hour))
	c.server.EditBill(func(day string, lines []paytest.BillLine) []paytest.BillLine {
		if day != "2026-11-27" || len(lines) > 0 {
			t.Errorf("%s: %v", day, lines)
		}
		return append(lines, paytest.BillLine{At: noon, OutTradeNo: "XX01-1-ABCDEF", State: "SUCCESS", Total: 123456, Settled: 123456})
	})
	if body := string(c.file(c.bill("bill_date=2026-11-27")).body); !strings.Contains(body, ",`XX01-1-ABCDEF,`") || !strings.Contains(body, "`1.0,`1234.56,`") {
		t.Errorf("%q", body)
	}
	c.server.EditBill(nil)
	c.want(c.bill("bill_date=2026-11-27"), 400, "NO_STATEMENT_EXIST")
}
