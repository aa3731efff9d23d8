package wechatv2_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/payment/wechatv2"
)

// problems checks settings and returns "field what" with dir as DIR.
func problems(s *wechatv2.Settings, dir string) []string {
	var got []string
	s.Check(dir, func(field, what string) { got = append(got, field+" "+strings.ReplaceAll(what, dir, "DIR")) })
	return got
}

func TestGoodSettings(t *testing.T) {
	s := settings(t)
	dir := filepath.Dir(s.APIKey)
	writeFile(t, filepath.Join(dir, "0123456789abcdefghij0123456789ab"), apiKey, 0o600)
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, change := range map[string]func(*wechatv2.Settings){
		"as they are": func(*wechatv2.Settings) {},
		"relative paths": func(s *wechatv2.Settings) {
			s.APIKey, s.MerchantCert, s.MerchantKey = "apiv2_key.txt", "./apiclient_cert.pem", "apiclient_key.pem"
		},
		"credentials": func(s *wechatv2.Settings) {
			s.APIKey, s.MerchantKey = "credential:apiv2_key.txt", "credential:apiclient_key.pem"
		},
		"named like a key": func(s *wechatv2.Settings) { s.APIKey = "./0123456789abcdefghij0123456789ab" },
		"md5":              func(s *wechatv2.Settings) { s.SignType = "MD5" },
		"slash":            func(s *wechatv2.Settings) { s.BaseURLs = []string{basePath + "/"} },
		"local address":    func(s *wechatv2.Settings) { s.PayerClientIP = "192.168.1.20" },
		"IPv6":             func(s *wechatv2.Settings) { s.PayerClientIP = "2001:db8::1" },
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			change(&s)
			if got := problems(&s, dir); got != nil {
				t.Errorf("%q", got)
			}
			if !filepath.IsAbs(s.APIKey) || !filepath.IsAbs(s.MerchantCert) || !filepath.IsAbs(s.MerchantKey) ||
				slices.ContainsFunc(s.BaseURLs, func(u string) bool { return strings.HasSuffix(u, "/") }) {
				t.Errorf("not in the form the client uses: %+v", s)
			}
		})
	}
}

func TestDefaultSettings(t *testing.T) {
	want := wechatv2.Settings{SignType: "HMAC-SHA256", BaseURLs: []string{"https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"}}
	if diff := cmp.Diff(want, wechatv2.DefaultSettings()); diff != "" {
		t.Error(diff)
	}
}

