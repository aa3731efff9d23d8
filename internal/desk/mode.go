package desk

import (
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// Mode is an interface of the provider, and what proves its answers there.
type Mode string

// The modes in which a merchant may be served.
const (
	PublicKey    Mode = "public key"   // API v3; the zero Mode is this one too
	Certificates Mode = "certificates" // API v3, platform certificates
	ChangeOver   Mode = "change-over"  // API v3, both
	Partner      Mode = "partner"      // API v3, public key, a service provider's sub-merchant
	V2           Mode = "v2"           // API v2, HMAC-SHA256
	V2MD5        Mode = "v2 MD5"       // API v2, MD5
)

// V2 reports whether the mode is one of API v2.
func (m Mode) V2() bool { return m == V2 || m == V2MD5 }

// Certified reports whether platform certificates prove answers.
func (m Mode) Certified() bool { return m == Certificates || m == ChangeOver }

// keys is the provider's word for what proves its answers.
func (m Mode) keys() paytest.KeyMode {
	switch m {
	case Certificates:
		return paytest.KeysCertificate
	case ChangeOver:
		return paytest.KeysTransition
	}
	return paytest.KeysPublic
}

// linked is what a client of either interface is given.
type linked struct {
	urls      []string
	clock     *Clock
	transport http.RoundTripper
	log       *slog.Logger
	keeper    wechat.Keeper
}

// client is the production client of a mode, with its files in dir.
func (m Mode) client(p *paytest.Server, dir string, l linked) (sale.Gateway, error) {
	if m.V2() {
		return m.clientV2(p, dir, l)
	}
	if err := p.WriteFiles(dir); err != nil {
		return nil, err
	}
	s := wechat.DefaultSettings()
	if err := yaml.UnmarshalWithOptions([]byte(p.Settings()), &s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the provider's settings: %w", err)
	}
	s.BaseURLs = l.urls
	s.Check(dir, func(string, string) {}) // makes the paths absolute; New reports
	return wechat.New(s, wechat.Options{DeviceID: "DESK1", Clock: l.clock, Transport: l.transport, Log: l.log, Keeper: l.keeper})
}

func (m Mode) clientV2(p *paytest.Server, dir string, l linked) (sale.Gateway, error) {
	if err := p.WriteFilesV2(dir); err != nil {
		return nil, err
	}
	merchant, s := p.Merchant(), wechatv2.DefaultSettings()
	if m == V2MD5 {
		s.SignType = "MD5"
	}
	s.AppID, s.MchID, s.NotifyURL, s.BaseURLs, s.PayerClientIP = merchant.AppID, merchant.MchID, merchant.NotifyURL, l.urls, "203.0.113.7"
	s.APIKey = filepath.Join(dir, paytest.APIKeyFile)
	s.MerchantCert, s.MerchantKey = filepath.Join(dir, paytest.CertificateFile), filepath.Join(dir, paytest.MerchantKeyFile)
	return wechatv2.New(s, wechatv2.Options{DeviceID: "DESK1", Clock: l.clock, Transport: l.transport, Log: l.log})
}

// Keeper keeps the platform certificates in memory over a machine's restart.
type Keeper struct {
	mu   lock
	data []byte
}

// Load implements wechat.Keeper.
func (k *Keeper) Load() ([]byte, error) {
	defer k.mu.hold()()
	return slices.Clone(k.data), nil
}

// Save implements wechat.Keeper.
func (k *Keeper) Save(data []byte) error {
	defer k.mu.hold()()
	k.data = slices.Clone(data)
	return nil
}
