package paytest_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// v2 is the smallest client of API v2, written for these tests alone.
type v2 struct {
	*client
	kind string // sign_type
}

func startV2(t testing.TB) *v2 { return &v2{start(t), "HMAC-SHA256"} }

// sign is the provider's rule.
func (c *v2) sign(f map[string]string, kind string) string {
	var text string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != "sign" && f[name] != "" {
			text += name + "=" + f[name] + "&"
		}
	}
	text += "key=" + c.merchant.APIKey
	sum := md5.Sum([]byte(text))
	all := sum[:]
	if kind == "HMAC-SHA256" {
		h := hmac.New(sha256.New, []byte(c.merchant.APIKey))
		h.Write([]byte(text))
		all = h.Sum(nil)
	}
	return strings.ToUpper(hex.EncodeToString(all))
}

var nonces int

// fields begins a request.
func (c *v2) fields(pairs ...string) map[string]string {
	nonces++
	f := map[string]string{"appid": c.merchant.AppID, "mch_id": c.merchant.MchID, "nonce_str": fmt.Sprint("n", nonces), "sign_type": c.kind}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = pairs[i+1]
	}
	return f
}

// call signs unless there is a sign, and returns the answer's fields.
func (c *v2) call(path string, f map[string]string) map[string]string {
	c.t.Helper()
	if _, there := f["sign"]; !there {
		f["sign"] = c.sign(f, f["sign_type"])
	}
	text := "<xml>"
	for name, value := range f {
		if value != "" {
			text += "<" + name + "><![CDATA[" + value + "]]></" + name + ">"
		}
	}
	return c.post(path, text+"</xml>")
}

func (c *v2) post(path, text string) map[string]string {
	c.t.Helper()
	a := c.send("POST", path, text)
	if a.err != nil {
		return map[string]string{"error": a.err.Error()}
	}
	got := map[string]string{"status": fmt.Sprint(a.status), "date": a.header.Get("Date")}
	var root struct {
		Fields []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(a.body, &root); err != nil || !strings.HasPrefix(string(a.body), "<xml>") {
		got["error"] = string(a.body)
		return got
	}
	for _, f := range root.Fields {
		got[f.XMLName.Local] = f.Text
	}
	return got
}

// proved wants an answer's signature to be good.
func (c *v2) proved(f map[string]string) bool {
	f = maps.Clone(f)
	delete(f, "status")
	delete(f, "date")
	return f["sign"] != "" && f["sign"] == c.sign(f, c.kind)
}

func (c *v2) orderFields(no string, pairs ...string) map[string]string {
	return c.fields(append([]string{
		"body", "汽水 <A & B>", "out_trade_no", no, "total_fee", "200", "spbill_create_ip", "203.0.113.7", "notify_url", c.merchant.NotifyURL,
		"trade_type", "NATIVE", "product_id", "11", "attach", "SH0042", "device_info", "SH0042",
		"time_expire", c.clock.Now().Add(5 * time.Minute).In(time.FixedZone("", 8*3600)).Format("20060102150405"),
	}, pairs...)...)
}

func (c *v2) order(no string) string {
	c.t.Helper()
	got := c.call("/pay/unifiedorder", c.orderFields(no))
	if got["result_code"] != "SUCCESS" || !c.proved(got) {
		c.t.Fatalf("created %v", got)
	}
	return got["code_url"]
}

func (c *v2) paid(no string) {
	c.t.Helper()
	_, err := c.server.Scan(c.order(no), "ann")
	c.ok(err)
	c.ok(c.server.Pay("ann", no))
}

func (c *v2) query(no string) map[string]string {
	c.t.Helper()
	return c.call("/pay/orderquery", c.fields("out_trade_no", no))
}

func (c *v2) refundFields(no string, pairs ...string) map[string]string {
	return c.fields(append([]string{"out_trade_no", no, "out_refund_no", no + "R", "total_fee", "200", "refund_fee", "200"}, pairs...)...)
}

func startTLS(t *testing.T) *paytest.Server {
	t.Helper()
	s, err := paytest.New(paytest.Options{MerchantKey: keys()[0], PublicKey: keys()[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StartTLS(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
