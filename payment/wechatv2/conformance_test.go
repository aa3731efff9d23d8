package wechatv2_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/gatewaytest/simulated"
	"kioskd/payment/paytest"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// double is the simulated provider as the suites drive it.
type double struct {
	*simulated.Provider
	t        testing.TB
	signType string
}

func newDouble(t testing.TB, signType string) *double {
	t.Helper()
	return &double{simulated.Start(t, paytest.Options{MerchantKey: merchantKey(), PublicKey: strangerKey()}), t, signType}
}

func (d *double) settings() wechatv2.Settings {
	d.t.Helper()
	dir := d.t.TempDir()
	if err := d.Server.WriteFilesV2(dir); err != nil {
		d.t.Fatal(err)
	}
	m := d.Server.Merchant()
	return wechatv2.Settings{
		AppID:         m.AppID,
		MchID:         m.MchID,
		APIKey:        filepath.Join(dir, paytest.APIKeyFile),
		SignType:      d.signType,
		MerchantCert:  filepath.Join(dir, paytest.CertificateFile),
		MerchantKey:   filepath.Join(dir, paytest.MerchantKeyFile),
		NotifyURL:     m.NotifyURL,
		BaseURLs:      d.Server.URLs(),
		PayerClientIP: "203.0.113.7",
	}
}

func realTime(o *wechatv2.Options) { o.Clock = nil }

func (d *double) Gateway() sale.Gateway { return client(d.t, d.settings(), realTime) }

func (d *double) Stranger() sale.Gateway {
	wrong := d.settings()
	writeFile(d.t, wrong.APIKey, strings.Repeat("0", 32), 0o600)
	return client(d.t, wrong, realTime)
}

func TestConformance(t *testing.T) {
	for _, signType := range []string{"HMAC-SHA256", "MD5"} {
		t.Run(signType, func(t *testing.T) {
			gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness { return newDouble(t, signType) })
		})
	}
}

func TestConformanceInBothSpellings(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness {
		d := newDouble(t, "HMAC-SHA256")
		d.Server.Behave(func(b *paytest.Behaviour) {
			b.Spelling, b.CloseAgainFails, b.OtherParamsTaken, b.PINShowsPaying = paytest.SpellingMixed, true, true, true
			b.Coupon = 50
		})
		return d
	})
}

func TestNoFaultMakesEvidence(t *testing.T) {
	simulated.NoFaultMakesEvidence(t, func(t testing.TB) (*simulated.Provider, sale.Gateway) {
		d := newDouble(t, "HMAC-SHA256")
		return d.Provider, client(t, d.settings(), realTime, func(o *wechatv2.Options) { o.Timeouts.Attempt = time.Second })
	})
}

// What the provider keeps of an order names the machine.
func TestTheMachineIsNamed(t *testing.T) {
	d := newDouble(t, "MD5")
	d.Created(t, client(t, d.settings(), realTime), 1)
	if o, err := d.Server.Order("SH0042-000001"); err != nil || o.DeviceID != "SH0042" || o.Attach != "machine=SH0042,slot=11" ||
		time.Until(o.ExpiresAt) < 110*time.Second || time.Until(o.ExpiresAt) > 121*time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}
