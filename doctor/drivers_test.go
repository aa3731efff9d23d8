package doctor

import (
	"log/slog"

	"kioskd/configs"
	"kioskd/device/vmc"
	"kioskd/drivers"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// theDrivers are one board and one provider.
func theDrivers() drivers.Table {
	return drivers.Table{
		Controllers: []drivers.Controller{{
			Name:     "vmc",
			Settings: func() configs.Settings { s := vmc.DefaultSettings(); return &s },
			Open: func(c *configs.Config, log *slog.Logger) drivers.Dispenser {
				return vmc.Open(c.Controller.Port, *c.Controller.Settings.(*vmc.Settings), vmc.Options{Log: log})
			},
		}},
		Payments: []drivers.Payment{{
			Name:     "wechat",
			Settings: func() configs.Settings { s := wechat.DefaultSettings(); return &s },
			Open: func(c *configs.Config, now sale.Clock, keep drivers.Keeping, log *slog.Logger) (sale.Gateway, error) {
				return wechat.New(*c.Payment.Settings.(*wechat.Settings), wechat.Options{Clock: now, Log: log, Keeper: keep(c.Store.Path + ".certificates")})
			},
			Papers: func(c *configs.Config) drivers.Papers {
				s := c.Payment.Settings.(*wechat.Settings)
				return drivers.Papers{
					Merchant: s.Merchant(), Serial: s.MerchantSerial, Cert: s.MerchantCert, Bases: s.BaseURLs, CAFile: s.CAFile,
					Keys: []drivers.Paper{{Key: "merchant_key", Path: s.MerchantKey}, {Key: "apiv3_key", Path: s.APIv3Key}, {Key: "public_key", Path: s.PublicKey}},
				}
			},
		}},
	}
}
