package wechat_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/payment/wechat"
)

// problems checks settings and returns "field what" with dir as DIR.
func problems(s *wechat.Settings, dir string) []string {
	var got []string
	s.Check(dir, func(field, what string) { got = append(got, field+" "+strings.ReplaceAll(what, dir, "DIR")) })
	return got
}

func TestGoodSettings(t *testing.T) {
	s := settings(t)
	dir := filepath.Dir(s.MerchantKey)
	pkcs1 := filepath.Join(dir, "pkcs1.pem")
	writePEM(t, pkcs1, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(merchantKey()), 0o400)
	for name, change := range map[string]func(*wechat.Settings){
		"as they are":     func(*wechat.Settings) {},
		"relative paths":  func(s *wechat.Settings) { s.MerchantKey, s.PublicKey = "apiclient_key.pem", "./pub_key.pem" },
		"pkcs1":           func(s *wechat.Settings) { s.MerchantKey = "pkcs1.pem" },
		"serial in small": func(s *wechat.Settings) { s.MerchantSerial = strings.ToLower(serial) },
		"slash":           func(s *wechat.Settings) { s.BaseURLs = []string{basePath + "/"} },
		"loopback": func(s *wechat.Settings) {
			s.BaseURLs = []string{"http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"}
		},
		"addresses": func(s *wechat.Settings) { s.PayerClientIP, s.NotifyURL = "2001:db8::1", "https://8.8.8.8/x" },
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			change(&s)
			if got := problems(&s, dir); got != nil {
				t.Errorf("%q", got)
			}
			if !filepath.IsAbs(s.MerchantKey) || !filepath.IsAbs(s.PublicKey) || s.MerchantSerial != serial ||
				slices.ContainsFunc(s.BaseURLs, func(u string) bool { return strings.HasSuffix(u, "/") }) {
				t.Errorf("not in the form the client uses: %+v", s)
			}
		})
	}
}

func TestDefaultSettings(t *testing.T) {
	want := wechat.Settings{BaseURLs: []string{"https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"}}
	if diff := cmp.Diff(want, wechat.DefaultSettings()); diff != "" {
		t.Error(diff)
	}
}

