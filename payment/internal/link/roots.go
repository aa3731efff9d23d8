package link

import (
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// The provider's certificates hang from this root since 2024 (DigiCert Global
// Root G2, valid until 2038-01-15, SHA-256 of it CB3CCBB76031E5E0138F8DD39A23F9DE
// 47FFC35E43C1144CEA27D46A5AB1CB5F). It is here to find out whether the machine
// knows it; what the machine does not know is not trusted.
//
//go:embed root_g2.pem
var rootG2 []byte

// Roots returns the authorities that this machine trusts, with those of a file
// in PEM besides, if one is named, or says what is wrong with the file.
func Roots(file string) (*x509.CertPool, string) {
	pool, err := x509.SystemCertPool()
	if err != nil || pool == nil {
		pool = x509.NewCertPool()
	}
	if file == "" {
		return pool, ""
	}
	const want = "write the path of the certificates, in PEM, of whoever signs for the servers in this network, or leave the key out"
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return nil, fmt.Sprintf("%v: %s", err, want)
	case !pool.AppendCertsFromPEM(text):
		return nil, file + " holds no certificate: " + want
	}
	return pool, ""
}

// Trust is Roots for a client that has checked its file. It warns if the
// provider's authority is not among them, although one of its own servers is
// to be asked.
func Trust(file string, bases []string, log *slog.Logger) *x509.CertPool {
	roots, _ := Roots(file)
	own := func(base string) bool {
		return strings.HasSuffix(base, ".mch.weixin.qq.com") || strings.HasSuffix(base, ".wechatpay.cn")
	}
	if slices.ContainsFunc(bases, own) && !KnowsProvider(roots) {
		log.Warn("this machine does not know the authority that signs for WeChat Pay's servers, DigiCert Global Root G2: update its ca-certificates")
	}
	return roots
}

// KnowsProvider reports whether the authority that signs for the provider's
// servers is among the roots. Where it is not, no TLS connection to them comes
// about, unless a proxy of the network signs in their place.
func KnowsProvider(roots *x509.CertPool) bool {
	block, _ := pem.Decode(rootG2)
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return false
	}
	_, err = root.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: root.NotBefore.AddDate(1, 0, 0), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}
