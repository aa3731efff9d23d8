package keyfile

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
)

// Certificate reads the merchant's API certificate, or says what is wrong with
// it. It is no secret. Its dates are not looked at: the machine's clock may
// not be set yet.
func Certificate(path string) (*x509.Certificate, string) {
	const want = "write the path of the merchant API certificate, apiclient_cert.pem"
	block, what := loadPEM(path, want, false)
	if what != "" {
		return nil, what
	}
	if block.Type != "CERTIFICATE" {
		return nil, fmt.Sprintf("%s holds a %s, not a certificate: %s", path, block.Type, want)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, path + " holds a certificate that cannot be read: download it again"
	}
	if _, ok := c.PublicKey.(*rsa.PublicKey); !ok {
		return nil, fmt.Sprintf("%s holds a certificate whose key is not RSA: %s", path, want)
	}
	return c, ""
}

// Serial is a certificate's serial number as the provider writes it, in
// upper-case hex.
func Serial(c *x509.Certificate) string {
	return strings.ToUpper(hex.EncodeToString(c.SerialNumber.Bytes()))
}
