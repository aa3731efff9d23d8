package oracle_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"

	"kioskd/payment/paytest"
)

// TestBill: the SDK, which has no call of its own for bills, verifies the signed
// answer and refuses the file, which is not signed, as its documents say; without
// a validator it downloads what was announced.
func TestBill(t *testing.T) {
	s := newSDK(t)
	day := time.Now().Add(-48 * time.Hour).UTC().Format(time.DateOnly)
	s.server.EditBill(func(_ string, lines []paytest.BillLine) []paytest.BillLine {
		return append(lines, paytest.BillLine{At: time.Now(), OutTradeNo: "SH0042-17-ABCDEF", State: "SUCCESS", Total: 350, Product: "汽水, 500ml"})
	})
	r, err := s.refunds.Client.Get(t.Context(), consts.WechatPayAPIServer+"/v3/bill/tradebill?bill_date="+day+"&bill_type=ALL")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Response.Body.Close()
	var a struct {
		HashType    string `json:"hash_type"`
		HashValue   string `json:"hash_value"`
		DownloadURL string `json:"download_url"`
	}
	if err := json.NewDecoder(r.Response.Body).Decode(&a); err != nil || a.HashType != "SHA1" {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := s.refunds.Client.Get(t.Context(), a.DownloadURL); err == nil || !strings.Contains(err.Error(), "`Wechatpay-Serial` is empty") {
		t.Errorf("a file without a signature: %v", err)
	}
	base, err := url.Parse(s.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := core.NewClient(t.Context(), option.WithMerchantCredential(s.m.MchID, s.m.Serial, s.m.Key), option.WithoutValidator(),
		option.WithHTTPClient(&http.Client{Transport: toSimulator{base}, Timeout: 20 * time.Second}))
	if err != nil {
		t.Fatal(err)
	}
	file, err := plain.Get(t.Context(), a.DownloadURL)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Response.Body.Close()
	content, err := io.ReadAll(file.Response.Body)
	if sum := sha1.Sum(content); err != nil || hex.EncodeToString(sum[:]) != a.HashValue {
		t.Errorf("%q, %v", content, err)
	}
}
