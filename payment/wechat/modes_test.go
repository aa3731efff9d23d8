package wechat_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
)

// simulatedSettings are the simulator's own words for a config file, with its
// key files in dir.
func simulatedSettings(t testing.TB, server *paytest.Server, dir string) wechat.Settings {
	t.Helper()
	s := wechat.DefaultSettings()
	if err := yaml.UnmarshalWithOptions([]byte(server.Settings()), &s, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	s.Check(dir, func(field, what string) { t.Errorf("%s %s", field, what) })
	return s
}

func certificates(o *paytest.Options) { o.KeyMode = paytest.KeysCertificate }
func changeOver(o *paytest.Options)   { o.KeyMode = paytest.KeysTransition }
func partner(o *paytest.Options)      { o.Partner = true }

func TestConformanceInOtherModes(t *testing.T) {
	for name, mode := range map[string][]func(*paytest.Options){
		"certificates":          {certificates},
		"change-over":           {changeOver},
		"partner":               {partner},
		"partner, certificates": {partner, certificates},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness { return newDouble(t, mode...) })
		})
	}
}

// What the modes put into the settings.
func TestSettingsOfTheModes(t *testing.T) {
	for name, c := range map[string]struct {
		mode []func(*paytest.Options)
		with string
	}{
		"public key":   {nil, "appid mchid merchant_serial merchant_key public_key_id public_key"},
		"certificates": {[]func(*paytest.Options){certificates}, "appid mchid merchant_cert merchant_key apiv3_key"},
		"change-over":  {[]func(*paytest.Options){changeOver}, "appid mchid merchant_cert merchant_key apiv3_key public_key_id public_key"},
		"partner":      {[]func(*paytest.Options){partner}, "sp_appid sp_mchid sub_appid sub_mchid merchant_serial merchant_key public_key_id public_key"},
	} {
		s := newDouble(t, c.mode...)
		var keys []string
		for line := range strings.Lines(s.Server.Settings()) {
			if key, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") && key != "notify_url" && key != "base_urls" {
				keys = append(keys, key)
			}
		}
		if got := strings.Join(keys, " "); got != c.with {
			t.Errorf("%s: %s, want %s", name, got, c.with)
		}
		dir := t.TempDir()
		if err := s.Server.WriteFiles(dir); err != nil {
			t.Fatal(err)
		}
		if got := simulatedSettings(t, s.Server, dir); got.MerchantSerial != s.Server.Merchant().Serial || filepath.Dir(got.MerchantKey) != dir {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
