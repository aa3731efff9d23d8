package wechat_test

import (
	"crypto/rsa"
	"crypto/x509"
	names "crypto/x509/pkix"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/payment/wechat"
)

const apiV3Key = "0123456789abcdefghijKLMNOPQRSTUV"

// merchantCert writes the certificate of a key into dir.
func merchantCert(t testing.TB, dir, name, serial string, key *rsa.PrivateKey) string {
	t.Helper()
	number, _ := new(big.Int).SetString(serial, 16)
	template := &x509.Certificate{SerialNumber: number, Subject: names.Name{CommonName: mchID}, NotBefore: now.Now(), NotAfter: now.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, filepath.Join(dir, name), "CERTIFICATE", der, 0o644)
}

func secret(t testing.TB, dir, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// keyFiles are beside the good ones of settings.
func keyFiles(t testing.TB, dir string) {
	merchantCert(t, dir, "cert.pem", serial, merchantKey())
	merchantCert(t, dir, "low.pem", "0A0B0C0D0E", merchantKey())
	merchantCert(t, dir, "stranger.pem", serial, strangerKey())
	secret(t, dir, "apiv3.txt", apiV3Key+"\n", 0o600)
	secret(t, dir, "short.txt", apiV3Key[1:], 0o600)
	secret(t, dir, "open.txt", apiV3Key, 0o644)
	secret(t, dir, "key.p12", "\x30\x82\x01", 0o600)
	writePEM(t, filepath.Join(dir, "locked.pem"), "ENCRYPTED PRIVATE KEY", []byte("x"), 0o600)
}

// withKeys are settings with everything that proves answers: a change-over.
func withKeys(t testing.TB) (wechat.Settings, string) {
	s := settings(t)
	dir := filepath.Dir(s.MerchantKey)
	keyFiles(t, dir)
	s.APIv3Key, s.MerchantCert = "apiv3.txt", "cert.pem"
	return s, dir
}

func TestGoodKeys(t *testing.T) {
	good, dir := withKeys(t)
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, change := range map[string]func(*wechat.Settings){
		"all of them":           func(*wechat.Settings) {},
		"no serial":             func(s *wechat.Settings) { s.MerchantSerial = "" },
		"serial in small":       func(s *wechat.Settings) { s.MerchantSerial = strings.ToLower(serial) },
		"a serial's zeros":      func(s *wechat.Settings) { s.MerchantCert, s.MerchantSerial = "low.pem", "A0B0C0D0E" },
		"certificates only":     func(s *wechat.Settings) { s.PublicKeyID, s.PublicKey = "", "" },
		"public key only":       func(s *wechat.Settings) { s.APIv3Key = "" },
		"without a certificate": func(s *wechat.Settings) { s.MerchantCert = "" },
		"handed over": func(s *wechat.Settings) {
			s.APIv3Key, s.MerchantKey = "credential:apiv3.txt", "credential:apiclient_key.pem"
		},
		"a service provider's": func(s *wechat.Settings) {
			s.AppID, s.MchID, s.SPAppID, s.SPMchID, s.SubMchID = "", "", spAppID, spMchID, subMchID
		},
	} {
		s := good
		change(&s)
		if got := problems(&s, dir); got != nil {
			t.Errorf("%s: %q", name, got)
		}
		for _, path := range []string{s.MerchantKey, s.MerchantCert, s.PublicKey, s.APIv3Key} {
			if path != "" && filepath.Dir(path) != dir {
				t.Errorf("%s: %q is not absolute", name, path)
			}
		}
		if _, err := wechat.New(s, wechat.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBadKeys(t *testing.T) {
	good, dir := withKeys(t)
	const wantKey = "write the path of a file that holds the APIv3 key of the merchant portal, 32 letters and digits, and nothing else"
	const wantCert = "write the path of the merchant API certificate, apiclient_cert.pem"
	const wantPrivate = "write the path of the merchant API key, apiclient_key.pem"
	const wantPublic = "write the path of WeChat Pay's public key, downloaded from the merchant portal"
	const itself = "looks like the key itself, which must not stand in this file: put it into a file of its own with mode 0600 and write that file's path"
	for _, c := range []struct {
		change func(*wechat.Settings)
		want   string
	}{
		{func(s *wechat.Settings) { s.MerchantCert = "stranger.pem" },
			"merchant_cert DIR/stranger.pem does not belong to merchant_key: write apiclient_cert.pem and apiclient_key.pem of the same download"},
		{func(s *wechat.Settings) { s.MerchantSerial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1" },
			`merchant_serial "5157F09EFDC096DE15EBE81A47057A7232F1B8E1" is not the serial of merchant_cert, which is ` + serial +
				": leave merchant_serial out, or write the certificate of that serial and its key"},
		{func(s *wechat.Settings) { s.MerchantCert = "none.pem" }, "merchant_cert DIR/none.pem does not exist: " + wantCert},
		{func(s *wechat.Settings) { s.MerchantCert = "pub_key.pem" }, "merchant_cert DIR/pub_key.pem holds a PUBLIC KEY, not a certificate: " + wantCert},
		{func(s *wechat.Settings) { s.MerchantKey = "key.p12" }, "merchant_key DIR/key.p12 holds a binary file, such as a .p12 or a .der, not a .pem: " + wantPrivate},
		{func(s *wechat.Settings) { s.MerchantKey = "locked.pem" },
			`merchant_key DIR/locked.pem holds a key with a password: take the password off with "openssl pkey", or download the key again`},
		{func(s *wechat.Settings) { s.MerchantKey = "cert.pem" }, "merchant_key DIR/cert.pem can be used by others (mode 0644): run \"chmod 600 DIR/cert.pem\""},
		{func(s *wechat.Settings) { s.MerchantKey = "credential:none" },
			"merchant_key credential:none is no credential of this process: add LoadCredential=none:/path/of/the/file to the service, or write a path"},

		{func(s *wechat.Settings) { s.PublicKey = "cert.pem" }, "public_key DIR/cert.pem holds a certificate, not a public key: " + wantPublic +
			"; if the portal shows platform certificates and no public key, write apiv3_key and take public_key_id and public_key out"},
		{func(s *wechat.Settings) { s.PublicKeyID = "" }, "public_key_id is missing: write the id of the WeChat Pay public key from the merchant portal: PUB_KEY_ID_ and digits"},
		{func(s *wechat.Settings) { s.PublicKey = "" }, "public_key is missing: " + wantPublic},
		{func(s *wechat.Settings) { s.PublicKeyID, s.PublicKey, s.APIv3Key = "", "", "" },
			"public_key_id is missing, and so is apiv3_key, one of which proves what WeChat Pay answers: write public_key_id and public_key, " +
				"or, if the merchant portal shows platform certificates and no WeChat Pay public key, apiv3_key"},

		{func(s *wechat.Settings) { s.APIv3Key = apiV3Key }, "apiv3_key " + itself},
		{func(s *wechat.Settings) { s.APIv3Key = apiV3Key[1:] }, "apiv3_key " + itself},
		{func(s *wechat.Settings) { s.APIv3Key = "short.txt" }, "apiv3_key DIR/short.txt holds 31 characters, and the key has 32: " + wantKey},
		{func(s *wechat.Settings) { s.APIv3Key = "none.txt" }, "apiv3_key DIR/none.txt does not exist: " + wantKey},
		{func(s *wechat.Settings) { s.APIv3Key = "open.txt" }, `apiv3_key DIR/open.txt can be used by others (mode 0644): run "chmod 600 DIR/open.txt"`},
		{func(s *wechat.Settings) { s.APIv3Key = "apiclient_key.pem" }, "apiv3_key DIR/apiclient_key.pem holds a PEM file, not a key of 32 characters: " + wantKey},
	} {
		s := good
		c.change(&s)
		got := problems(&s, dir)
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(strings.Join(got, ""), apiV3Key[1:]) {
			t.Errorf("the key itself is in %q", got)
		}
	}
}

func TestBadParties(t *testing.T) {
	good := partnerSettings(t)
	const mixed = " stands beside the keys of a service provider: take it out, or, for a merchant of its own, take out sp_appid, sp_mchid, sub_mchid and sub_appid"
	for _, c := range []struct {
		change func(*wechat.Settings)
		want   []string
	}{
		{func(s *wechat.Settings) { s.AppID, s.MchID = appID, mchID }, []string{"appid" + mixed, "mchid" + mixed}},
		{func(s *wechat.Settings) { s.MchID = mchID }, []string{"mchid" + mixed}},
		{func(s *wechat.Settings) { s.SPAppID = "" }, []string{"sp_appid is missing: write the service provider's appid, bound to sp_mchid: wx and 16 letters or digits"}},
		{func(s *wechat.Settings) { s.SPMchID = "" }, []string{"sp_mchid is missing: write the service provider's merchant number in quotes: 8 to 10 digits"}},
		{func(s *wechat.Settings) { s.SubMchID = "" }, []string{"sub_mchid is missing: write the sub-merchant's merchant number in quotes: 8 to 10 digits"}},
		{func(s *wechat.Settings) { s.SubAppID = "gh_1" }, []string{`sub_appid "gh_1" has the wrong shape: write the sub-merchant's own appid, or leave it out`}},
		{func(s *wechat.Settings) { s.SubMchID = spMchID },
			[]string{`sub_mchid "1900000200" is the service provider itself: write the number of the sub-merchant, who gets the money`}},
	} {
		s := good
		c.change(&s)
		if diff := cmp.Diff(c.want, problems(&s, filepath.Dir(s.MerchantKey))); diff != "" {
			t.Error(diff)
		}
	}
}
