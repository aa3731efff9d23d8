package paytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// certificateLife is how long a platform or merchant certificate counts.
const certificateLife = 5 * 365 * 24 * time.Hour

// platformCertificate is one that GET /v3/certificates lists.
type platformCertificate struct {
	*wechatKey
	pem         []byte
	from, until time.Time
}

// issue makes a certificate of the given serial, signed by itself. It can be
// no proof of anything: clients take the provider's from an encrypted answer.
func issue(name, serial string, key *rsa.PrivateKey, from, until time.Time) ([]byte, error) {
	number, ok := new(big.Int).SetString(serial, 16)
	if !ok {
		return nil, fmt.Errorf("serial %q is not hex", serial)
	}
	template := &x509.Certificate{
		SerialNumber: number,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Simulated WeChat Pay"}},
		NotBefore:    from,
		NotAfter:     until,
	}
	return x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
}

// newSerial keeps a serial positive in the twenty bytes that it may have.
// s.mu is held.
func (s *Server) newSerial() string {
	serial := []byte(s.token("0123456789ABCDEF", 40))
	if serial[0] > '7' || serial[0] == '0' {
		serial[0] = '5'
	}
	return string(serial)
}

// ListCertificate makes a platform certificate that counts from now on and
// lists it beside the others. Answers are signed with the old one until
// UseCertificate. A life of 0 is five years.
func (s *Server) ListCertificate(life time.Duration) (serial string, err error) {
	key, err := s.certificateKey()
	if err != nil {
		return "", fmt.Errorf("make the platform certificate's key: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys.mode == KeysPublic {
		return "", fmt.Errorf("a merchant in key mode %s has no platform certificates", KeysPublic)
	}
	return s.list(key, s.clock(), life)
}

// list adds a certificate, the newest first. s.mu is held.
func (s *Server) list(key *rsa.PrivateKey, from time.Time, life time.Duration) (string, error) {
	if life == 0 {
		life = certificateLife
	}
	c := &platformCertificate{&wechatKey{s.newSerial(), key}, nil, from.Truncate(time.Second), from.Add(life).Truncate(time.Second)}
	der, err := issue("Tenpay.com sign", c.id, key, c.from, c.until)
	if err != nil {
		return "", fmt.Errorf("make a platform certificate: %w", err)
	}
	c.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.keys.listed = slices.Insert(s.keys.listed, 0, c)
	return c.id, nil
}

// UseCertificate signs with a listed certificate from now on.
func (s *Server) UseCertificate(serial string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.keys.find(serial)
	if c == nil {
		return fmt.Errorf("platform certificate %q is not listed", serial)
	}
	s.keys.certificate = c.wechatKey
	return nil
}

// DropCertificate lists a certificate no longer.
func (s *Server) DropCertificate(serial string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c := s.keys.find(serial); {
	case c == nil:
		return fmt.Errorf("platform certificate %q is not listed", serial)
	case c.wechatKey == s.keys.certificate:
		return fmt.Errorf("platform certificate %s is the one in use: use another first", serial)
	}
	s.keys.listed = slices.DeleteFunc(s.keys.listed, func(c *platformCertificate) bool { return c.id == serial })
	return nil
}

func (s *Server) listedSerials() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, c := range s.keys.listed {
		all = append(all, c.id)
	}
	return all
}

func (r *ring) find(serial string) *platformCertificate {
	for _, c := range r.listed {
		if c.id == serial {
			return c
		}
	}
	return nil
}

// MerchantCertificate is the merchant's own API certificate as the portal
// hands it out, in PEM.
func (s *Server) MerchantCertificate() ([]byte, error) {
	c, err := s.tlsCertificates()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.merchant}), nil
}

// certificates answers GET /v3/certificates. s.mu is held.
func (s *Server) certificates() (map[string]any, *refusal) {
	if s.keys.mode == KeysPublic {
		return nil, resourceNotExists("无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥")
	}
	data := make([]any, 0, len(s.keys.listed))
	for _, c := range s.keys.listed {
		data = append(data, map[string]any{
			"serial_no":           c.id,
			"effective_time":      s.stamp(c.from),
			"expire_time":         s.stamp(c.until),
			"encrypt_certificate": s.seal(s.merchant.APIv3Key, c.pem),
		})
	}
	if spoil := flaws[s.keys.flaw]; spoil != nil {
		data = spoil(s, data)
	}
	return map[string]any{"data": data}, nil
}
