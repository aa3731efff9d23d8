package paytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The names of the files that WriteFiles makes, as the merchant portal names
// them.
const (
	MerchantKeyFile = "apiclient_key.pem"
	PublicKeyFile   = "wechatpay_public_key.pem"
)

// Merchant is everything that a client of the simulator must know.
type Merchant struct {
	AppID  string
	MchID  string
	Serial string          // of the merchant API certificate, upper-case hex
	Key    *rsa.PrivateKey // of the merchant API certificate
	// PublicKeyID names the WeChat Pay public key in force: PUB_KEY_ID_…
	PublicKeyID string
	PublicKey   *rsa.PublicKey
	// CertificateSerial and CertificateKey are the platform certificate's.
	// They are empty in [KeysPublic] mode: new merchants have none.
	CertificateSerial string
	CertificateKey    *rsa.PublicKey
	// NotifyURL is one that the simulator accepts. It calls nobody.
	NotifyURL string
	APIKey    string // of API v2, 32 characters
}

// Merchant returns the merchant's values as they are now.
func (s *Server) Merchant() Merchant {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.merchant
	m.PublicKeyID = s.keys.current.id
	m.PublicKey = &s.keys.current.private.PublicKey
	if c := s.keys.certificate; c != nil {
		m.CertificateSerial, m.CertificateKey = c.id, &c.private.PublicKey
	}
	return m
}

func (s *Server) makeMerchant(o Options) error {
	key, err := orNewKey(o.MerchantKey)
	if err != nil {
		return err
	}
	public, err := orNewKey(o.PublicKey)
	if err != nil {
		return err
	}
	s.merchant = Merchant{
		AppID:     "wx" + s.token("0123456789abcdef", 16),
		MchID:     "19000" + s.token("0123456789", 5),
		Serial:    "5" + s.token("0123456789ABCDEF", 40)[1:], // one bit short, as certificates want it
		Key:       key,
		NotifyURL: "https://pay.example.com/wechat/notify",
		APIKey:    apiKey(o.Seed),
	}
	s.keys = ring{
		mode:     KeysPublic,
		merchant: map[string]*rsa.PublicKey{s.merchant.Serial: &key.PublicKey},
		public:   map[string]*wechatKey{},
	}
	s.keys.add(&wechatKey{id: s.newKeyID(), private: public})
	return nil
}

func orNewKey(k *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if k != nil {
		return k, nil
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// WriteFiles writes MerchantKeyFile (mode 0600) and PublicKeyFile into dir,
// over older ones.
func (s *Server) WriteFiles(dir string) error {
	m := s.Merchant()
	private, err := x509.MarshalPKCS8PrivateKey(m.Key)
	if err != nil {
		return fmt.Errorf("encode the merchant key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(m.PublicKey)
	if err != nil {
		return fmt.Errorf("encode the WeChat Pay public key: %w", err)
	}
	if err := writePEM(filepath.Join(dir, MerchantKeyFile), "PRIVATE KEY", private, 0o600); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, PublicKeyFile), "PUBLIC KEY", public, 0o644)
}

// writePEM goes over a temporary file, so that an old file's mode cannot stay
// and a reader never sees half a key.
func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	err = f.Chmod(mode)
	if err == nil {
		err = pem.Encode(f, &pem.Block{Type: kind, Bytes: der})
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Settings is the text of payment.settings in a config file, one key a line
// and not indented, for a config that stands beside the files of WriteFiles.
func (s *Server) Settings() string {
	m := s.Merchant()
	var b strings.Builder
	for _, kv := range [][2]string{
		{"appid", m.AppID},
		{"mchid", m.MchID},
		{"merchant_serial", m.Serial},
		{"merchant_key", MerchantKeyFile},
		{"public_key_id", m.PublicKeyID},
		{"public_key", PublicKeyFile},
		{"notify_url", m.NotifyURL},
	} {
		fmt.Fprintf(&b, "%s: %q\n", kv[0], kv[1])
	}
	b.WriteString(s.baseURLs())
	return b.String()
}

// baseURLs is the setting that leads to this server.
func (s *Server) baseURLs() string {
	text := "base_urls:\n"
	for _, u := range s.URLs() {
		text += fmt.Sprintf("  - %q\n", u)
	}
	return text
}
