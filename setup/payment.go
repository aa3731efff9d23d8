package setup

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"kioskd/configs"
)

// kind is one of the ways in which a merchant can be set up.
type kind struct {
	name   string
	driver string
	what   words
	ids    []string // flags
	files  []string // keys of the config under payment.settings, of files that are needed
	not    []string // keys that this kind has no use for
}

func merchantKinds() []kind {
	direct, partner := []string{"appid", "mchid"}, []string{"sp-appid", "sp-mchid", "sub-mchid", "sub-appid"}
	notDirect, notPartner := []string{"appid", "mchid"}, []string{"sp_appid", "sp_mchid", "sub_mchid", "sub_appid"}
	public, certificates := []string{"merchant_key", "merchant_cert", "public_key"}, []string{"merchant_key", "merchant_cert", "apiv3_key"}
	notPublic := []string{"public_key_id", "public_key"}
	withID := func(list []string) []string { return append(slices.Clone(list), "public-key-id") }
	return []kind{
		{"public-key", "wechat", words{"普通商户，微信支付公钥", "a merchant of its own, WeChat Pay public key"}, withID(direct), public, append(notPartner, "apiv3_key")},
		{"certificates", "wechat", words{"普通商户，平台证书", "a merchant of its own, platform certificates"}, direct, certificates, append(slices.Clone(notPublic), notPartner...)},
		{"partner-public-key", "wechat", words{"服务商的子商户，微信支付公钥", "under a service provider, WeChat Pay public key"}, withID(partner), public, append(notDirect, "apiv3_key")},
		{"partner-certificates", "wechat", words{"服务商的子商户，平台证书", "under a service provider, platform certificates"}, partner, certificates, append(slices.Clone(notPublic), notDirect...)},
		{"v2", "wechat-v2", words{"普通商户，只有 APIv2 密钥", "a merchant of its own with an API key of v2 only"}, append(slices.Clone(direct), "payer-ip"), []string{"merchant_key", "merchant_cert", "api_key"}, nil},
	}
}

func kindNames() (names []string) {
	for _, k := range merchantKinds() {
		names = append(names, k.name)
	}
	return names
}

func paymentQuestions() []Question {
	list := []Question{{
		Flag: "payment", Usage: strings.Join(kindNames(), ", ") + " (default: public-key)",
		what: words{"收款方式", "How the merchant is set up"},
		help: words{
			"商户平台 pay.weixin.qq.com → 账户中心 → API安全：有“微信支付公钥”选公钥，只有“平台证书”选平台证书。",
			"The merchant portal, pay.weixin.qq.com, account centre, API security (API安全), shows either a WeChat Pay public key (微信支付公钥) or platform certificates (平台证书).",
		},
	}}
	id := func(flag, usage, zh, en, where, portal string) {
		list = append(list, Question{
			Flag: flag, field: "payment.settings." + strings.ReplaceAll(flag, "-", "_"), Usage: usage, what: words{zh, en}, help: words{where, portal},
		})
	}
	id("appid", "appid bound to mchid", "appid", "appid", "商户平台 → 产品中心 → AppID账号管理，wx 开头，18 位。", "Portal, product centre, AppID账号管理: wx and 16 letters or digits.")
	id("mchid", "merchant number", "商户号", "Merchant number (mchid)", "商户平台 → 账户中心 → 商户信息，8 到 10 位数字。", "Portal, account centre, 商户信息: 8 to 10 digits.")
	id("sp-appid", "appid of the service provider", "服务商 appid", "Service provider's appid", "服务商平台 → AppID账号管理。", "Service provider's portal, AppID账号管理.")
	id("sp-mchid", "its merchant number", "服务商商户号", "Service provider's merchant number", "服务商平台 → 账户中心。", "Service provider's portal, account centre.")
	id("sub-mchid", "merchant number of the shop that gets the money", "子商户号", "Sub-merchant's number", "收钱的子商户的商户号。", "The number of the merchant that gets the money.")
	id("sub-appid", "appid of that shop", "子商户 appid（可留空）", "Sub-merchant's appid (may be empty)", "子商户自己的 appid，没有就留空。", "Its own appid; empty if it has none.")
	list[len(list)-1].optional = true
	id("public-key-id", "id of WeChat Pay's public key", "微信支付公钥 ID", "Id of WeChat Pay's public key", "商户平台 → API安全 → 微信支付公钥，PUB_KEY_ID_ 开头。", "Portal, API security, 微信支付公钥: it begins with PUB_KEY_ID_.")
	id("merchant-serial", "serial of the merchant API certificate, without --merchant-cert", "商户 API 证书序列号", "Serial of the merchant API certificate", "商户平台 → API安全 → 商户API证书 → 管理证书。", "Portal, API security, 商户API证书.")
	id("notify-url", "https address for notifications; kioskd does not listen there", "回调地址（https）", "Address for notifications (https)", "微信支付要求填写；本机不接收回调。写商户自己的 https 地址，不带“?”。", "WeChat Pay wants one; kioskd does not listen there. An https address of the merchant's, without “?”.")
	list = append(list, Question{
		Flag: "payer-ip", field: "payment.settings.payer_client_ip", Usage: "this machine's address, for v2",
		what: words{"本机 IP 地址", "This machine's IP address"},
		help: words{"v2 每个订单都要。公网地址会变时写局域网地址。", "v2 wants it of every order. Where the public one changes: that in the local network."},
	})
	return append(list, fileQuestions()...)
}