func TestBadSettings(t *testing.T) {
	good := settings(t)
	dir := filepath.Dir(good.APIKey)
	badFiles(t, dir)
	const (
		wantKey  = "write the path of a file with the API key of v2 and nothing else"
		raw      = `api_key looks like the key itself: put it alone into a file that only kioskd may read (chmod 600), and write the path of the file, such as "./apiv2_key.txt"`
		wantCert = "write the path of the merchant API certificate, apiclient_cert.pem"
		wantIP   = "write the machine's public IPv4 or IPv6 address or, where that changes, its own address in the local network"
	)
	for _, c := range []struct {
		change func(*wechatv2.Settings)
		want   string
	}{
		{func(s *wechatv2.Settings) { s.AppID = "" }, "appid is missing: write the appid that is bound to the mchid: wx and 16 letters or digits"},
		{func(s *wechatv2.Settings) { s.MchID = "12" }, `mchid "12" has the wrong shape: write the merchant number in quotes: 8 to 10 digits`},
		{func(s *wechatv2.Settings) { s.SignType = "SHA1" }, `sign_type "SHA1" is no algorithm of API v2: write HMAC-SHA256, or MD5 for a provider that has nothing else`},

		{func(s *wechatv2.Settings) { s.APIKey = "" }, "api_key is missing: " + wantKey},
		{func(s *wechatv2.Settings) { s.APIKey = apiKey }, raw},
		{func(s *wechatv2.Settings) { s.APIKey = apiKey[1:] }, raw}, // pasted without its first letter
		{func(s *wechatv2.Settings) { s.APIKey = "none.txt" }, "api_key DIR/none.txt does not exist: " + wantKey},
		{func(s *wechatv2.Settings) { s.APIKey = "open.txt" }, `api_key DIR/open.txt can be used by others (mode 0644): run "chmod 600 DIR/open.txt"`},
		{func(s *wechatv2.Settings) { s.APIKey = "short.txt" }, "api_key DIR/short.txt holds 31 characters, and the key has 32: " + wantKey},
		{func(s *wechatv2.Settings) { s.APIKey = "odd.txt" }, "api_key DIR/odd.txt holds something else than letters and digits: " + wantKey},
		{func(s *wechatv2.Settings) { s.APIKey = "apiclient_key.pem" }, "api_key DIR/apiclient_key.pem holds a PEM file, not a key of 32 characters: " + wantKey},
		{func(s *wechatv2.Settings) { s.APIKey = "credential:key" }, "api_key credential:key is no credential of this process: add LoadCredential=key:/path/of/the/file to the service, or write a path"},

		{func(s *wechatv2.Settings) { s.MerchantKey = "none.pem" }, "merchant_key DIR/none.pem does not exist: write the path of the merchant API key, apiclient_key.pem"},
		{func(s *wechatv2.Settings) { s.MerchantKey = "apiclient_cert.pem" }, `merchant_key DIR/apiclient_cert.pem can be used by others (mode 0644): run "chmod 600 DIR/apiclient_cert.pem"`},
		{func(s *wechatv2.Settings) { s.MerchantKey = "other_key.pem" }, "merchant_cert DIR/apiclient_cert.pem does not belong to merchant_key: write the two files of one download"},

		{func(s *wechatv2.Settings) { s.MerchantCert = "" }, "merchant_cert is missing: " + wantCert},
		{func(s *wechatv2.Settings) { s.MerchantCert = "apiclient_cert.p12" }, "merchant_cert DIR/apiclient_cert.p12 holds a binary file, such as a .p12 or a .der, not a .pem: " + wantCert},
		{func(s *wechatv2.Settings) { s.MerchantCert = "apiclient_key.pem" }, "merchant_cert DIR/apiclient_key.pem holds a PRIVATE KEY, not a certificate: " + wantCert},
		{func(s *wechatv2.Settings) { s.MerchantCert = "damaged_cert.pem" }, "merchant_cert DIR/damaged_cert.pem holds a certificate that cannot be read: download it again"},
		{func(s *wechatv2.Settings) { s.MerchantCert = "never_cert.pem" }, "merchant_cert DIR/never_cert.pem holds a certificate that was never valid: download it again"},
		{func(s *wechatv2.Settings) { s.MerchantCert = "old_cert.pem" }, "merchant_cert DIR/old_cert.pem ran out on 2021-05-04: apply for a new certificate in the merchant portal"},

		{func(s *wechatv2.Settings) { s.NotifyURL = "http://pay.example.com/" }, `notify_url "http://pay.example.com/" is not https: write a public https URL such as "https://pay.example.com/wechat"`},
		{func(s *wechatv2.Settings) { s.BaseURLs = nil }, "base_urls is empty: write [https://api.mch.weixin.qq.com, https://api2.wechatpay.cn] or leave the key out"},
		{func(s *wechatv2.Settings) { s.PayerClientIP = "" }, "payer_client_ip is missing: API v2 wants it of every order: " + wantIP},
		{func(s *wechatv2.Settings) { s.PayerClientIP = "127.0.0.1" }, `payer_client_ip "127.0.0.1" is not a usable address: ` + wantIP},
		{func(s *wechatv2.Settings) { s.PayerClientIP = "machine" }, `payer_client_ip "machine" is not a usable address: ` + wantIP},
	} {
		s := good
		c.change(&s)
		got := problems(&s, dir)
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(strings.Join(got, ""), apiKey[1:]) {
			t.Errorf("the key stands in %q", got)
		}
	}
}

func badFiles(t *testing.T, dir string) {
	t.Helper()
	day := time.Date(2021, 5, 4, 0, 0, 0, 0, time.UTC)
	for _, f := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{"open.txt", apiKey, 0o644},
		{"short.txt", apiKey[1:], 0o600},
		{"odd.txt", "_" + apiKey[1:], 0o600},
		{"other_key.pem", asPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(strangerKey()))), 0o600},
		{"apiclient_cert.p12", "\x30\x82\x0a\x1e", 0o644},
		{"damaged_cert.pem", asPEM("CERTIFICATE", []byte("x")), 0o644},
		{"never_cert.pem", asPEM("CERTIFICATE", certificate(merchantKey(), day, day.Add(-time.Hour))), 0o644},
		{"old_cert.pem", asPEM("CERTIFICATE", certificate(merchantKey(), day.AddDate(-5, 0, 0), day)), 0o644},
	} {
		writeFile(t, filepath.Join(dir, f.name), f.text, f.mode)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	var s wechatv2.Settings
	var fields []string
	s.Check(t.TempDir(), func(field, _ string) { fields = append(fields, field) })
	want := []string{"appid", "mchid", "sign_type", "api_key", "merchant_key", "merchant_cert", "notify_url", "base_urls", "payer_client_ip"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	s := settings(t)
	s.MchID = "x"
	_, err := wechatv2.New(s, wechatv2.Options{DeviceID: "machine 1"})
	want := "wechat-v2 settings: mchid \"x\" has the wrong shape: write the merchant number in quotes: 8 to 10 digits\n" +
		`device id "machine 1" is not up to 32 of 0-9 A-Z a-z _ -`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
