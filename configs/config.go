package configs

import (
	"log/slog"
	"time"

	"kioskd/sale"
	"kioskd/watch/logs"
)

// Config is a checked configuration.
type Config struct {
	Machine    Machine    `yaml:"machine"`
	Store      Store      `yaml:"store"`
	Controller Controller `yaml:"controller"`
	Payment    Payment    `yaml:"payment"`
	Sale       Sale       `yaml:"sale"`
	Screen     Screen     `yaml:"screen"`
	Control    Control    `yaml:"control"`
	Service    Service    `yaml:"service"`
	Log        Log        `yaml:"log"`
	Watch      Watch      `yaml:"watch"`
	Products   []Product  `yaml:"products"` // by slot, each slot once, at least one
}

// Machine says which machine this is.
type Machine struct {
	ID       string   `yaml:"id"`       // 1 to 12 letters and digits; it begins every order number
	Name     string   `yaml:"name"`     // where it stands; at most 40 characters, may be empty
	Language Language `yaml:"language"` // of the customer screen
	Help     string   `yaml:"help"`     // telephone for customers; at most 32 characters, may be empty
}

// Store is where orders are kept.
type Store struct {
	Path    string `yaml:"path"`    // absolute
	Reserve Bytes  `yaml:"reserve"` // no sale begins with less free space than this
	Copies  string `yaml:"copies"`  // absolute directory of its daily copies; empty: beside it
	Keep    Days   `yaml:"keep"`    // older orders, when nothing is left to do, move to compressed files
}

// Controller is the board that turns the motors.
type Controller struct {
	Driver   string   `yaml:"driver"`
	Port     string   `yaml:"port"` // absolute path of the serial device
	Settings Settings `yaml:"settings"`
}

// Payment is the provider.
type Payment struct {
	Driver string `yaml:"driver"`
	// Reconcile: the provider's bill is compared with the ledger each day, if
	// the driver can fetch it.
	Reconcile bool     `yaml:"reconcile"`
	Settings  Settings `yaml:"settings"`
}

// Sale is how a sale runs and who bears a doubt.
type Sale struct {
	PayWithin        time.Duration      `yaml:"pay_within"`      // from the code on the screen
	OnLatePayment    LatePolicy         `yaml:"on_late_payment"` // a payment after the code was taken down
	DispenseWithin   time.Duration      `yaml:"dispense_within"` // from the command to the controller's result
	OnUnknown        sale.UnknownPolicy `yaml:"on_unknown"`      // nobody can say whether the product fell
	MaxUnknownPerDay int                `yaml:"max_unknown_per_day"`
	OnFailedVend     FailedPolicy       `yaml:"on_failed_vend"` // the board proves that nothing fell
	// Refunds says whether money goes back by itself, and RefundCap how much
	// within a day; 0: no limit. What does not waits for a person.
	Refunds   RefundPolicy `yaml:"refunds"`
	RefundCap Limit        `yaml:"refund_cap"` // written in yuan, or none
	// NewCode is a number on the keypad that asks for a new code while one is
	// up; 0: only the product's own does, pressed once more.
	NewCode sale.Slot `yaml:"new_code"`
}

// Policy is the part of s that is frozen with each order.
func (s Sale) Policy() sale.Policy {
	return sale.Policy{LateDispense: s.OnLatePayment == LateDispense, OnUnknown: s.OnUnknown, OtherSlot: s.OnFailedVend == FailedOtherSlot, HoldRefunds: s.Refunds == RefundsByPerson}
}

// Screen is the customer's screen.
type Screen struct {
	Driver    ScreenDriver `yaml:"driver"`
	Windowed  bool         `yaml:"windowed"`   // a window instead of the whole screen
	Rotate    Rotation     `yaml:"rotate"`     // degrees clockwise, for a monitor mounted on its side
	Theme     Theme        `yaml:"theme"`      // colours
	Night     Night        `yaml:"night"`      // when ThemeAuto uses the night's colours
	CancelKey string       `yaml:"cancel_key"` // word on the keypad's cancel key; CancelKeyAuto; empty: it has none
	Tray      Tray         `yaml:"tray"`       // where the customer finds the product
	Font      string       `yaml:"font"`       // absolute path; empty: found by itself
}

// CancelKeyAuto stands for the usual word on a cancel key in the language of
// the screen.
const CancelKeyAuto = "auto"

// Control is the socket for the technician's commands.
type Control struct {
	Socket string `yaml:"socket"` // absolute, at most 100 bytes
}

// Log says how much is logged, and where to.
type Log struct {
	Level  slog.Level  `yaml:"level"`
	Target logs.Target `yaml:"target"`
}

// Product is what a slot sells.
type Product struct {
	Slot  sale.Slot `yaml:"slot"`  // 1 to 9999
	Name  string    `yaml:"name"`  // 1 to 40 characters
	Price sale.Fen  `yaml:"price"` // written in yuan
	Image string    `yaml:"image"` // absolute path of a PNG or JPEG, or empty
	// Spare are further slots with the same product, in the order in which they
	// are tried when Slot is empty or closed.
	Spare []sale.Slot `yaml:"spare"`
}

// Catalogue is the products as the core wants them, in the file's order.
func (c *Config) Catalogue() []sale.Product {
	list := make([]sale.Product, len(c.Products))
	for i, p := range c.Products {
		list[i] = sale.Product{Slot: p.Slot, Name: p.Name, Price: p.Price, Image: p.Image}
	}
	return list
}

// Spares is the spare slots as the core wants them.
func (c *Config) Spares() map[sale.Slot][]sale.Slot {
	spares := map[sale.Slot][]sale.Slot{}
	for _, p := range c.Products {
		if len(p.Spare) > 0 {
			spares[p.Slot] = p.Spare
		}
	}
	return spares
}

// Shelves is the product of every slot, spare ones too, in the file's order.
func (c *Config) Shelves() (list []sale.Product) {
	for _, p := range c.Catalogue() {
		for _, slot := range append([]sale.Slot{p.Slot}, c.Spares()[p.Slot]...) {
			p.Slot = slot
			list = append(list, p)
		}
	}
	return list
}

// Default is the configuration of a file that says nothing: what is required
// is empty, all else has its default. The paths are absolute.
func Default() Config {
	return Config{
		Machine: Machine{Language: LanguageZH},
		Store:   Store{Path: "/var/lib/kioskd/kioskd.db", Reserve: 64 << 20, Keep: 180},
		Payment: Payment{Reconcile: true},
		Sale: Sale{
			PayWithin:        90 * time.Second,
			OnLatePayment:    LateRefund,
			OnFailedVend:     FailedRefund,
			DispenseWithin:   60 * time.Second,
			OnUnknown:        sale.UnknownRefund,
			MaxUnknownPerDay: 3,
			Refunds:          RefundsAuto,
		},
		Screen: Screen{
			Driver:    ScreenAuto,
			Theme:     ThemeAuto,
			Night:     Night{From: 19 * time.Hour, To: 7 * time.Hour},
			CancelKey: CancelKeyAuto,
			Tray:      TrayBelow,
		},
		Service: Service{Chord: []sale.Slot{}, Keys: []sale.Slot{1, 2, 3, 4, 0}},
		Control: Control{Socket: "/run/kioskd/kioskd.sock"},
		Log:     Log{Level: slog.LevelInfo, Target: logs.Auto},
		Watch:   defaultWatch(),
	}
}
