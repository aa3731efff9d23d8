package wechat_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kioskd/payment/wechat"
)

// The documentation's values for a client's signature (four lines) by the
// example merchant. No call of ours has that form: they show that key, lines
// and signature fit together.
func TestPublishedClientSignatures(t *testing.T) {
	for name, v := range map[string]struct{ last, signature string }{
		"JSAPI": {"prepay_id=wx201410272009395522657a690389285100", "mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBBsTAjuhh5YOvQi0e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIlPVKjGwuCXzuXSJes0UcILgWQUMyha5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1caHTRRX+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw=="},
		"APP":   {"wx201410272009395522657a690389285100", "gXx9KhTP6IooKV1SuG3OCGlBIgZbKtubCZvnau6khw1iffvNT28IzLbKmztq2xA/RCNbZa1XOsoiuVmAEeTZQicWfhv4P+O4oBRIrx0X9f3cnWFkMBU9alTWs0nyQ1N9fcILOTe0f4kxOhVh+/Xhn5hOiUK7Sz3XA1mcpa3R2NCWf/e+0ow/RDf15iTymOHgDrEkT/gedg/3E0iXfDX3mFicSZhrHESZDOTXcl9RzELREBUFznd/o2NQM99WcL86m23HY0cTy+QGWU4QDmNrbQ9ihmLW71qPb0Cx/d7EQvw/Kyx0A6s64ZQp3hHdcmiRcLnjVXrKCk7LShaCK+lS3Q=="},
	} {
		message := wechat.AnswerMessage("wx2421b1c4370ec43b\n1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242", []byte(v.last))
		digest := sha256.Sum256(message)
		signature, err := base64.StdEncoding.DecodeString(v.signature)
		if err != nil {
			t.Fatal(err)
		}
		if err := rsa.VerifyPKCS1v15(publicKey(t, exampleMerchant), crypto.SHA256, digest[:], signature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// AES-GCM as others have published it. The official SDK's keys have 16 bytes:
// keys of 32 are wanted where the file is read.
func TestPublishedCiphertexts(t *testing.T) {
	const zeroToF = "0123456789abcdef"
	for _, v := range []struct{ from, key, nonce, associated, ciphertext, want, err string }{
		{"wechatpay-go", "testAPIv3Key0000", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "Hello World", ""},
		{"wechatpay-go, no base64", "testAPIv3Key0000", "wCq51qZv4Yfg", "", "invalid cipher", "", "its ciphertext is not base64"},
		{"wechatpay-go, short", "testAPIv3Key0000", "wCq51qZv4Yfg", "", "SGVsbG8gV29ybGQK", "", "its ciphertext is too short"},
		{"wechatpay-go, no key", "not a aes key", "wCq51qZv4Yfg", "", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "", "the key has a wrong length"},
		{"wechatpay-go, wrong key", "testAPIv3Key1111", "wCq51qZv4Yfg", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "", "it does not open with apiv3_key"},
		{"wechatpay-go, wrong nonce", "testAPIv3Key0000", "wCq51qZv4Yff", "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "", "it does not open with apiv3_key"},
		{"wechatpay-go, wrong data", "testAPIv3Key0000", "wCq51qZv4Yfg", "x", "FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC", "", "it does not open with apiv3_key"},
		// wechatpay-axios-plugin tests with nonces of 16 characters. The provider
		// sends 12, and this client takes no others.
		{"axios-plugin", zeroToF + zeroToF, zeroToF, "world", "APoZlYpivU3HjbAiB4CvW1rAFr8J", "", "its nonce has 16 bytes, not 12"},
		{"axios-plugin, empty", zeroToF + zeroToF, zeroToF, "", "GvpmmdtYwexXIPhySs9Tlg==", "", "its nonce has 16 bytes, not 12"},
	} {
		got, err := wechat.Open(v.key, v.nonce, v.associated, v.ciphertext)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != v.want || text != v.err {
			t.Errorf("%s: %q, %q; want %q, %q", v.from, got, text, v.want, v.err)
		}
	}
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The certificate answer of wechatpay-go's tests.
func TestPublishedCertificates(t *testing.T) {
	got, err := wechat.OpenCertificates(file(t, "sdk_certificates.json"), "mockAPIv3Key1234")
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	block, _ := pem.Decode(file(t, "sdk_certificate.pem"))
	want, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if c := got[0]; c.Serial != "D7CE59D1F522D701" || !c.Key.Equal(want.PublicKey) || !c.From.Equal(want.NotBefore) || !c.Until.Equal(want.NotAfter) {
		t.Errorf("%+v", c)
	}
}

// The notification of wechatpay-go's tests is signed like an answer and
// encrypted like a certificate.
func TestPublishedNotification(t *testing.T) {
	certs, err := wechat.OpenCertificates(file(t, "sdk_certificates.json"), "mockAPIv3Key1234")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("Wechatpay-Nonce", "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz")
	h.Set("Wechatpay-Timestamp", "1624523846")
	h.Set("Wechatpay-Serial", "D7CE59D1F522D701")
	h.Set("Wechatpay-Signature", "tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQrVdG4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1VEA1IBLX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q==")
	body, at := file(t, "sdk_notification.json"), time.Unix(1624523846, 0)
	if got, err := wechat.Verify("D7CE59D1F522D701", certs[0].Key, h, body, at.Add(time.Minute)); err != nil || !got.Equal(at) {
		t.Errorf("%v, %v", got, err)
	}
	var n struct {
		Resource struct {
			Nonce      string
			Associated string `json:"associated_data"`
			Ciphertext string
		}
	}
	if err := json.Unmarshal(body, &n); err != nil {
		t.Fatal(err)
	}
	const want = `{"mchid":"1234567890","appid":"054aa7d7a2a54ab5898df65bd96f001c","create_time":"2020-06-30T12:12:00+08:00","out_contract_code":"21640bdbd08e473e828f3206a2741c6e"}`
	if got, err := wechat.Open("testMchAPIv3Key0", n.Resource.Nonce, n.Resource.Associated, n.Resource.Ciphertext); err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

// A serial is a number: small letters and zeros before it do not matter, and
// one that is listed twice in two ways is still listed twice.
func TestSerialsAreNumbers(t *testing.T) {
	list := string(file(t, "sdk_certificates.json"))
	as := func(serial string) string { return strings.Replace(list, "D7CE59D1F522D701", serial, 1) }
	entry := list[len(`{"data":[`) : len(list)-len(`]}`)]
	for _, c := range []struct{ body, want string }{
		{as("d7ce59d1f522d701"), ""},
		{as("00D7CE59D1F522D701"), ""},
		{as("D7CE59D1F522D702"), `certificate "D7CE59D1F522D702": its own serial is D7CE59D1F522D701`},
		{as(""), `certificate "": its own serial is D7CE59D1F522D701`},
		{`{"data":[` + entry + `,` + strings.Replace(entry, "D7CE59D1F522D701", "0d7ce59d1f522d701", 1) + `]}`, `the answer has certificate "0d7ce59d1f522d701" twice`},
	} {
		_, err := wechat.OpenCertificates([]byte(c.body), "mockAPIv3Key1234")
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
