package wechat_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kioskd/payment/gatewaytest/simulated"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/reconcile"
	"kioskd/sale"
)

var billDay, _ = reconcile.ParseDay("2026-11-22")

func zipped(t testing.TB, s []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// billAnswer is the answer to the request for a bill whose content is given.
func billAnswer(content []byte, url string) string {
	return fmt.Sprintf(`{"hash_type":"SHA1","hash_value":"%x","download_url":"%s"}`, sha1.Sum(content), url)
}

const officialFile = basePath + "/v3/billdownload/file?token=a-b_c%2F1&tartype=gzip"

// billStub answers the request for a bill and the download.
func billStub(t testing.TB, answer string, file func(http.ResponseWriter, *http.Request)) *stub {
	return newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v3/billdownload/") {
			file(w, r)
			return
		}
		signed(200, answer)(w, r)
	})
}

func content(b []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

func TestTradeBill(t *testing.T) {
	text := []byte("\uFEFF" + strings.Repeat("one line of many\r\n", 100_000)) // far above what other answers may have
	for name, file := range map[string][]byte{"compressed": zipped(t, text), "plain": text} {
		s := billStub(t, billAnswer(text, officialFile), content(file))
		var got bytes.Buffer
		if err := client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, &got); err != nil || !bytes.Equal(got.Bytes(), text) {
			t.Errorf("%s: %d bytes, %v", name, got.Len(), err)
		}
		asked := s.requests()
		if len(asked) != 2 || asked[0].path != "/v3/bill/tradebill?bill_date=2026-11-22&bill_type=ALL&tar_type=GZIP" ||
			asked[1].path != "/v3/billdownload/file?token=a-b_c%2F1&tartype=gzip" {
			t.Fatalf("%s: asked for %v", name, asked)
		}
		for _, r := range asked {
			var mchid, nonce, timestamp, serial, signature string
			if _, err := fmt.Sscanf(strings.NewReplacer(`"`, " ", ",", " ").Replace(r.header.Get("Authorization")),
				"WECHATPAY2-SHA256-RSA2048 mchid= %s nonce_str= %s timestamp= %s serial_no= %s signature= %s",
				&mchid, &nonce, &timestamp, &serial, &signature); err != nil {
				t.Fatal(err)
			}
			if err := verifyRequest(r, timestamp, nonce, signature); err != nil {
				t.Errorf("%s: %s: %v", name, r.path, err)
			}
		}
	}
}

