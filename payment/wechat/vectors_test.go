package wechat_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"testing"
	"time"

	"kioskd/payment/wechat"
)

// The public half of the example merchant's key in the provider's documentation.
const exampleMerchant = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQ
CK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdz
oF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaD
TXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/
fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/w
Tzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5C
MQIDAQAB
-----END PUBLIC KEY-----`

// A WeChat Pay public key from the provider's documentation.
const exampleProvider = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwXNI6sdlknHBnK8Fu2U6
Cwor9qY747jP8KAfeBMeveEt1TqaHkLfaSD07trZLhGpfs8/AHqjhgSMO1O10YQW
OrrJ4hjIWPKqxbgrYMkBQc+mwdiWp4W3ByCqxBRagCveCXRWCmuJYovl9H/bsDI0
iGbpVtEOghJtfciisYSgxcLufUDTRkvwxjIBK1pCRjk33jJ5YTBWTHMRtMAOcFLN
F6hdEYdX8SPsgHHeLZ5Lv2T/686w1xtgCHef/sd4uSfWmyzsalQdHG/e4IyYmrhx
+O3VBoNDzE3nx23bFeV/RVNCG7cV6VhmYokJNHa/erIPkEmEFID6A5wQOXuxUkmJ
WwIDAQAB
-----END PUBLIC KEY-----`

func publicKey(t testing.TB, text string) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PublicKey)
}

// RSASSA-PKCS1-v1_5 is deterministic, so that the published signature over our
// message proves that our own signature would be the same.
func TestPublishedRequestSignatures(t *testing.T) {
	for _, v := range []struct {
		name, method, path, body, digest, signature string
		length                                      int
	}{
		{
			name: "POST with Chinese text (4012365336)", method: "POST", path: "/v3/pay/transactions/jsapi", length: 372,
			body:      `{"appid":"wxd678efh567hg6787","mchid":"1900007291","description":"Image形象店-深圳腾大-QQ公仔","out_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php","amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}`,
			digest:    "87a9f84cd9b4bdb78ec4dbe4595c8c8bf04d3e79a6765b2100741d1a473d37af",
			signature: "jnks4dlrPw3ZX+ozVvSK39oa0t7OMBsg83BHAwd8BRdUFiVaQNTLTvci+wURgP1OQBbKYhFGvt7iqYpDSTQkp7Uq1sltaQKyncCyrA1g88m5bsKERQfPyT0ahSwKTYJ1CAn9QiJuSJRq1QsQs07eehbU/k9BCS51jTyc1Jpsi2H77HF9f/BnjXAOP3/sPObg6V5Ee4EzwLox684hhuMuIwHo7D8KFk3LIHOKDcNI4It1aCXydFWNpNK+SG86VUDe5kwoDpw4Ulqfu9z8OFDGbDs9TCxEv8iqQzbpxOlEVoOe2kalSYM5kApQb3nZcxdUtoE0liJGW3RGUNE0t4v01A==",
		},
		{
			name: "GET (4012365334)", method: "GET", path: "/v3/refund/domestic/refunds/123123123123", length: 90,
			digest:    "c65a830c3a6f61f3312ff204f6e4fda6397078cb96775237273c1d0f8da02dcd",
			signature: "Lc9VXxmeonkdV8Xk9tmigQFLhl0vRWTerdmoRu01aAnYwIrD/5nsSwE1WlmZGLRlAFTNQ3QsMa0+VRDlJp1Wp5p0nO8EK68b5sJBbjouxaFciIfq1zfDWWz+jqhcMoKXI1A6dPm1AW7D4d30WsMTNzp6g23OXakIsh9LO3lUmwvTuE0BY8ncf6tNGk4wKmvXwERd/ZpoQY3MAVKz+Nakwc+2XBmzT66KcUehU5kr4IvGa/lEU5RZb/q00zP9VLdBhC/jQSX3X1UcJLCtEc4gTmib4tnmAT+bHF/e17ZAuxDNcx6rqT8gNEXqaJGG+1OflMSTU2tpyG65G4dMKdFcoA==",
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			message := wechat.RequestMessage(v.method, v.path, "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242", []byte(v.body))
			digest := sha256.Sum256(message)
			if len(message) != v.length || hex.EncodeToString(digest[:]) != v.digest {
				t.Errorf("message of %d bytes with SHA-256 %x, want %d and %s", len(message), digest, v.length, v.digest)
			}
			signature, err := base64.StdEncoding.DecodeString(v.signature)
			if err != nil {
				t.Fatal(err)
			}
			if err := rsa.VerifyPKCS1v15(publicKey(t, exampleMerchant), crypto.SHA256, digest[:], signature); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPublishedAnswer(t *testing.T) {
	const body = `{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}`
	const signature = "mfI1CPqvBrgcXfgXMFjdNIhBf27ACE2YyeWsWV9ZI7T7RU0vHvbQpu9Z32ogzc+k8ZC5n3kz7h70eWKjgqNdKQF0eRp8mVKlmfzMLBVHbssB9jEZEDXThOX1XFqX7s7ymia1hoHQxQagPGzkdWxtlZPZ4ZPvr1RiqkgAu6Is8MZgXXrRoBKqjmSdrP1N7uxzJ/cjfSiis9FiLjuADoqmQ1P7p2N876YPAol7Rn0+GswwAwxldbdLrmVSjfytfSBJFqTMHn4itojgxSWWN1byuckQt8hSTEv/Lg97QoeGniYP17T80pJeQyL3b+295FPHSO2AtvCgyIbKMZ0BALilAA=="
	h := http.Header{}
	h.Set("Wechatpay-Timestamp", "1722850421")
	h.Set("Wechatpay-Nonce", "d824f2e086d3c1df967785d13fcd22ef")
	h.Set("Wechatpay-Serial", keyID)
	h.Set("Wechatpay-Signature", signature)
	key, at := publicKey(t, exampleProvider), time.Unix(1722850421, 0)
	got, err := wechat.Verify(keyID, key, h, []byte(body), at.Add(300*time.Second))
	if err != nil || !got.Equal(at) {
		t.Errorf("at %v, %v; want %v", got, err, at)
	}
	if _, err := wechat.Verify(keyID, key, h, []byte(body+" "), at); err == nil {
		t.Error("a changed body was accepted")
	}
}
