package paytest

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
)

// associated is what every certificate is encrypted with.
const associated = "certificate"

// seal encrypts with AEAD_AES_256_GCM under an APIv3 key. s.mu is held.
func (s *Server) seal(key string, plain []byte) map[string]any {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic("a checked APIv3 key cannot be used: " + err.Error())
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("AES without GCM: " + err.Error())
	}
	nonce := s.token(base62, gcm.NonceSize())
	return map[string]any{
		"algorithm":       "AEAD_AES_256_GCM",
		"nonce":           nonce,
		"associated_data": associated,
		"ciphertext":      base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), plain, []byte(associated))),
	}
}

// CertificateFlaw is something wrong in a certificate answer that is signed
// well.
type CertificateFlaw string

// Flaws that a client must bear without panic and without belief.
const (
	FlawNone         CertificateFlaw = ""
	FlawNonceLong    CertificateFlaw = "nonce-long"       // 16 characters, which the documents allow and GCM does not
	FlawNonceEmpty   CertificateFlaw = "nonce-empty"      //
	FlawShort        CertificateFlaw = "ciphertext-short" // shorter than its tag
	FlawNotBase64    CertificateFlaw = "ciphertext-text"  // no base64
	FlawAssociated   CertificateFlaw = "associated-data"  // not what it was encrypted with
	FlawForeignKey   CertificateFlaw = "foreign-key"      // encrypted with another APIv3 key
	FlawNotPEM       CertificateFlaw = "not-pem"          // something else was encrypted
	FlawTwice        CertificateFlaw = "serial-twice"     //
	FlawOtherSerial  CertificateFlaw = "serial-other"     // not the certificate's own
	FlawNoneListed   CertificateFlaw = "none-listed"      // an empty list
	FlawOtherKind    CertificateFlaw = "other-algorithm"  // nothing but SM2 certificates
	FlawWithoutInUse CertificateFlaw = "without-in-use"   // the certificate that signs is missing
)

// CertificateFlaws lists every flaw but FlawNone.
func CertificateFlaws() []CertificateFlaw { return slices.Sorted(maps.Keys(flaws)) }

// SpoilCertificates puts a flaw into certificate answers from now on.
func (s *Server) SpoilCertificates(f CertificateFlaw) error {
	if f != FlawNone && flaws[f] == nil {
		return fmt.Errorf("certificate flaw %q does not exist", f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.flaw = f
	return nil
}

// each changes every certificate of an answer.
func each(change func(s *Server, entry, sealed map[string]any)) func(*Server, []any) []any {
	return func(s *Server, data []any) []any {
		for _, d := range data {
			entry := d.(map[string]any)
			change(s, entry, entry["encrypt_certificate"].(map[string]any))
		}
		return data
	}
}

// set writes another value into what is encrypted.
func set(name, value string) func(*Server, []any) []any {
	return each(func(_ *Server, _, sealed map[string]any) { sealed[name] = value })
}

// flaws need s.mu.
var flaws = map[CertificateFlaw]func(*Server, []any) []any{
	FlawNonceLong:  set("nonce", "0123456789abcdef"),
	FlawNonceEmpty: set("nonce", ""),
	FlawShort:      set("ciphertext", base64.StdEncoding.EncodeToString([]byte("short"))),
	FlawNotBase64:  set("ciphertext", "*"),
	FlawAssociated: set("associated_data", "transaction"),
	FlawOtherKind:  set("algorithm", "AEAD_SM4_GCM"),
	FlawForeignKey: each(func(s *Server, entry, _ map[string]any) {
		entry["encrypt_certificate"] = s.seal("00000000000000000000000000000000", []byte("x"))
	}),
	FlawNotPEM: each(func(s *Server, entry, _ map[string]any) {
		entry["encrypt_certificate"] = s.seal(s.merchant.APIv3Key, []byte("no certificate"))
	}),
	FlawOtherSerial: each(func(_ *Server, entry, _ map[string]any) { entry["serial_no"] = "1234567890ABCDEF" }),
	FlawTwice:       func(_ *Server, data []any) []any { return append(data, data[0]) },
	FlawNoneListed:  func(*Server, []any) []any { return []any{} },
	FlawWithoutInUse: func(s *Server, data []any) []any {
		return slices.DeleteFunc(data, func(d any) bool { return d.(map[string]any)["serial_no"] == s.keys.certificate.id })
	},
}