func TestTradeBillRefusals(t *testing.T) {
	text := []byte("the bill")
	file := content(zipped(t, text))
	good := billAnswer(text, officialFile)
	for _, c := range []struct {
		name, answer string
		file         func(http.ResponseWriter, *http.Request)
		class        error
		says         string
	}{
		{"other hash", billAnswer([]byte("x"), officialFile), file, sale.ErrTemporary,
			"fetch the bill of 2026-11-22: E-PAY-03: the bill's file is not the one that WeChat Pay has announced: temporary: its SHA-1 is d8a3f27f7b79d1f5f078c580d25d358a282fad1e, not 11f6ad8ec52a2984abaafd7c3b516503785c2072 (if it stays, look for a proxy in this network)"},
		{"no hash", strings.Replace(good, "SHA1", "MD5", 1), file, sale.ErrTemporary, `the answer names no SHA-1 but "MD5" `},
		{"short hash", strings.Replace(good, `hash_value":"`, `hash_value":"zz`, 1), file, sale.ErrTemporary, `the answer names no SHA-1 but "SHA1" "zz`},
		{"stranger", billAnswer(text, "https://bills.example.com/v3/billdownload/file?token=1"), file, sale.ErrTemporary,
			`the answer's download_url leads to "https://bills.example.com", which is not WeChat Pay`},
		{"a name like ours", billAnswer(text, "https://api.mch.weixin.qq.com.example.com/v3/billdownload/file"), file, sale.ErrTemporary, "which is not WeChat Pay"},
		{"plain http", billAnswer(text, "http://api.mch.weixin.qq.com/v3/billdownload/file?token=1"), file, sale.ErrTemporary, "which is not WeChat Pay"},
		{"another port", billAnswer(text, "https://api.mch.weixin.qq.com:8443/v3/billdownload/file?token=1"), file, sale.ErrTemporary, "which is not WeChat Pay"},
		{"another interface", billAnswer(text, basePath+"/pay/downloadbill?token=secret"), file, sale.ErrTemporary, "is not one of this interface"},
		{"a user", billAnswer(text, "https://me:secret@api.mch.weixin.qq.com/v3/billdownload/file?token=secret"), file, sale.ErrTemporary, `"https://me:xxxxx@api`},
		{"no URL", billAnswer(text, "/v3/billdownload/file?token=secret"), file, sale.ErrTemporary, "is not a URL"},
		{"not JSON", "{", file, sale.ErrTemporary, "the answer is not the JSON it should be"},
		{"cut within the compression", good, content(zipped(t, text)[:20]), sale.ErrTemporary, "the bill's file is not the one that WeChat Pay has announced: temporary: unexpected EOF"},
		{"empty", good, content(nil), sale.ErrTemporary, "its SHA-1 is da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"the URL has run out", good, unsigned(400, `{"code":"INVALID_REQUEST","message":"expired"}`), sale.ErrTemporary, "HTTP 400 INVALID_REQUEST: expired"},
		{"not found", good, unsigned(404, `{"code":"RESOURCE_NOT_EXISTS","message":""}`), sale.ErrTemporary, "HTTP 404 RESOURCE_NOT_EXISTS"},
		{"no permission", good, unsigned(403, `{"code":"NO_AUTH","message":""}`), sale.ErrMerchant, "HTTP 403 NO_AUTH"},
		{"redirect", good, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://bills.example.com/", http.StatusFound)
		}, sale.ErrTemporary, "with a redirect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := billStub(t, c.answer, c.file)
			err := client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, io.Discard)
			if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A bill that unpacks into more than a machine can bear ends in an error that
// is not repeated.
func TestTradeBillBomb(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for range 257 {
		if _, err := z.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := billStub(t, billAnswer(nil, officialFile), content(b.Bytes()))
	err := client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, io.Discard)
	if !errors.Is(err, sale.ErrRefused) || !strings.HasSuffix(err.Error(), "the bill is longer than 256 MiB") {
		t.Error(err)
	}
}

// What the provider says without a bill.
func TestTradeBillErrorAnswers(t *testing.T) {
	for body, class := range map[string]error{
		`{"code":"NO_STATEMENT_EXIST","message":"请求的账单文件不存在"}`: reconcile.ErrNoBill,
		`{"code":"NOSTATEMENTEXIST","message":""}`:             reconcile.ErrNoBill,
		`{"code":"STATEMENT_CREATING","message":"账单生成中"}`:      reconcile.ErrNotReady,
		`{"code":"PARAM_ERROR","message":"too old"}`:           sale.ErrRefused,
	} {
		s := newStub(t, unsigned(400, body))
		if err := client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, io.Discard); !errors.Is(err, class) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Nothing that is not signed well names a file.
func TestTradeBillUnsigned(t *testing.T) {
	text := []byte("the bill")
	s := newStub(t, unsigned(200, billAnswer(text, officialFile)))
	err := client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, io.Discard)
	if !errors.Is(err, sale.ErrTemporary) || len(s.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests()))
	}
}

