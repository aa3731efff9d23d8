package configs_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kioskd/configs"
)

// These settings behave as the real drivers' do: they have defaults, make
// paths absolute, look at key files and speak of fields by their yaml keys.

type wechatSettings struct {
	AppID          string   `yaml:"appid"`
	MchID          string   `yaml:"mchid"`
	MerchantSerial string   `yaml:"merchant_serial"`
	MerchantKey    string   `yaml:"merchant_key"`
	PublicKeyID    string   `yaml:"public_key_id"`
	PublicKey      string   `yaml:"public_key"`
	NotifyURL      string   `yaml:"notify_url"`
	BaseURLs       []string `yaml:"base_urls"`
	PayerClientIP  string   `yaml:"payer_client_ip"`
	CAFile         string   `yaml:"ca_file"`
}

func newWechat() configs.Settings {
	return &wechatSettings{BaseURLs: []string{"https://a.example", "https://b.example"}}
}

func (s *wechatSettings) Check(dir string, problem func(field, what string)) {
	for _, key := range []struct {
		field string
		path  *string
	}{{"merchant_key", &s.MerchantKey}, {"public_key", &s.PublicKey}} {
		if *key.path == "" {
			problem(key.field, "missing: write the path of the key file")
			continue
		}
		if !filepath.IsAbs(*key.path) {
			*key.path = filepath.Join(dir, *key.path)
		}
		info, err := os.Stat(*key.path)
		switch {
		case err != nil:
			problem(key.field, "there is no such key file: write its path")
		case key.field == "merchant_key" && info.Mode().Perm()&0o077 != 0:
			problem(key.field, "others may read the private key: chmod 600 the file")
		}
	}
	if u, err := url.Parse(s.NotifyURL); err != nil || u.Scheme != "https" || u.RawQuery != "" {
		problem("notify_url", "wants https and no query: write it like https://example.com/notify")
	}
	for i, base := range s.BaseURLs {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
			problem("base_urls["+string(rune('0'+i))+"]", "plain http to another machine: write https")
		}
	}
}

type vmcSettings struct {
	Baud      int           `yaml:"baud"`
	Answer    time.Duration `yaml:"answer"`
	CheckLong bool          `yaml:"check_long"`
	Word      word          `yaml:"word"`
	Gain      float64       `yaml:"gain"`
	Unit      uint8         `yaml:"unit"`
	Wiring    struct {
		Slots []int `yaml:"slots"`
	} `yaml:"wiring"`
	private int
}

func newVMC() configs.Settings { return &vmcSettings{Baud: 57600, private: 1} }

func (s *vmcSettings) Check(_ string, problem func(field, what string)) {
	if s.Baud != 57600 && s.Baud != 9600 {
		problem("baud", "no such speed: write 57600 or 9600")
	}
}

// word is a setting with a notation of its own.
type word string

func (w *word) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), " ") {
		return os.ErrInvalid
	}
	*w = word(strings.ToUpper(string(text)))
	return nil
}

type modbusSettings struct {
	Common commonSettings `yaml:",inline"`
	Coil   int            `yaml:"coil"`
}

type commonSettings struct {
	Parity string `yaml:"parity"`
}

func newModbus() configs.Settings { return &modbusSettings{Coil: 1} }

func (s *modbusSettings) Check(string, func(field, what string)) {}

func drivers() configs.Drivers {
	return configs.Drivers{
		Controllers: map[string]func() configs.Settings{"vmc": newVMC, "modbus": newModbus},
		Payments:    map[string]func() configs.Settings{"wechat": newWechat},
	}
}
