package daemon

import (
	"crypto/sha256"
	"errors"

	"kioskd/configs"
	"kioskd/panel"
	"kioskd/pin"
	"kioskd/sale"
	"kioskd/store"
)

// guard asks for the machine's PIN at every door of it. It is nil where the
// config has none that can be used: then no door opens, and the machine sells all
// the same.
func (d *Daemon) guard(ledger *store.Store) *pin.Guard {
	s := d.Config.Service
	if s.PIN == "" {
		return nil
	}
	code, what := pin.Read(s.PIN)
	if what != "" {
		d.Log.Error("neither panel nor service mode: correct service.pin", "problem", what)
		return nil
	}
	g, err := pin.New(code, ledger)
	if err != nil {
		d.Log.Error("neither panel nor service mode", "error", err)
		return nil
	}
	// A machine that is wired anew throws nobody out, but for another PIN.
	if sum := sha256.Sum256([]byte(code)); d.inside == nil || d.pin != sum {
		d.inside, d.pin = panel.NewSessions(), sum
	}
	return g
}

// serviceMode is nil where nothing opens it.
func serviceMode(c *configs.Config, g *pin.Guard) *sale.ServiceMode {
	if g == nil || !c.Service.Menu() {
		return nil
	}
	return &sale.ServiceMode{
		PIN: doorkeeper{g}, Chord: c.Service.Chord, Door: c.Service.Door,
		Keys: [5]sale.Slot(c.Service.Keys), Steps: c.SlotKeys(),
	}
}

// doorkeeper is the guard in the words of the sale.
type doorkeeper struct{ *pin.Guard }

func (k doorkeeper) Try(code string) error {
	err := k.Guard.Try(code)
	if errors.Is(err, pin.ErrWrong) {
		return sale.ErrWrongPIN
	}
	return err
}
