package wechatv2_test

import (
	"crypto/aes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"strings"
	"testing"

	"kioskd/payment/wechatv2"
)

// The example of the documentation's page about signatures.
var example = map[string]string{
	"appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "device_info": "1000", "body": "test", "nonce_str": "ibuaiVcKdpRxkhJA",
}

func TestSignatureVectors(t *testing.T) {
	const message = "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA&key=192006250b4c09247ec02edce69f6a2d"
	if got := wechatv2.Message(apiKey, example); got != message {
		t.Errorf("%s", got)
	}
	for kind, want := range map[string]string{
		"MD5":         "9A0A8659F005D6984697E2CA0A9CF3B7",
		"HMAC-SHA256": "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6",
	} {
		if got := wechatv2.Sign(apiKey, kind, example); got != want {
			t.Errorf("%s: %s", kind, got)
		}
		signed := maps.Clone(example)
		signed["sign"], signed["empty"] = want, "" // an empty value is not signed
		if err := wechatv2.Verify(apiKey, kind, signed); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	const md5Sign, hmacSign = "9A0A8659F005D6984697E2CA0A9CF3B7", "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
	for _, c := range []struct {
		name, kind, sign, want string
		change                 func(map[string]string)
	}{
		{"none", "MD5", "", "the answer is not signed", nil},
		{"MD5 for HMAC", "HMAC-SHA256", md5Sign, "the answer is signed with another algorithm than HMAC-SHA256", nil},
		{"HMAC for MD5", "MD5", hmacSign, "the answer is signed with another algorithm than MD5", nil},
		{"says another", "MD5", md5Sign, "the answer is signed with another algorithm than MD5", func(f map[string]string) { f["sign_type"] = "HMAC-SHA256" }},
		{"small letters", "MD5", strings.ToLower(md5Sign), "the answer's signature is wrong", nil},
		{"a field more", "HMAC-SHA256", hmacSign, "the answer's signature is wrong", func(f map[string]string) { f["total_fee"] = "1" }},
		{"a field less", "HMAC-SHA256", hmacSign, "the answer's signature is wrong", func(f map[string]string) { delete(f, "device_info") }},
	} {
		f := maps.Clone(example)
		f["sign"] = c.sign
		if c.change != nil {
			c.change(f)
		}
		if err := wechatv2.Verify(apiKey, c.kind, f); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// The inside of a real refund notification, as gopay's tests have it: words of
// the provider's own, which no answer may be made of.
func TestANotificationIsNoAnswer(t *testing.T) {
	const data = "YYwp8C48th0wnQzTqeI+41pflB26v+smFj9z6h9RPBgxTyZyxc+4YNEz7QEgZNWj/6rIb2MfyWMZmCc41CfjKSssoSZPXxOhUayb6KvNSZ1p6frOX1PDWzhy" +
		"ruXK7ouNND+gDsG4yZ0XXzsL4/pYNwLLba/71QrnkJ/BHcByk4EXnglju5DLup9pJQSnTxjomI9Rxu57m9jg5lLQFxMWXyeASZJNvof0ulnHlWJswS4OxKOk" +
		"mW7VEyKyLGV6npoOm03Qsx2wkRxLsSa9gPpg4hdaReeUqh1FMbm7aWjyrVYT/MEZWg98p4GomEIYvz34XfDncTezX4bf/ZiSLXt79aE1/YTZrYfymXeCrGjl" +
		"be0rg/T2ezJHAC870u2vsVbY1/KcE2A443N+DEnAziXlBQ1AeWq3Rqk/O6/TMM0lomzgctAOiAMg+bh5+Gu1ubA9O3E+vehULydD5qx2o6i3+qA9ORbH415N" +
		"yRrQdeFq5vmCiRikp5xYptWiGZA0tkoaLKMPQ4ndE5gWHqiBbGPfULZWokI+QjjhhBmwgbd6J0VqpRorwOuzC/BHdkP72DCdNcm7IDUpggnzBIy0+seWIkcH" +
		"EryKjge3YDHpJeQCqrAH0CgxXHDt1xtbQbST1VqFyuhPhUjDXMXrknrGPN/oE1t0rLRq+78cI+k8xe5E6seeUXQsEe8r3358mpcDYSmXWSXVZxK6er9EF98A" +
		"PqHwcndyEJD2YyCh/mMVhERuX+7kjlRXSiNUWa/Cv/XAKFQuvUYA5ea2eYWtPRHa4DpyuF1SNsaqVKfgqKXZrJHfAgslVpSVqUpX4zkKszHF4kwMZO3M7J1P" +
		"94Mxa7Tm9mTOJePOoHPXeEB+m9rX6pSfoi3mJDQ5inJ+Vc4gOkg/Wd/lqiy6TTyP/dHDN6/v+AuJx5AXBo/2NDD3fWhHjkqEKIuARr2ClZt9ZRQO4HkXdZo7" +
		"CN06sGCHk48Tg8PmxnxKcMZm7Aoquv5yMIM2gWSWIRJhwJ8cUpafIHc+GesDlbF6Zbt+/KXkafJAQq2RklEN+WvZ/zFz113EPgWPjp16TwBoziq96MMekvWK" +
		"Y/vdhjol8VFtGH9F61Oy1Xwf6DJtPw=="
	sealed, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum([]byte("ziR0QKsTUfMOuochC9RfCdmfHECorQAP"))
	block, err := aes.NewCipher([]byte(hex.EncodeToString(sum[:])))
	if err != nil {
		t.Fatal(err)
	}
	for b := sealed; len(b) > 0; b = b[aes.BlockSize:] {
		block.Decrypt(b, b[:aes.BlockSize])
	}
	text := string(sealed[:len(sealed)-int(sealed[len(sealed)-1])])
	if _, err := wechatv2.Decode([]byte(text)); err == nil || err.Error() != `the answer is "<root>", not <xml>` {
		t.Errorf("%v", err)
	}
	got, err := wechatv2.Decode([]byte(strings.NewReplacer("<root>", "<xml>", "</root>", "</xml>").Replace(text)))
	if err != nil || got["refund_status"] != "SUCCESS" || got["refund_recv_accout"] == "" || got["total_fee"] == "" {
		t.Errorf("%d fields, %v", len(got), err)
	}
}
