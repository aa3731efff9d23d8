package main

import (
	"log/slog"
	"path/filepath"

	"kioskd/configs"
	"kioskd/device/lcus"
	"kioskd/device/mdb"
	"kioskd/device/modbus"
	"kioskd/device/tcn"
	"kioskd/device/ubox"
	"kioskd/device/vmc"
	"kioskd/device/wvl"
	"kioskd/drivers"
	"kioskd/payment/wechat"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// known are the drivers of this kioskd.
func known() drivers.Table { return drivers.Table{Controllers: controllers(), Payments: payments()} }

// controllers lists the drivers of boards, in the order in which a port is
// asked for them: first who speaks unasked, then text, which is no command of
// the others, then checksums, then the byte without one, then who must be named.
func controllers() []drivers.Controller {
	return []drivers.Controller{
		{
			Name:     "vmc",
			Settings: func() configs.Settings { s := vmc.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return vmc.Open(c.Controller.Port, *c.Controller.Settings.(*vmc.Settings), vmc.Options{Log: log})
			},
			Probe: vmc.Probe(),
		},
		{
			Name:     "wvl",
			Settings: func() configs.Settings { s := wvl.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return wvl.Open(c.Controller.Port, *c.Controller.Settings.(*wvl.Settings), wvl.Options{Log: log})
			},
			Probe: wvl.Probe(),
		},
		{
			Name:     "mdb",
			Settings: func() configs.Settings { s := mdb.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				o := mdb.Options{Prices: map[sale.Slot]sale.Fen{}, PayWithin: c.Sale.PayWithin, Log: log}
				for _, p := range c.Shelves() {
					o.Prices[p.Slot] = p.Price
				}
				return mdb.Open(c.Controller.Port, *c.Controller.Settings.(*mdb.Settings), o)
			},
			Probe:  mdb.Probe(),
			Priced: true,
		},
		{
			Name:     "modbus",
			Settings: func() configs.Settings { s := modbus.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return modbus.Open(c.Controller.Port, *c.Controller.Settings.(*modbus.Settings), modbus.Options{Log: log})
			},
			Probe: modbus.Probe(),
		},
		{
			Name:     "lcus",
			Settings: func() configs.Settings { s := lcus.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return lcus.Open(c.Controller.Port, *c.Controller.Settings.(*lcus.Settings), lcus.Options{Log: log})
			},
			Probe: lcus.Probe(),
		},
		{
			Name:     "ubox",
			Settings: func() configs.Settings { s := ubox.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return ubox.Open(c.Controller.Port, *c.Controller.Settings.(*ubox.Settings), ubox.Options{Log: log})
			},
			Probe: ubox.Probe(),
		},
		{
			Name:     "tcn",
			Settings: func() configs.Settings { s := tcn.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return tcn.Open(c.Controller.Port, *c.Controller.Settings.(*tcn.Settings), tcn.Options{Log: log})
			},
		},
	}
}

var _ wechat.Keeper = drivers.Keeper(nil)

func payments() []drivers.Payment {
	return []drivers.Payment{
		{
			Name:     "wechat",
			Settings: func() configs.Settings { s := wechat.DefaultSettings(); return &s },
			Open: func(c *configs.Config, now sale.Clock, keep drivers.Keeping, log *slog.Logger) (sale.Gateway, error) {
				s := c.Payment.Settings.(*wechat.Settings)
				return wechat.New(*s, wechat.Options{
					DeviceID: c.Machine.ID, Clock: now, Log: log, Version: version(),
					Keeper: keep(filepath.Join(filepath.Dir(c.Store.Path), drivers.CertificatesFile+s.Merchant()+".json")),
				})
			},
			Papers: func(c *configs.Config) drivers.Papers {
				s := c.Payment.Settings.(*wechat.Settings)
				return drivers.Papers{
					Merchant: s.Merchant(), Serial: s.MerchantSerial, Cert: s.MerchantCert, Bases: s.BaseURLs, CAFile: s.CAFile,
					Keys: []drivers.Paper{{Key: "merchant_key", Path: s.MerchantKey}, {Key: "apiv3_key", Path: s.APIv3Key}, {Key: "public_key", Path: s.PublicKey}},
				}
			},
		},
		{
			Name:     "wechat-v2",
			Settings: func() configs.Settings { s := wechatv2.DefaultSettings(); return &s },
			Open: func(c *configs.Config, now sale.Clock, _ drivers.Keeping, log *slog.Logger) (sale.Gateway, error) {
				o := wechatv2.Options{DeviceID: c.Machine.ID, Clock: now, Log: log, Version: version()}
				return wechatv2.New(*c.Payment.Settings.(*wechatv2.Settings), o)
			},
			Papers: func(c *configs.Config) drivers.Papers {
				s := c.Payment.Settings.(*wechatv2.Settings)
				return drivers.Papers{
					Merchant: s.MchID, Cert: s.MerchantCert, Bases: s.BaseURLs, CAFile: s.CAFile,
					Keys: []drivers.Paper{{Key: "merchant_key", Path: s.MerchantKey}, {Key: "api_key", Path: s.APIKey}},
				}
			},
		},
	}
}
