package paytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// APIKeyFile is the name of the further file that WriteFilesV2 makes.
const APIKeyFile = "apiv2_key.txt"

// apiKey draws from a source of its own, so that all else stays as the seed
// wants it.
func apiKey(seed uint64) string {
	r := mathrand.New(mathrand.NewPCG(seed, 0x6170697632))
	key := make([]byte, 32)
	for i := range key {
		key[i] = base62[r.IntN(len(base62))]
	}
	return string(key)
}

// certificates are an authority and the two that it vouches for.
type certificates struct {
	authority  *x509.Certificate
	merchant   []byte // DER
	serverCert tls.Certificate
}

// makeCertificates makes them once for a server, when somebody first needs one.
func (s *Server) makeCertificates() (c certificates, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, fmt.Errorf("make the authority's key: %w", err)
	}
	now := s.clock()
	template := func(serial *big.Int, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: serial, Subject: pkix.Name{CommonName: name},
			NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(5, 0, 0), BasicConstraintsValid: true,
		}
	}
	root := template(big.NewInt(1), "Simulated Root CA")
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return c, fmt.Errorf("make the authority's certificate: %w", err)
	}
	if c.authority, err = x509.ParseCertificate(der); err != nil {
		return c, fmt.Errorf("read the authority's certificate: %w", err)
	}
	serial, _ := new(big.Int).SetString(s.merchant.Serial, 16) // made of hex digits
	client := template(serial, s.merchant.MchID)
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if c.merchant, err = x509.CreateCertificate(rand.Reader, client, c.authority, &s.merchant.Key.PublicKey, key); err != nil {
		return c, fmt.Errorf("make the merchant's certificate: %w", err)
	}
	host := template(big.NewInt(2), "localhost")
	host.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	host.DNSNames, host.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if der, err = x509.CreateCertificate(rand.Reader, host, c.authority, &key.PublicKey, key); err != nil {
		return c, fmt.Errorf("make the server's certificate: %w", err)
	}
	c.serverCert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return c, nil
}

// server wants no certificate of a client, but takes none of a stranger.
func (c certificates) server() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{c.serverCert}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: c.pool(),
		NextProtos: []string{"http/1.1"},
	}
}

func (c certificates) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.authority)
	return pool
}

// Authority is what a client must trust to talk to a server that was started
// with StartTLS.
func (s *Server) Authority() (*x509.CertPool, error) {
	c, err := s.tlsCertificates()
	if err != nil {
		return nil, err
	}
	return c.pool(), nil
}

// certified reports whether a call may refund: over TLS only with the
// merchant's certificate. Over plain http nobody can show one.
func (s *Server) certified(r *http.Request) bool {
	if r.TLS == nil {
		return true
	}
	return len(r.TLS.PeerCertificates) > 0 && r.TLS.PeerCertificates[0].Subject.CommonName == s.merchant.MchID
}

// WriteFilesV2 writes what a client of API v2 needs into dir, over older ones:
// MerchantKeyFile and APIKeyFile (mode 0600) and CertificateFile.
func (s *Server) WriteFilesV2(dir string) error {
	c, err := s.tlsCertificates()
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(s.merchant.Key)
	if err != nil {
		return fmt.Errorf("encode the merchant key: %w", err)
	}
	return errors.Join(
		writeFile(filepath.Join(dir, MerchantKeyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600),
		writeFile(filepath.Join(dir, CertificateFile), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.merchant}), 0o644),
		writeFile(filepath.Join(dir, APIKeyFile), []byte(s.merchant.APIKey+"\n"), 0o600),
	)
}

// SettingsV2 is Settings for API v2, for a config that stands beside the files
// of WriteFilesV2.
func (s *Server) SettingsV2() string {
	m := s.Merchant()
	var b strings.Builder
	for _, kv := range [][2]string{
		{"appid", m.AppID},
		{"mchid", m.MchID},
		{"api_key", APIKeyFile},
		{"merchant_cert", CertificateFile},
		{"merchant_key", MerchantKeyFile},
		{"notify_url", m.NotifyURL},
		{"payer_client_ip", "203.0.113.7"},
	} {
		fmt.Fprintf(&b, "%s: %q\n", kv[0], kv[1])
	}
	b.WriteString(s.baseURLs())
	return b.String()
}
