package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"kioskd/internal/keyfile"
	"kioskd/payment/internal/link"
)

// certificate is a platform certificate: a key of the provider's, and from
// when to when it counts.
type certificate struct {
	serial      string // upper-case hex
	key         *rsa.PublicKey
	from, until time.Time
}

func (c certificate) valid(at time.Time) bool { return !at.Before(c.from) && !at.After(c.until) }

// certificates is the answer to GET /v3/certificates. The times beside a
// certificate are not read: its own are inside what is encrypted.
// (API v3 documentation, "download platform certificates")
type certificates struct {
	Data []struct {
		SerialNo  string `json:"serial_no"`
		Encrypted sealed `json:"encrypt_certificate"`
	} `json:"data"`
}

// sealed is a text that only who has the APIv3 key can have written.
type sealed struct {
	Algorithm      string `json:"algorithm"`
	Nonce          string `json:"nonce"`
	AssociatedData string `json:"associated_data"`
	Ciphertext     string `json:"ciphertext"` // base64, with the 16 bytes of the tag at its end
}

const aead = "AEAD_AES_256_GCM"

// open decrypts. The nonce is measured first, because the standard library
// panics at one of another length.
func (s sealed) open(key string) ([]byte, error) {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil, errors.New("the key has a wrong length")
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errors.New("the key cannot be used")
	}
	if n := len(s.Nonce); n != gcm.NonceSize() {
		return nil, fmt.Errorf("its nonce has %d bytes, not %d", n, gcm.NonceSize())
	}
	raw, err := base64.StdEncoding.DecodeString(s.Ciphertext)
	switch {
	case err != nil:
		return nil, errors.New("its ciphertext is not base64")
	case len(raw) < gcm.Overhead():
		return nil, errors.New("its ciphertext is too short")
	}
	plain, err := gcm.Open(nil, []byte(s.Nonce), raw, []byte(s.AssociatedData))
	if err != nil {
		return nil, errors.New("it does not open with apiv3_key")
	}
	return plain, nil
}

// openCertificates decrypts the certificates of an answer. That they open says
// that somebody with the APIv3 key wrote them; the answer's signature is for
// the caller to check, with what is returned. One bad certificate spoils all.
// Those of another algorithm (SM2) are passed over.
func openCertificates(body []byte, key string) ([]certificate, error) {
	var list certificates
	if err := decode(body, &list); err != nil {
		return nil, err
	}
	var opened []certificate
	seen := map[string]bool{}
	for _, d := range list.Data {
		if d.Encrypted.Algorithm != aead {
			continue
		}
		serial := strings.ToUpper(d.SerialNo)
		if seen[bare(serial)] {
			return nil, fmt.Errorf("the answer has certificate %s twice", link.Quote(d.SerialNo))
		}
		seen[bare(serial)] = true
		c, err := openCertificate(d.Encrypted, key, serial)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", link.Quote(d.SerialNo), err)
		}
		opened = append(opened, c)
	}
	if len(opened) == 0 {
		return nil, fmt.Errorf("the answer has no certificate with %s", aead)
	}
	return opened, nil
}

// bare makes the same serial the same text: not everybody writes the zeros
// that it begins with.
func bare(serial string) string { return strings.TrimLeft(strings.ToUpper(serial), "0") }

func openCertificate(s sealed, key, serial string) (certificate, error) {
	text, err := s.open(key)
	if err != nil {
		return certificate{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return certificate{}, errors.New("it is not a certificate")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return certificate{}, errors.New("it cannot be read")
	}
	public, ok := c.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok:
		return certificate{}, errors.New("its key is not RSA")
	case public.N.BitLen() < keyfile.MinBits:
		return certificate{}, fmt.Errorf("its RSA key has %d bits, not %d", public.N.BitLen(), keyfile.MinBits)
	case bare(keyfile.Serial(c)) != bare(serial):
		return certificate{}, fmt.Errorf("its own serial is %s", keyfile.Serial(c))
	}
	return certificate{serial, public, c.NotBefore, c.NotAfter}, nil
}
