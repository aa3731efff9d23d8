package wechat

import (
	"net/netip"
	"regexp"
	"strings"

	"kioskd/payment/internal/keyfile"
	"kioskd/payment/internal/link"
)

// Settings is what an operator writes to name the merchant. Paths are
// absolute after Check.
type Settings struct {
	AppID          string   `yaml:"appid"`           // bound to mchid in the merchant portal
	MchID          string   `yaml:"mchid"`           // the merchant number
	MerchantSerial string   `yaml:"merchant_serial"` // serial of the merchant API certificate, hex
	MerchantKey    string   `yaml:"merchant_key"`    // path of apiclient_key.pem
	PublicKeyID    string   `yaml:"public_key_id"`   // PUB_KEY_ID_...
	PublicKey      string   `yaml:"public_key"`      // path of WeChat Pay's public key
	NotifyURL      string   `yaml:"notify_url"`      // required by the provider even if nobody listens
	BaseURLs       []string `yaml:"base_urls"`       // tried in this order
	// PayerClientIP is the machine's own public address. The provider takes a
	// device id only together with it, so that without it the order carries
	// the machine in attach alone. A made-up address helps nobody: it feeds
	// the provider's risk control.
	PayerClientIP string `yaml:"payer_client_ip"`
}

// DefaultSettings has the provider's main domain and a second one under
// another registrable name, which survives a DNS fault of the first.
func DefaultSettings() Settings {
	return Settings{BaseURLs: []string{"https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"}}
}

var (
	appIDShape  = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	mchIDShape  = regexp.MustCompile(`^[0-9]{8,10}$`)
	serialShape = regexp.MustCompile(`^[0-9A-Fa-f]{8,40}$`)
	keyIDShape  = regexp.MustCompile(`^PUB_KEY_ID_[0-9A-Za-z]+$`)
)

// Check makes the paths absolute, relative to dir, writes base URLs and serial
// in the one form the client uses, and reports everything that is wrong: the
// yaml key, and what to write instead. It reads the key files and does no
// network I/O.
func (s *Settings) Check(dir string, problem func(field, what string)) {
	s.checkNames(problem)
	s.checkKeys(dir, problem)
	if what := link.NotifyProblem(s.NotifyURL); what != "" {
		problem("notify_url", what)
	}
	s.BaseURLs = link.CheckBases(s.BaseURLs, DefaultSettings().BaseURLs, func(what string) { problem("base_urls", what) })
	s.checkPayerIP(problem)
}

func (s *Settings) checkNames(problem func(field, what string)) {
	shaped := func(field, value string, shape *regexp.Regexp, want string) {
		switch {
		case value == "":
			problem(field, "is missing: write "+want)
		case !shape.MatchString(value):
			problem(field, link.Quote(value)+" has the wrong shape: write "+want)
		}
	}
	shaped("appid", s.AppID, appIDShape, "the appid that is bound to the mchid: wx and 16 letters or digits")
	shaped("mchid", s.MchID, mchIDShape, "the merchant number in quotes: 8 to 10 digits")
	shaped("merchant_serial", s.MerchantSerial, serialShape,
		"the serial of the merchant API certificate: up to 40 hex digits, as \"openssl x509 -in apiclient_cert.pem -noout -serial\" prints it")
	shaped("public_key_id", s.PublicKeyID, keyIDShape,
		"the id of the WeChat Pay public key from the merchant portal: PUB_KEY_ID_ and digits")
	s.MerchantSerial = strings.ToUpper(s.MerchantSerial)
}

func (s *Settings) checkKeys(dir string, problem func(field, what string)) {
	s.MerchantKey = keyfile.Path(dir, s.MerchantKey)
	s.PublicKey = keyfile.Path(dir, s.PublicKey)
	private, what := keyfile.Private(s.MerchantKey)
	if what != "" {
		problem("merchant_key", what)
	}
	public, what := keyfile.Public(s.PublicKey)
	if what != "" {
		problem("public_key", what)
	}
	if private != nil && public != nil && private.PublicKey.Equal(public) {
		problem("public_key", s.PublicKey+" belongs to merchant_key: write the path of WeChat Pay's own public key, downloaded from the merchant portal")
	}
}

func (s *Settings) checkPayerIP(problem func(field, what string)) {
	if s.PayerClientIP == "" {
		return
	}
	ip, err := netip.ParseAddr(s.PayerClientIP)
	if err != nil || ip.Zone() != "" || ip.IsLoopback() || ip.IsUnspecified() {
		problem("payer_client_ip", link.Quote(s.PayerClientIP)+" is not a usable address: write the machine's public IPv4 or IPv6 address, or leave it out")
	}
}
