package paytest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The names of the files that WriteFiles makes, as the merchant portal names
// them.
const (
	MerchantKeyFile = "apiclient_key.pem"
	PublicKeyFile   = "wechatpay_public_key.pem"
	CertificateFile = "apiclient_cert.pem"
	APIv3KeyFile    = "apiv3_key.txt"
)

// Merchant is everything that a client of the simulator must know.
type Merchant struct {
	AppID  string // in partner mode the service provider's, and so is MchID
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
	// APIv3Key opens the platform certificates.
	APIv3Key string
	// SubMchID and SubAppID are the first sub-merchant's, in partner mode only.
	SubMchID, SubAppID string
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
		Serial:    s.newSerial(),
		Key:       key,
		APIv3Key:  o.APIv3Key,
		NotifyURL: "https://pay.example.com/wechat/notify",
		APIKey:    apiKey(o.Seed),
	}
	s.keys = ring{
		mode:     KeysPublic,
		merchant: map[string]*rsa.PublicKey{s.merchant.Serial: &key.PublicKey},
		public:   map[string]*wechatKey{},
		ready:    slices.Clone(o.CertificateKeys),
	}
	s.keys.add(&wechatKey{id: s.newKeyID(), private: public})
	switch len(o.APIv3Key) {
	case 0:
		s.merchant.APIv3Key = rand.Text() + rand.Text()[:6]
	case apiV3KeyLength:
	default:
		return fmt.Errorf("an APIv3 key has %d characters, not %d", apiV3KeyLength, len(o.APIv3Key))
	}
	if s.partner {
		s.merchant.SubMchID, s.merchant.SubAppID = s.addSub()
	}
	if o.KeyMode != "" {
		return s.SetKeyMode(o.KeyMode)
	}
	return nil
}

const apiV3KeyLength = 32

func orNewKey(k *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if k != nil {
		return k, nil
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// WriteFiles writes MerchantKeyFile (mode 0600) and PublicKeyFile into dir,
// over older ones, and for a merchant with platform certificates also
// CertificateFile and APIv3KeyFile.
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
	for _, f := range []struct {
		name, kind string
		der        []byte
		mode       os.FileMode
	}{{MerchantKeyFile, "PRIVATE KEY", private, 0o600}, {PublicKeyFile, "PUBLIC KEY", public, 0o644}} {
		text := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := writeFile(filepath.Join(dir, f.name), text, f.mode); err != nil {
			return err
		}
	}
	return s.writeMore(dir)
}

// Settings is the text of payment.settings in a config file, one key a line
// and not indented, for a config that stands beside the files of WriteFiles.
func (s *Server) Settings() string {
	m := s.Merchant()
	var b strings.Builder
	for _, kv := range s.settingsOf(m) {
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
