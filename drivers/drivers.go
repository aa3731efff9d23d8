// Package drivers is what a controller and a payment provider are to the rest of
// the program: an entry of a [Table], with the settings that the config can have
// and a function that opens it.
//
// It knows none of them. The table is written down where the program is put
// together, and handed on as a value.
package drivers

import (
	"fmt"
	"log/slog"
	"slices"

	"kioskd/configs"
	"kioskd/device"
	"kioskd/sale"
)

// Dispenser is a controller that can be closed.
type Dispenser interface {
	sale.Dispenser
	Close() error
}

// Table lists the drivers that the config can name.
type Table struct {
	Controllers []Controller // in the order in which a port is asked for them
	Payments    []Payment
}

// Controller is one driver of boards.
type Controller struct {
	Name     string
	Settings func() configs.Settings // the defaults
	Open     func(c *configs.Config, log *slog.Logger) Dispenser
	Probe    device.Probe // optional: asks a port whether such a board is there, if that can do no harm
	// Priced: Open tells the machine the prices and the time to pay, which it
	// decides by.
	Priced bool
}

// Payment is one driver of a provider.
type Payment struct {
	Name     string
	Settings func() configs.Settings // the defaults
	Open     func(c *configs.Config, now sale.Clock, keep Keeping, log *slog.Logger) (sale.Gateway, error)
	Papers   func(c *configs.Config) Papers // what a checked config names
}

// CertificatesFile begins the name of what is kept of WeChat Pay's certificates,
// beside the ledger.
const CertificatesFile = "wechat-certificates-"

// Keeping is where a driver keeps what it learns.
type Keeping func(path string) Keeper

// Keeper keeps one thing over a restart. Load returns nothing and no error if
// nothing was kept.
type Keeper interface {
	Load() ([]byte, error)
	Save(data []byte) error
}

// Papers are a merchant's files and servers.
type Papers struct {
	Merchant string
	Keys     []Paper
	Serial   string // of the certificate, as the config has it
	Cert     string // path, may be empty
	Bases    []string
	CAFile   string
}

// Files are all files that are named, those with an empty path as well.
func (p Papers) Files() []Paper {
	return append(p.Keys[:len(p.Keys):len(p.Keys)], Paper{"merchant_cert", p.Cert}, Paper{"ca_file", p.CAFile})
}

// Paper is a file by the name of its key in the config; its path may be empty.
type Paper struct{ Key, Path string }

// Settings is what the config must know of every driver.
func (t Table) Settings() configs.Drivers {
	d := configs.Drivers{Controllers: map[string]func() configs.Settings{}, Payments: map[string]func() configs.Settings{}}
	for _, c := range t.Controllers {
		d.Controllers[c.Name] = c.Settings
	}
	for _, p := range t.Payments {
		d.Payments[p.Name] = p.Settings
	}
	return d
}

// OpenDispenser opens the controller that a config names. The error is only that
// there is no such driver: a board that is away comes by itself.
func (t Table) OpenDispenser(c *configs.Config, log *slog.Logger) (Dispenser, error) {
	for _, driver := range t.Controllers {
		if driver.Name == c.Controller.Driver {
			return driver.Open(c, log), nil
		}
	}
	return nil, fmt.Errorf("no driver %q", c.Controller.Driver)
}

// Priced reports whether a controller decides by prices that its Open is told.
func (t Table) Priced(driver string) bool {
	return slices.ContainsFunc(t.Controllers, func(c Controller) bool { return c.Name == driver && c.Priced })
}

// OpenGateway opens the provider that a config names, with the merchant's files.
func (t Table) OpenGateway(c *configs.Config, now sale.Clock, keep Keeping, log *slog.Logger) (sale.Gateway, error) {
	for _, driver := range t.Payments {
		if driver.Name == c.Payment.Driver {
			return driver.Open(c, now, keep, log)
		}
	}
	return nil, fmt.Errorf("no driver %q", c.Payment.Driver)
}

// PapersOf are the merchant's files that a checked config names.
func (t Table) PapersOf(c *configs.Config) Papers {
	for _, driver := range t.Payments {
		if driver.Name == c.Payment.Driver {
			return driver.Papers(c)
		}
	}
	return Papers{}
}
