package main

import (
	"fmt"
	"log/slog"

	"kioskd/configs"
	"kioskd/device/mdb"
	"kioskd/device/modbus"
	"kioskd/device/vmc"
	"kioskd/device/wvl"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// The drivers, by the name that the config gives them. This is the only place
// that knows them all.

// settings is what the config must know of every driver.
func settings() configs.Drivers {
	return configs.Drivers{
		Controllers: map[string]func() configs.Settings{
			"mdb":    func() configs.Settings { s := mdb.DefaultSettings(); return &s },
			"modbus": func() configs.Settings { s := modbus.DefaultSettings(); return &s },
			"vmc":    func() configs.Settings { s := vmc.DefaultSettings(); return &s },
			"wvl":    func() configs.Settings { s := wvl.DefaultSettings(); return &s },
		},
		Payments: map[string]func() configs.Settings{
			"wechat": func() configs.Settings { s := wechat.DefaultSettings(); return &s },
		},
	}
}

// dispenser is a controller that can be closed.
type dispenser interface {
	sale.Dispenser
	Close() error
}

func openDispenser(c *configs.Config, log *slog.Logger) (dispenser, error) {
	switch s := c.Controller.Settings.(type) {
	case *mdb.Settings:
		o := mdb.Options{Prices: map[sale.Slot]sale.Fen{}, PayWithin: c.Sale.PayWithin, Log: log}
		for _, p := range c.Catalogue() {
			o.Prices[p.Slot] = p.Price
		}
		return mdb.Open(c.Controller.Port, *s, o), nil
	case *modbus.Settings:
		return modbus.Open(c.Controller.Port, *s, modbus.Options{Log: log}), nil
	case *vmc.Settings:
		return vmc.Open(c.Controller.Port, *s, vmc.Options{Log: log}), nil
	case *wvl.Settings:
		return wvl.Open(c.Controller.Port, *s, wvl.Options{Log: log}), nil
	}
	return nil, fmt.Errorf("no driver for %T", c.Controller.Settings)
}

func openGateway(c *configs.Config, log *slog.Logger) (sale.Gateway, error) {
	switch s := c.Payment.Settings.(type) {
	case *wechat.Settings:
		return wechat.New(*s, wechat.Options{DeviceID: c.Machine.ID, Clock: systemClock{}, Log: log, Version: version()})
	}
	return nil, fmt.Errorf("no driver for %T", c.Payment.Settings)
}