// A file may take longer than an attempt as long as something comes; silence
// ends it.
func TestTradeBillSlow(t *testing.T) {
	text := []byte(strings.Repeat("x", 50))
	quick := func(o *wechat.Options) { o.Timeouts.Attempt = 400 * time.Millisecond }
	s := billStub(t, billAnswer(text, officialFile), func(w http.ResponseWriter, r *http.Request) {
		for i := range text {
			_, _ = w.Write(text[i : i+1])
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	if err := client(t, settings(t, s.URL), quick).TradeBill(t.Context(), billDay, io.Discard); err != nil {
		t.Error(err)
	}
	s = billStub(t, billAnswer(text, officialFile), func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(text[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	err := client(t, settings(t, s.URL), quick).TradeBill(t.Context(), billDay, io.Discard)
	if !errors.Is(err, sale.ErrTemporary) || !strings.Contains(err.Error(), "the answer broke off: nothing came for 400ms") {
		t.Error(err)
	}
	s = billStub(t, billAnswer(text, officialFile), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "50")
		_, _ = w.Write(text[:10])
	})
	err = client(t, settings(t, s.URL)).TradeBill(t.Context(), billDay, io.Discard)
	if !errors.Is(err, sale.ErrTemporary) || !strings.Contains(err.Error(), "the answer broke off: unexpected EOF") {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := client(t, settings(t, s.URL)).TradeBill(ctx, billDay, io.Discard); !errors.Is(err, sale.ErrTemporary) {
		t.Error(err)
	}
}

// The file is fetched from the base URL in use, whatever host its URL names.
func TestTradeBillSecondDomain(t *testing.T) {
	text := []byte("the bill")
	dead := newStub(t, nil)
	dead.Close()
	s := billStub(t, billAnswer(text, officialFile), content(text))
	var got bytes.Buffer
	if err := client(t, settings(t, dead.URL, s.URL)).TradeBill(t.Context(), billDay, &got); err != nil || got.String() != "the bill" {
		t.Errorf("%q, %v", got.String(), err)
	}
}

// fixed is a clock that a test moves.
type fixed struct{ time.Time }

func (f *fixed) Now() time.Time { return f.Time }

// The simulated provider's bill is read, through a mis-signed answer and a file
// that is cut.
func TestTradeBillOfTheSimulator(t *testing.T) {
	clock := &fixed{time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)}
	s := &double{simulated.Start(t, paytest.Options{Clock: clock.Now, MerchantKey: merchantKey(), PublicKey: providerKey()}), t}
	server := s.Server
	var err error
	c := client(t, s.settings(), func(o *wechat.Options) { o.Clock = clock })
	o := sale.Order{Number: "SH0042-000001", Seq: 1, Product: sale.Product{Slot: 11, Name: "茶,`“半糖”", Price: 350}}
	if o.Request, err = c.Prepare(o, clock.Add(2*time.Minute)); err == nil {
		o.CodeURL, err = c.Create(t.Context(), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Pay(t, o.CodeURL)
	if err := c.TradeBill(t.Context(), billDay, io.Discard); !errors.Is(err, sale.ErrRefused) {
		t.Errorf("today: %v", err)
	}
	clock.Time = clock.Add(24 * time.Hour)
	if err := errors.Join(
		server.Queue(paytest.CallBill, paytest.Fault{Name: paytest.FaultSignTest}, paytest.Fault{Name: paytest.FaultWrongHash}, paytest.Fault{Name: paytest.FaultWrongURL}),
		server.Queue(paytest.CallBillFile, paytest.Fault{}, paytest.Fault{Name: paytest.FaultTruncated}, paytest.Fault{Name: paytest.FaultCutFile}),
	); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := c.TradeBill(t.Context(), billDay, io.Discard); !errors.Is(err, sale.ErrTemporary) {
			t.Error(err)
		}
	}
	r := reconcile.NewReader("SH0042")
	if err := c.TradeBill(t.Context(), billDay, r); err != nil || server.Pending() != 0 {
		t.Errorf("%v, %d pending", err, server.Pending())
	}
	bill, err := r.Bill()
	if err != nil || len(bill.Lines) != 1 || bill.Lines[0].Number != o.Number || bill.Lines[0].Total != 350 || bill.Lines[0].State != "SUCCESS" {
		t.Errorf("%+v, %v", bill, err)
	}
}
