package wechatv2

import (
	"net/netip"
	"regexp"
	"time"

	"kioskd/internal/keyfile"
	"kioskd/payment/internal/link"
)

// Settings is what an operator writes to name the merchant. Paths are
// absolute after Check.
type Settings struct {
	AppID        string `yaml:"appid"`         // bound to mchid in the merchant portal
	MchID        string `yaml:"mchid"`         // the merchant number
	APIKey       string `yaml:"api_key"`       // path of a file with the API key of v2, 32 characters, or credential:NAME
	SignType     string `yaml:"sign_type"`     // HMAC-SHA256 or MD5
	MerchantCert string `yaml:"merchant_cert"` // path of apiclient_cert.pem; refunds need it
	MerchantKey  string `yaml:"merchant_key"`  // path of apiclient_key.pem
	NotifyURL    string `yaml:"notify_url"`    // required by the provider even if nobody listens
	// CAFile is the path of further authorities that sign for the servers, in
	// PEM, for networks whose proxy opens TLS.
	CAFile   string   `yaml:"ca_file"`
	BaseURLs []string `yaml:"base_urls"` // tried in this order
	// PayerClientIP is the address of the machine that calls, which the
	// provider wants of every order (spbill_create_ip). It is frozen with the
	// order. There is no default: a made-up address feeds the provider's risk
	// control.
	PayerClientIP string `yaml:"payer_client_ip"`
}

// DefaultSettings has the provider's main domain and a second one under
// another registrable name, which survives a DNS fault of the first.
func DefaultSettings() Settings {
	return Settings{
		SignType: string(algHMAC),
		BaseURLs: []string{"https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"},
	}
}

const keyLength = 32

var (
	appIDShape = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	mchIDShape = regexp.MustCompile(`^[0-9]{8,10}$`)
	// rawKey is a key where a path should be. No key may get into an error
	// text, so what looks like one is not even looked for as a file.
	rawKey = regexp.MustCompile(`^[0-9A-Za-z]{20,}$`)
)

// Check makes the paths absolute, relative to dir, writes base URLs in the one
// form the client uses, and reports everything that is wrong: the yaml key, and
// what to write instead. It reads the key files and does no network I/O.
func (s *Settings) Check(dir string, problem func(field, what string)) {
	s.checkNames(problem)
	s.checkKeys(dir, problem)
	link.Network{NotifyURL: &s.NotifyURL, CAFile: &s.CAFile, BaseURLs: &s.BaseURLs}.Check(dir, DefaultSettings().BaseURLs, problem)
	s.checkAddress(problem)
}

func (s *Settings) checkNames(problem func(field, what string)) {
	const wantApp = "write the appid that is bound to the mchid: wx and 16 letters or digits"
	if what := misshapen(s.AppID, appIDShape); what != "" {
		problem("appid", what+wantApp)
	}
	if what := misshapen(s.MchID, mchIDShape); what != "" {
		problem("mchid", what+"write the merchant number in quotes: 8 to 10 digits")
	}
	if a := algorithm(s.SignType); a != algHMAC && a != algMD5 {
		problem("sign_type", link.Quote(s.SignType)+" is no algorithm of API v2: write HMAC-SHA256, or MD5 for a provider that has nothing else")
	}
}

func misshapen(value string, shape *regexp.Regexp) string {
	switch {
	case value == "":
		return "is missing: "
	case !shape.MatchString(value):
		return link.Quote(value) + " has the wrong shape: "
	}
	return ""
}

func (s *Settings) checkKeys(dir string, problem func(field, what string)) {
	if rawKey.MatchString(s.APIKey) {
		problem("api_key", "looks like the key itself: put it alone into a file that only kioskd may read (chmod 600), "+
			`and write the path of the file, such as "./apiv2_key.txt"`)
	} else {
		s.APIKey = keyfile.Path(dir, s.APIKey)
		if _, what := keyfile.Secret(s.APIKey, wantKey, keyLength); what != "" {
			problem("api_key", what)
		}
	}
	s.MerchantKey = keyfile.Path(dir, s.MerchantKey)
	s.MerchantCert = keyfile.Path(dir, s.MerchantCert)
	private, what := keyfile.Private(s.MerchantKey)
	if what != "" {
		problem("merchant_key", what)
	}
	if _, what := keyfile.Certified(s.MerchantCert, private, time.Now()); what != "" {
		problem("merchant_cert", what)
	}
}

const wantKey = "write the path of a file with the API key of v2 and nothing else"

func (s *Settings) checkAddress(problem func(field, what string)) {
	const instead = "write the machine's public IPv4 or IPv6 address or, where that changes, its own address in the local network"
	ip, err := netip.ParseAddr(s.PayerClientIP)
	switch {
	case s.PayerClientIP == "":
		problem("payer_client_ip", "is missing: API v2 wants it of every order: "+instead)
	case err != nil || ip.Zone() != "" || ip.IsLoopback() || ip.IsUnspecified():
		problem("payer_client_ip", link.Quote(s.PayerClientIP)+" is not a usable address: "+instead)
	}
}