func TestBadSettings(t *testing.T) {
	good := settings(t)
	dir := filepath.Dir(good.MerchantKey)
	badFiles(t, dir)
	const (
		wantPrivate = "write the path of the merchant API key, apiclient_key.pem"
		wantPublic  = "write the path of WeChat Pay's public key, downloaded from the merchant portal"
		wantNotify  = `write a public https URL such as "https://pay.example.com/wechat"`
	)
	for _, c := range []struct {
		change func(*wechat.Settings)
		want   string
	}{
		{func(s *wechat.Settings) { s.AppID = "" }, "appid is missing: write the appid that is bound to the mchid: wx and 16 letters or digits"},
		{func(s *wechat.Settings) { s.AppID = "1900000109" }, `appid "1900000109" has the wrong shape: write the appid that is bound to the mchid: wx and 16 letters or digits`},
		{func(s *wechat.Settings) { s.MchID = "" }, "mchid is missing: write the merchant number in quotes: 8 to 10 digits"},
		{func(s *wechat.Settings) { s.MchID = "1.9e9" }, `mchid "1.9e9" has the wrong shape: write the merchant number in quotes: 8 to 10 digits`},
		{func(s *wechat.Settings) { s.MerchantSerial = "" }, `merchant_serial is missing: write the serial of the merchant API certificate: up to 40 hex digits, as "openssl x509 -in apiclient_cert.pem -noout -serial" prints it; or write merchant_cert, the path of that file`},
		{func(s *wechat.Settings) { s.MerchantSerial = "40:8B:07" }, `merchant_serial "40:8B:07" has the wrong shape: write the serial of the merchant API certificate: up to 40 hex digits, as "openssl x509 -in apiclient_cert.pem -noout -serial" prints it; or write merchant_cert, the path of that file`},
		{func(s *wechat.Settings) { s.PublicKeyID = "" }, "public_key_id is missing: write the id of the WeChat Pay public key from the merchant portal: PUB_KEY_ID_ and digits"},
		{func(s *wechat.Settings) { s.PublicKeyID = serial }, `public_key_id "` + serial + `" has the wrong shape: write the id of the WeChat Pay public key from the merchant portal: PUB_KEY_ID_ and digits`},

		{func(s *wechat.Settings) { s.MerchantKey = "" }, "merchant_key is missing: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "none.pem" }, "merchant_key DIR/none.pem does not exist: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "." }, "merchant_key DIR is not a file: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "open.pem" }, `merchant_key DIR/open.pem can be used by others (mode 0640): run "chmod 600 DIR/open.pem"`},
		{func(s *wechat.Settings) { s.MerchantKey = "text.pem" }, "merchant_key DIR/text.pem holds no PEM block (-----BEGIN ...): " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "cert.pem" }, "merchant_key DIR/cert.pem holds a CERTIFICATE, not a private key: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "damaged.pem" }, "merchant_key DIR/damaged.pem holds a private key that cannot be read: download it again, without a password"},
		{func(s *wechat.Settings) { s.MerchantKey = "ec.pem" }, "merchant_key DIR/ec.pem holds a key that is not RSA: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "weak.pem" }, "merchant_key DIR/weak.pem holds an RSA key of 1024 bits: the provider wants 2048"},

		{func(s *wechat.Settings) { s.PublicKey = "" }, "public_key is missing: " + wantPublic},
		{func(s *wechat.Settings) { s.PublicKey = "none.pem" }, "public_key DIR/none.pem does not exist: " + wantPublic},
		{func(s *wechat.Settings) { s.PublicKey = "text.pem" }, "public_key DIR/text.pem holds no PEM block (-----BEGIN ...): " + wantPublic},
		{func(s *wechat.Settings) { s.PublicKey = "cert.pem" }, "public_key DIR/cert.pem holds a certificate, not a public key: " + wantPublic +
			"; if the portal shows platform certificates and no public key, write apiv3_key and take public_key_id and public_key out"},
		{func(s *wechat.Settings) { s.PublicKey = "damaged_pub.pem" }, "public_key DIR/damaged_pub.pem holds a public key that cannot be read: download it again"},
		{func(s *wechat.Settings) { s.PublicKey = "ec_pub.pem" }, "public_key DIR/ec_pub.pem holds a key that is not RSA: " + wantPublic},
		{func(s *wechat.Settings) { s.PublicKey = "weak_pub.pem" }, "public_key DIR/weak_pub.pem holds an RSA key of 1024 bits: the provider wants 2048"},
		{func(s *wechat.Settings) { s.PublicKey = "own_pub.pem" }, "public_key DIR/own_pub.pem belongs to merchant_key: write the path of WeChat Pay's own public key, downloaded from the merchant portal"},

		{func(s *wechat.Settings) { s.NotifyURL = "" }, "notify_url is missing: the provider requires one even if nothing listens there: " + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "pay.example.com" }, `notify_url "pay.example.com" is not a URL: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "http://pay.example.com/" }, `notify_url "http://pay.example.com/" is not https: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "https://pay.example.com/?a=1" }, `notify_url "https://pay.example.com/?a=1" has a query string or fragment, which the provider refuses: write the URL without it`},
		{func(s *wechat.Settings) { s.NotifyURL = "https://u:p@pay.example.com/" }, `notify_url "https://u:xxxxx@pay.example.com/" has a user name: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "https://pay.example.com/" + strings.Repeat("a", 232) }, "notify_url is longer than 255 characters, which the provider refuses: write a shorter URL"},
		{func(s *wechat.Settings) { s.NotifyURL = "https://localhost/x" }, `notify_url "https://localhost/x" does not name a public host, which the provider refuses: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "https://kiosk.local/x" }, `notify_url "https://kiosk.local/x" does not name a public host, which the provider refuses: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "https://192.168.1.2/x" }, `notify_url "https://192.168.1.2/x" does not name a public host, which the provider refuses: ` + wantNotify},
		{func(s *wechat.Settings) { s.NotifyURL = "https://127.0.0.1/x" }, `notify_url "https://127.0.0.1/x" does not name a public host, which the provider refuses: ` + wantNotify},

		{func(s *wechat.Settings) { s.BaseURLs = nil }, "base_urls is empty: write [https://api.mch.weixin.qq.com, https://api2.wechatpay.cn] or leave the key out"},
		{func(s *wechat.Settings) { s.BaseURLs = []string{"api.mch.weixin.qq.com"} }, `base_urls "api.mch.weixin.qq.com" is not a base URL: write scheme and host, such as "https://api.mch.weixin.qq.com"`},
		{func(s *wechat.Settings) { s.BaseURLs = []string{"ftp://a.example.com"} }, `base_urls "ftp://a.example.com" is not a base URL: write scheme and host, such as "https://api.mch.weixin.qq.com"`},
		{func(s *wechat.Settings) { s.BaseURLs = []string{"https://a.example.com/v3"} }, `base_urls "https://a.example.com/v3" has more than scheme and host: write "https://a.example.com"`},
		{func(s *wechat.Settings) { s.BaseURLs = []string{"http://api.mch.weixin.qq.com"} }, `base_urls "http://api.mch.weixin.qq.com" is plain http, which is for a simulator on this machine only: write "https://api.mch.weixin.qq.com"`},
		{func(s *wechat.Settings) { s.BaseURLs = []string{"http://192.168.1.2:80"} }, `base_urls "http://192.168.1.2:80" is plain http, which is for a simulator on this machine only: write "https://192.168.1.2:80"`},
		{func(s *wechat.Settings) { s.BaseURLs = []string{basePath, basePath + "/"} }, `base_urls "https://api.mch.weixin.qq.com/" is there twice: write each base URL once`},

		{func(s *wechat.Settings) { s.PayerClientIP = "machine" }, `payer_client_ip "machine" is not a usable address: write the machine's public IPv4 or IPv6 address, or leave it out`},
		{func(s *wechat.Settings) { s.PayerClientIP = "127.0.0.1" }, `payer_client_ip "127.0.0.1" is not a usable address: write the machine's public IPv4 or IPv6 address, or leave it out`},
	} {
		s := good
		c.change(&s)
		if diff := cmp.Diff([]string{c.want}, problems(&s, dir)); diff != "" {
			t.Error(diff)
		}
	}
}

