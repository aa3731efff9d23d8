// Package keyfile reads files with keys and other secrets, such as those that a
// merchant's portal gives out, and tells a technician what is wrong with one.
package keyfile

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// MinBits is the least length of an RSA key here.
const MinBits = 2048

// asn1Sequence begins every binary file of keys and certificates.
const asn1Sequence = 0x30

// Private reads the merchant's key, or says what is wrong with it.
func Private(path string) (*rsa.PrivateKey, string) {
	const want = "write the path of the merchant API key, apiclient_key.pem"
	block, what := loadPEM(path, want, true)
	if what != "" {
		return nil, what
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Sprintf("%s holds a key with a password: take the password off with \"openssl pkey\", or download the key again", path)
	default:
		return nil, fmt.Sprintf("%s holds a %s, not a private key: %s", path, block.Type, want)
	}
	if err != nil {
		return nil, fmt.Sprintf("%s holds a private key that cannot be read: download it again, without a password", path)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Sprintf("%s holds a key that is not RSA: %s", path, want)
	}
	return private, weak(path, &private.PublicKey)
}

// Public reads WeChat Pay's key, or says what is wrong with it.
func Public(path string) (*rsa.PublicKey, string) {
	const want = "write the path of WeChat Pay's public key, downloaded from the merchant portal"
	block, what := loadPEM(path, want, false)
	if what != "" {
		return nil, what
	}
	if block.Type == "CERTIFICATE" {
		return nil, path + " holds a certificate, not a public key: " + want +
			"; if the portal shows platform certificates and no public key, write apiv3_key and take public_key_id and public_key out"
	}
	if block.Type != "PUBLIC KEY" {
		return nil, fmt.Sprintf("%s holds a %s, not a public key: %s", path, block.Type, want)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Sprintf("%s holds a public key that cannot be read: download it again", path)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Sprintf("%s holds a key that is not RSA: %s", path, want)
	}
	return public, weak(path, public)
}

func weak(path string, key *rsa.PublicKey) string {
	if bits := key.N.BitLen(); bits < MinBits {
		return fmt.Sprintf("%s holds an RSA key of %d bits: the provider wants %d", path, bits, MinBits)
	}
	return ""
}

func loadPEM(path, want string, secret bool) (*pem.Block, string) {
	text, what := read(path, want, secret)
	if what != "" {
		return nil, what
	}
	block, _ := pem.Decode(text)
	switch {
	case block == nil && len(text) > 0 && text[0] == asn1Sequence:
		return nil, path + " holds a binary file, such as a .p12 or a .der, not a .pem: " + want
	case block == nil:
		return nil, path + " holds no PEM block (-----BEGIN ...): " + want
	}
	return block, ""
}