func (s *setup) payment(ctx context.Context) error {
	k, err := s.chooseKind(ctx)
	if err != nil {
		return err
	}
	if now, _ := configs.Get(s.text, "payment.driver"); now != k.driver {
		lines, _ := configs.Example("payment", k.driver)
		if s.text, err = configs.SetSection(s.text, "payment", lines); err != nil {
			return err
		}
	}
	var not []string
	for _, key := range k.not {
		not = append(not, "payment.settings."+key)
	}
	if err := s.forget(not...); err != nil {
		return err
	}
	for _, flag := range append(slices.Clone(k.ids), "notify-url") {
		if err := s.identify(ctx, questionOf(flag)); err != nil {
			return err
		}
	}
	return s.merchantFiles(ctx, k)
}

// identify asks for one of the merchant's numbers. The check of the payment
// looks at all of them together, so one alone may not be judged by another's
// absence.
func (s *setup) identify(ctx context.Context, q Question) error {
	if q.optional && s.Given[q.Flag] == "" && s.present(q.field) == "" && s.Yes {
		return s.forget(q.field)
	}
	if q.Flag == "payer-ip" && s.present(q.field) == "" && s.Given[q.Flag] == "" {
		if ip := localAddress(); ip != "" {
			s.put(q.field, ip)
		}
	}
	if err := s.answer(ctx, q); err != nil {
		return err
	}
	if value, _ := configs.Get(s.text, q.field); value == "" && q.optional {
		return s.forget(q.field)
	}
	return nil
}

func (s *setup) chooseKind(ctx context.Context) (kind, error) {
	all := merchantKinds()
	if name, ok := s.Given["payment"]; ok {
		i := slices.Index(kindNames(), name)
		if i < 0 {
			return kind{}, unfit(fmt.Errorf("--payment %s: write %s", name, strings.Join(kindNames(), ", ")))
		}
		return all[i], nil
	}
	usual := max(0, slices.Index(kindNames(), s.presentKind()))
	if s.Yes {
		return all[usual], nil
	}
	var list []string
	for _, k := range all {
		list = append(list, s.t(k.what))
	}
	q := questionOf("payment")
	n, err := s.choose(ctx, q.what, list, usual, q.help)
	if err != nil {
		return kind{}, err
	}
	return all[n], nil
}

// presentKind is the kind of the config that is there.
func (s *setup) presentKind() string {
	has := func(key string) bool { return s.present("payment.settings."+key) != "" }
	name := "certificates"
	switch {
	case s.present("payment.driver") == "":
		return ""
	case s.present("payment.driver") == "wechat-v2":
		return "v2"
	case has("public_key_id"):
		name = "public-key"
	}
	if has("sp_mchid") {
		name = "partner-" + name
	}
	return name
}

// localAddress is this machine's own in its network, or "".
func localAddress() string {
	list, _ := net.InterfaceAddrs()
	found := ""
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			found = cmp.Or(found, n.IP.String())
		}
	}
	return found
}
