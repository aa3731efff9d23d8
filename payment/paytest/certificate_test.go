package paytest_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/payment/paytest"
)

// listed is one certificate of an answer, opened with the APIv3 key.
type listed struct {
	serial string
	cert   *x509.Certificate
}

func (c *client) certificates() (all []listed) {
	c.t.Helper()
	a := c.send("GET", "/v3/certificates", "")
	c.want(a, 200, "")
	for _, d := range a.fields(c.t)["data"].([]any) {
		entry := d.(map[string]any)
		sealed := entry["encrypt_certificate"].(map[string]any)
		raw, err := base64.StdEncoding.DecodeString(sealed["ciphertext"].(string))
		c.ok(err)
		block, err := aes.NewCipher([]byte(c.merchant.APIv3Key))
		c.ok(err)
		gcm, err := cipher.NewGCM(block)
		c.ok(err)
		plain, err := gcm.Open(nil, []byte(sealed["nonce"].(string)), raw, []byte(sealed["associated_data"].(string)))
		c.ok(err)
		pemBlock, _ := pem.Decode(plain)
		cert, err := x509.ParseCertificate(pemBlock.Bytes)
		c.ok(err)
		serial := entry["serial_no"].(string)
		if got := strings.ToUpper(hex.EncodeToString(cert.SerialNumber.Bytes())); got != serial {
			c.t.Errorf("listed as %s, its own serial is %s", serial, got)
		}
		if effective, err := time.Parse(time.RFC3339, entry["effective_time"].(string)); err != nil || !effective.Equal(cert.NotBefore) {
			c.t.Errorf("effective %v, %v; the certificate says %v", effective, err, cert.NotBefore)
		}
		all = append(all, listed{serial, cert})
	}
	return all
}

// The list has what signs, and a new certificate before it signs.
func TestCertificates(t *testing.T) {
	c := startWith(t, paytest.Options{KeyMode: paytest.KeysCertificate}, 1)
	first := c.certificates()
	m := c.server.Merchant()
	if len(first) != 1 || first[0].serial != m.CertificateSerial || !m.CertificateKey.Equal(first[0].cert.PublicKey) {
		t.Fatalf("%v", first)
	}
	c.clock.Add(time.Hour)
	next, err := c.server.ListCertificate(48 * time.Hour)
	c.ok(err)
	both := c.certificates()
	if len(both) != 2 || both[0].serial != next || c.server.Merchant().CertificateSerial != first[0].serial {
		t.Errorf("%v", both)
	}
	if life := both[0].cert.NotAfter.Sub(both[0].cert.NotBefore); life != 48*time.Hour {
		t.Errorf("it lives %v", life)
	}
	if err := c.server.DropCertificate(first[0].serial); err == nil {
		t.Error("the certificate in use was dropped")
	}
	c.ok(c.server.UseCertificate(next))
	c.ok(c.server.DropCertificate(first[0].serial))
	if last := c.certificates(); len(last) != 1 || last[0].serial != next || c.server.Merchant().CertificateSerial != next {
		t.Errorf("%v", last)
	}
	for _, err := range []error{c.server.UseCertificate(first[0].serial), c.server.DropCertificate("x"), c.server.SpoilCertificates("x")} {
		if err == nil {
			t.Error("no error")
		}
	}
	c.ok(c.server.SetKeyMode(paytest.KeysPublic))
	c.want(c.send("GET", "/v3/certificates", ""), 404, "RESOURCE_NOT_EXISTS")
	if _, err := c.server.ListCertificate(0); err == nil {
		t.Error("a merchant of today has got a certificate")
	}
	c.authorize = func(string) string { return "x" }
	c.want(c.send("GET", "/v3/certificates", ""), 401, "SIGN_ERROR")
}

// Every flaw leaves an answer that is signed and is not what it should be.
func TestCertificateFlaws(t *testing.T) {
	c := startWith(t, paytest.Options{KeyMode: paytest.KeysCertificate}, 1)
	c.certificates()
	for _, flaw := range paytest.CertificateFlaws() {
		c.ok(c.server.SpoilCertificates(flaw))
		a := c.send("GET", "/v3/certificates", "")
		if a.status != 200 || a.header.Get("Wechatpay-Signature") == "" {
			t.Errorf("%s: %v", flaw, a)
		}
	}
	c.ok(c.server.SpoilCertificates(paytest.FlawNone))
	c.certificates()
}

func TestMerchantFiles(t *testing.T) {
	for _, mode := range []paytest.KeyMode{paytest.KeysPublic, paytest.KeysCertificate, paytest.KeysTransition} {
		c := startWith(t, paytest.Options{KeyMode: mode}, 1)
		dir := t.TempDir()
		c.ok(c.server.WriteFiles(dir))
		key, err := os.ReadFile(filepath.Join(dir, paytest.APIv3KeyFile))
		if mode == paytest.KeysPublic {
			if !os.IsNotExist(err) {
				t.Errorf("%s: an APIv3 key: %v", mode, err)
			}
			continue
		}
		info, statErr := os.Stat(filepath.Join(dir, paytest.APIv3KeyFile))
		c.ok(statErr)
		if strings.TrimSpace(string(key)) != c.merchant.APIv3Key || len(c.merchant.APIv3Key) != 32 || info.Mode() != 0o600 {
			t.Errorf("%s: key %q, mode %v", mode, key, info.Mode())
		}
		text, err := os.ReadFile(filepath.Join(dir, paytest.CertificateFile))
		c.ok(err)
		block, _ := pem.Decode(text)
		cert, err := x509.ParseCertificate(block.Bytes)
		c.ok(err)
		if !cert.PublicKey.(*rsa.PublicKey).Equal(&c.merchant.Key.PublicKey) || strings.ToUpper(cert.SerialNumber.Text(16)) != c.merchant.Serial {
			t.Errorf("%s: the certificate has serial %X, the merchant %s", mode, cert.SerialNumber, c.merchant.Serial)
		}
	}
	if _, err := paytest.New(paytest.Options{APIv3Key: "short"}); err == nil {
		t.Error("a short APIv3 key was taken")
	}
}

// Keys that are there already are used in their order, and then new ones.
func TestCertificateKeys(t *testing.T) {
	ready := keys()
	s, err := paytest.New(paytest.Options{
		MerchantKey: ready[0], PublicKey: ready[1], CertificateKeys: []*rsa.PrivateKey{ready[1], ready[0]}, KeyMode: paytest.KeysCertificate,
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []*rsa.PrivateKey{ready[1], ready[0], nil} {
		if got := s.Merchant().CertificateKey; want != nil && !want.PublicKey.Equal(got) || want == nil && (ready[0].PublicKey.Equal(got) || ready[1].PublicKey.Equal(got)) {
			t.Errorf("certificate %d has another key", n)
		}
		next, err := s.ListCertificate(0)
		if err == nil {
			err = s.UseCertificate(next)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