func badFiles(t *testing.T, dir string) {
	t.Helper()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name, kind string
		der        []byte
		mode       os.FileMode
	}{
		{"open.pem", "PRIVATE KEY", pkcs8(t, merchantKey()), 0o640},
		{"cert.pem", "CERTIFICATE", []byte("x"), 0o600},
		{"damaged.pem", "PRIVATE KEY", []byte("x"), 0o600},
		{"damaged_pub.pem", "PUBLIC KEY", []byte("x"), 0o600},
		{"ec.pem", "PRIVATE KEY", pkcs8(t, curve), 0o600},
		{"ec_pub.pem", "PUBLIC KEY", pkix(t, curve.Public()), 0o600},
		{"weak.pem", "PRIVATE KEY", pkcs8(t, weak), 0o600},
		{"weak_pub.pem", "PUBLIC KEY", pkix(t, weak.Public()), 0o600},
		{"own_pub.pem", "PUBLIC KEY", pkix(t, merchantKey().Public()), 0o600},
	} {
		writePEM(t, filepath.Join(dir, f.name), f.kind, f.der, f.mode)
	}
	if err := os.WriteFile(filepath.Join(dir, "text.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	var s wechat.Settings
	var fields []string
	s.Check(t.TempDir(), func(field, what string) { fields = append(fields, field) })
	want := []string{"appid", "mchid", "merchant_key", "merchant_serial", "public_key_id", "notify_url", "base_urls"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	s := settings(t)
	s.MchID = "x"
	_, err := wechat.New(s, wechat.Options{DeviceID: "machine 1"})
	want := "wechat settings: mchid \"x\" has the wrong shape: write the merchant number in quotes: 8 to 10 digits\n" +
		`device id "machine 1" is not up to 32 of 0-9 A-Z a-z _ -`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A network whose proxy signs in place of the servers has an authority of its
// own, in a file beside the config.
func TestAuthorityFile(t *testing.T) {
	s := settings(t)
	dir := filepath.Dir(s.MerchantKey)
	s.CAFile = "proxy.pem"
	const want = "write the path of the certificates, in PEM, of whoever signs for the servers in this network, or leave the key out"
	got := problems(&s, dir)
	if want := []string{"ca_file open DIR/proxy.pem: no such file or directory: " + want}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
