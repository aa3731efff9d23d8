package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kioskd/clock"
	"kioskd/control"
	"kioskd/device"
	"kioskd/drivers"
	"kioskd/sale"
)

// heard is what the daemon says of itself. Without an error it runs.
type heard struct {
	control.Status
	err error
}

// runs: the daemon holds port and ledger, or may.
func (h heard) runs() bool { return !errors.Is(h.err, control.ErrNoDaemon) }

// askDaemon asks for the status. A daemon that takes a connection and says
// nothing is an error, and there.
func (d *doctor) askDaemon(ctx context.Context) (h heard) {
	ctx, cancel := context.WithTimeout(ctx, daemonWithin)
	defer cancel()
	h.err = d.get(ctx, "/v1/status", &h.Status)
	return h
}

func (d *doctor) daemon(ctx context.Context) []Finding {
	const name = "daemon"
	if d.at == nil {
		return []Finding{skip(name, noConfig)}
	}
	h, ok := d.heard.get(ctx)
	switch {
	case !ok:
		return []Finding{wrong(name, "restart kioskd", "the daemon does not answer on %s", d.at.Socket)}
	case errors.Is(h.err, fs.ErrPermission):
		return []Finding{doubt(name, "run this as root, or as the user that runs kioskd", "%s may not be used by this user", d.at.Socket)}
	case !h.runs():
		return []Finding{doubt(name, "start it, with systemd: systemctl start kioskd", "no daemon answers on %s", d.at.Socket)}
	case h.err != nil:
		return []Finding{wrong(name, "restart kioskd", "the daemon does not answer on %s: %v", d.at.Socket, h.err)}
	case !h.Sale.Selling && h.Sale.Fault != "":
		f := wrong(name, "", "runs and does not sell: %s", strings.TrimPrefix(h.Sale.Fault, string(h.Sale.Code)+": "))
		f.Code = h.Sale.Code
		return []Finding{f}
	case !h.Sale.Selling:
		return []Finding{doubt(name, "", "the daemon is about to end")}
	}
	return []Finding{good(name, "%s runs for %s and sells", h.Version, h.Sale.Up)}
}

// board reports the controller and its slots. A daemon's port is not opened
// beside it.
func (d *doctor) board(ctx context.Context) []Finding {
	if d.at == nil {
		return unasked(noConfig)
	}
	h, ok := d.heard.get(ctx)
	switch {
	case !ok || h.runs() && h.err != nil:
		return unasked("a daemon may have the port, and does not tell")
	case h.runs():
		return d.boardOfDaemon(ctx, h)
	case d.config == nil:
		return unasked(noConfig)
	}
	if holders := d.holders(d.config.Controller.Port); len(holders) > 0 {
		hint := "end that program"
		if holders[0].Command == "kioskd" {
			hint = "restart kioskd; its log says why it has no control socket"
		}
		return []Finding{wrong("controller", hint, "%s is in use by %s", d.config.Controller.Port, holders[0]), skip("slots", noBoard)}
	}
	b, err := d.dispenser()
	if err != nil {
		return []Finding{broken("controller", err), skip("slots", noBoard)}
	}
	defer b.Close()
	if err := Speaks(ctx, b); err != nil {
		return []Finding{broken("controller", err), skip("slots", noBoard)}
	}
	known := sale.SlotsOf(d.config.Catalogue(), d.config.Spares(), nil)
	t, err := control.SlotsOf(ctx, b, known)
	return []Finding{
		good("controller", "%s answers on %s", d.config.Controller.Driver, d.config.Controller.Port),
		slotsFinding(t, err),
	}
}

// Speaks waits for a board's first word, unless its port cannot be opened.
func Speaks(ctx context.Context, b drivers.Dispenser) error {
	for end := time.Now().Add(boardSpeaks); ; {
		err := b.Health()
		f := new(sale.Fault)
		shut := errors.As(err, &f) && f.Err != nil && slices.Contains([]sale.Code{sale.CodeSerialMissing, sale.CodeSerialBusy, sale.CodeSerialDenied}, f.Code)
		if err == nil || shut || !time.Now().Before(end) || !clock.Pause(ctx, 50*time.Millisecond) {
			return err
		}
	}
}

const noBoard = "the controller does not answer"

func unasked(why string) []Finding { return []Finding{skip("controller", why), skip("slots", why)} }

func (d *doctor) boardOfDaemon(ctx context.Context, h heard) []Finding {
	if h.Silent != "" {
		f := wrong("controller", "", "%s", h.Silent)
		if code, what, ok := strings.Cut(h.Silent, ": "); ok && strings.HasPrefix(code, "E-") {
			f.Code, f.What = sale.Code(code), what
		}
		return []Finding{f, skip("slots", noBoard)}
	}
	var t control.SlotTable
	err := d.get(ctx, "/v1/slots", &t)
	return []Finding{good("controller", "the daemon has it, and it answers"), slotsFinding(t, err)}
}

// slotsFinding compares the config's slots with the board's.
func slotsFinding(t control.SlotTable, err error) Finding {
	const name = "slots"
	switch {
	case err != nil && err.Error() == control.ErrNoShelf.Error(): // a daemon's error is its text
		return skip(name, err.Error())
	case errors.Is(err, context.DeadlineExceeded):
		return doubt(name, "ask it for longer with: kioskd slots", "the board did not tell about its slots in time")
	case err != nil:
		return broken(name, err)
	}
	sold := slices.DeleteFunc(slices.Clone(t.Slots), func(r control.SlotRow) bool { return r.Sold == nil })
	in := func(state device.SlotState) (names []string) {
		for _, r := range sold {
			if r.State == state {
				names = append(names, r.Number.String())
			}
		}
		return names
	}
	if missing := in(device.SlotMissing); len(missing) > 0 {
		return wrong(name, "correct the slots in the config; kioskd slots shows the board's", "the board has no slot %s", strings.Join(missing, ", "))
	}
	if faulty := in(device.SlotFault); len(faulty) > 0 {
		return doubt(name, "see what it is with: kioskd slots", "slot %s: the board reports a fault", strings.Join(faulty, ", "))
	}
	said := fmt.Sprintf("the board has %s", allOf(len(sold)))
	for _, state := range []device.SlotState{device.SlotSoldOut, device.SlotClosed} {
		if n := len(in(state)); n > 0 {
			said += fmt.Sprintf("; %d %s", n, state)
		}
	}
	return good(name, "%s", said)
}

func allOf(n int) string {
	if n == 1 {
		return "the 1 slot of the config"
	}
	return fmt.Sprintf("all %d slots of the config", n)
}

func (d *doctor) openBoard() (drivers.Dispenser, error) {
	return d.drivers.OpenDispenser(d.config, slog.New(slog.DiscardHandler))
}
