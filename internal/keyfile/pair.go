package keyfile

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// Certified reads the certificate of a merchant's key, or says what is wrong
// with it. Whether it has run out is judged by now.
func Certified(path string, key *rsa.PrivateKey, now time.Time) (tls.Certificate, string) {
	const want = "write the path of the merchant API certificate, apiclient_cert.pem"
	block, what := loadPEM(path, want, false)
	if what != "" {
		return tls.Certificate{}, what
	}
	if block.Type != "CERTIFICATE" {
		return tls.Certificate{}, fmt.Sprintf("%s holds a %s, not a certificate: %s", path, block.Type, want)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		return tls.Certificate{}, path + " holds a certificate that cannot be read: download it again"
	case !leaf.NotAfter.After(leaf.NotBefore):
		return tls.Certificate{}, path + " holds a certificate that was never valid: download it again"
	case now.After(leaf.NotAfter):
		return tls.Certificate{}, fmt.Sprintf("%s ran out on %s: apply for a new certificate in the merchant portal",
			path, leaf.NotAfter.Format(time.DateOnly))
	case key != nil && !key.PublicKey.Equal(leaf.PublicKey):
		return tls.Certificate{}, path + " does not belong to merchant_key: write the two files of one download"
	}
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key, Leaf: leaf}, ""
}
