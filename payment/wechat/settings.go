package wechat

import (
	"net/netip"

	"kioskd/payment/internal/link"
)

// Settings is what an operator writes to name the merchant. Paths are
// absolute after Check; "credential:NAME" is a file that systemd hands over.
//
// A merchant of its own has AppID and MchID, a service provider's machine the
// four SP and Sub fields instead. Which keys prove the provider's answers
// follows from what is filled in: PublicKeyID and PublicKey, or APIv3Key for
// platform certificates, or all three while a merchant changes over.
type Settings struct {
	AppID    string `yaml:"appid"`     // bound to mchid in the merchant portal
	MchID    string `yaml:"mchid"`     // the merchant number
	SPAppID  string `yaml:"sp_appid"`  // the service provider's, bound to sp_mchid
	SPMchID  string `yaml:"sp_mchid"`  // signs; order numbers are unique among all its sub-merchants
	SubMchID string `yaml:"sub_mchid"` // gets the money
	SubAppID string `yaml:"sub_appid"` // optional: the sub-merchant's own

	MerchantSerial string `yaml:"merchant_serial"` // serial of the merchant API certificate, hex
	MerchantCert   string `yaml:"merchant_cert"`   // path of apiclient_cert.pem, in the place of the serial
	MerchantKey    string `yaml:"merchant_key"`    // path of apiclient_key.pem
	PublicKeyID    string `yaml:"public_key_id"`   // PUB_KEY_ID_...
	PublicKey      string `yaml:"public_key"`      // path of WeChat Pay's public key
	APIv3Key       string `yaml:"apiv3_key"`       // path of a file with the 32 characters

	NotifyURL string `yaml:"notify_url"` // required by the provider even if nobody listens
	// CAFile is the path of further authorities that sign for the servers, in
	// PEM, for networks whose proxy opens TLS.
	CAFile   string   `yaml:"ca_file"`
	BaseURLs []string `yaml:"base_urls"` // tried in this order
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

// Check makes the paths absolute, relative to dir, writes base URLs and serial
// in the one form the client uses, and reports everything that is wrong: the
// yaml key, and what to write instead. It reads the key files and does no
// network I/O.
func (s *Settings) Check(dir string, problem func(field, what string)) { s.check(dir, true, problem) }

// check takes the merchant's key for the business of somebody else unless
// signs is set.
func (s *Settings) check(dir string, signs bool, problem func(field, what string)) {
	s.checkParty(problem)
	if signs {
		s.checkMerchantKey(dir, problem)
	}
	s.checkProviderKeys(dir, problem)
	link.Network{NotifyURL: &s.NotifyURL, CAFile: &s.CAFile, BaseURLs: &s.BaseURLs}.Check(dir, DefaultSettings().BaseURLs, problem)
	s.checkPayerIP(problem)
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
