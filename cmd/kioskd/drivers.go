package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/device"
	"kioskd/device/lcus"
	"kioskd/device/mdb"
	"kioskd/device/modbus"
	"kioskd/device/tcn"
	"kioskd/device/ubox"
	"kioskd/device/vmc"
	"kioskd/device/wvl"
	"kioskd/payment/wechat"
	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// The drivers, by the name that the config gives them. This is the only place
// that knows them all.

// dispenser is a controller that can be closed.
type dispenser interface {
	sale.Dispenser
	Close() error
}

// controller is one driver of boards.
type controller struct {
	name     string
	settings func() configs.Settings // the defaults
	open     func(c *configs.Config, log *slog.Logger) dispenser
	probe    device.Probe // optional: asks a port whether such a board is there, if that can do no harm
	// priced: open tells the machine the prices and the time to pay, which it
	// decides by.
	priced bool
}

// controllers lists the drivers of boards, in the order in which a port is
// asked for them: first who speaks unasked, then text, which is no command of
// the others, then checksums, then the byte without one, then who must be named.
func controllers() []controller {
	return []controller{
		{
			name:     "vmc",
			settings: func() configs.Settings { s := vmc.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return vmc.Open(c.Controller.Port, *c.Controller.Settings.(*vmc.Settings), vmc.Options{Log: log})
			},
			probe: vmc.Probe(),
		},
		{
			name:     "wvl",
			settings: func() configs.Settings { s := wvl.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return wvl.Open(c.Controller.Port, *c.Controller.Settings.(*wvl.Settings), wvl.Options{Log: log})
			},
			probe: wvl.Probe(),
		},
		{
			name:     "mdb",
			settings: func() configs.Settings { s := mdb.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				o := mdb.Options{Prices: map[sale.Slot]sale.Fen{}, PayWithin: c.Sale.PayWithin, Log: log}
				for _, p := range c.Shelves() {
					o.Prices[p.Slot] = p.Price
				}
				return mdb.Open(c.Controller.Port, *c.Controller.Settings.(*mdb.Settings), o)
			},
			probe:  mdb.Probe(),
			priced: true,
		},
		{
			name:     "modbus",
			settings: func() configs.Settings { s := modbus.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return modbus.Open(c.Controller.Port, *c.Controller.Settings.(*modbus.Settings), modbus.Options{Log: log})
			},
			probe: modbus.Probe(),
		},
		{
			name:     "lcus",
			settings: func() configs.Settings { s := lcus.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return lcus.Open(c.Controller.Port, *c.Controller.Settings.(*lcus.Settings), lcus.Options{Log: log})
			},
			probe: lcus.Probe(),
		},
		{
			name:     "ubox",
			settings: func() configs.Settings { s := ubox.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return ubox.Open(c.Controller.Port, *c.Controller.Settings.(*ubox.Settings), ubox.Options{Log: log})
			},
			probe: ubox.Probe(),
		},
		{
			name:     "tcn",
			settings: func() configs.Settings { s := tcn.DefaultSettings(); return &s },
			open: func(c *configs.Config, log *slog.Logger) dispenser {
				return tcn.Open(c.Controller.Port, *c.Controller.Settings.(*tcn.Settings), tcn.Options{Log: log})
			},
		},
	}
}

// payment is one driver of a provider.
type payment struct {
	name     string
	settings func() configs.Settings // the defaults
	open     func(c *configs.Config, now clock.Clock, keep keeping, log *slog.Logger) (sale.Gateway, error)
	papers   func(c *configs.Config) papers // what a checked config names
}

// certificatesFile begins the name of what is kept of WeChat Pay's certificates,
// beside the ledger.
const certificatesFile = "wechat-certificates-"

// keeping is where a driver keeps what it learns.
type keeping func(path string) wechat.Keeper

// papers are a merchant's files and servers.
type papers struct {
	merchant string
	keys     []paper
	serial   string // of the certificate, as the config has it
	cert     string // path, may be empty
	bases    []string
	caFile   string
}

// paper is a file by the name of its key in the config; its path may be empty.
type paper struct{ key, path string }

func payments() []payment {
	return []payment{
		{
			name:     "wechat",
			settings: func() configs.Settings { s := wechat.DefaultSettings(); return &s },
			open: func(c *configs.Config, now clock.Clock, keep keeping, log *slog.Logger) (sale.Gateway, error) {
				s := c.Payment.Settings.(*wechat.Settings)
				return wechat.New(*s, wechat.Options{
					DeviceID: c.Machine.ID, Clock: now, Log: log, Version: version(),
					Keeper: keep(filepath.Join(filepath.Dir(c.Store.Path), certificatesFile+s.Merchant()+".json")),
				})
			},
			papers: func(c *configs.Config) papers {
				s := c.Payment.Settings.(*wechat.Settings)
				return papers{
					merchant: s.Merchant(), serial: s.MerchantSerial, cert: s.MerchantCert, bases: s.BaseURLs, caFile: s.CAFile,
					keys: []paper{{"merchant_key", s.MerchantKey}, {"apiv3_key", s.APIv3Key}, {"public_key", s.PublicKey}},
				}
			},
		},
		{
			name:     "wechat-v2",
			settings: func() configs.Settings { s := wechatv2.DefaultSettings(); return &s },
			open: func(c *configs.Config, now clock.Clock, _ keeping, log *slog.Logger) (sale.Gateway, error) {
				o := wechatv2.Options{DeviceID: c.Machine.ID, Clock: now, Log: log, Version: version()}
				return wechatv2.New(*c.Payment.Settings.(*wechatv2.Settings), o)
			},
			papers: func(c *configs.Config) papers {
				s := c.Payment.Settings.(*wechatv2.Settings)
				return papers{
					merchant: s.MchID, cert: s.MerchantCert, bases: s.BaseURLs, caFile: s.CAFile,
					keys: []paper{{"merchant_key", s.MerchantKey}, {"api_key", s.APIKey}},
				}
			},
		},
	}
}

// settings is what the config must know of every driver.
func settings() configs.Drivers {
	d := configs.Drivers{Controllers: map[string]func() configs.Settings{}, Payments: map[string]func() configs.Settings{}}
	for _, c := range controllers() {
		d.Controllers[c.name] = c.settings
	}
	for _, p := range payments() {
		d.Payments[p.name] = p.settings
	}
	return d
}

func openDispenser(c *configs.Config, log *slog.Logger) (dispenser, error) {
	for _, driver := range controllers() {
		if driver.name == c.Controller.Driver {
			return driver.open(c, log), nil
		}
	}
	return nil, fmt.Errorf("no driver %q", c.Controller.Driver)
}

func priced(driver string) bool {
	return slices.ContainsFunc(controllers(), func(c controller) bool { return c.name == driver && c.priced })
}

func openGateway(c *configs.Config, now clock.Clock, keep keeping, log *slog.Logger) (sale.Gateway, error) {
	for _, driver := range payments() {
		if driver.name == c.Payment.Driver {
			return driver.open(c, now, keep, log)
		}
	}
	return nil, fmt.Errorf("no driver %q", c.Payment.Driver)
}

func papersOf(c *configs.Config) papers {
	for _, driver := range payments() {
		if driver.name == c.Payment.Driver {
			return driver.papers(c)
		}
	}
	return papers{}
}
