package doctor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/device"
	"kioskd/drivers"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
)

// TestDoctorWithADaemon: what the daemon has is asked of it alone.
func TestDoctorWithADaemon(t *testing.T) {
	file := aConfig(t)
	row := func(slot sale.Slot, state device.SlotState) control.SlotRow {
		price := sale.Fen(200)
		return control.SlotRow{Slot: device.Slot{Number: slot, State: state}, Sold: &price}
	}
	for _, tt := range []struct {
		name   string
		answer control.Status
		slots  []control.SlotRow
		size   image.Point
		want   string
	}{
		{"good", control.Status{Version: "1.0", Sale: sale.Status{Selling: true, Up: time.Minute}, Store: store.Stats{Open: 1, Size: 16 << 20}},
			[]control.SlotRow{row(11, device.SlotReady)}, image.Pt(1080, 1920), `
✓ daemon      1.0 runs for 1m0s and sells
✓ controller  the daemon has it, and it answers
✓ slots       the board has the 1 slot of the config
✓ store       the daemon has it: 1 order in hand, 16 MiB; no copy yet
✓ screen      the daemon shows, 1080x1920: the QR code fits
`},
		{"down", control.Status{
			Sale:   sale.Status{Code: sale.CodeSerialSilent, Fault: "E-SERIAL-03: the controller does not answer (check its power)"},
			Silent: "E-SERIAL-03: the controller does not answer (check its power)",
		}, nil, image.Pt(200, 300), `
✗ daemon      E-SERIAL-03: runs and does not sell: the controller does not answer (check its power)
✗ controller  E-SERIAL-03: the controller does not answer (check its power)
- slots       the controller does not answer
✓ store       the daemon has it: 0 orders in hand, 0 MiB; no copy yet
✗ screen      E-SCREEN-02: the daemon shows, 200x300: a QR code would be too small to scan → use a screen with more pixels
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := deaf(file)
			d.way.Lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
			d.gateway = func() (pinger, error) { return pingFunc(func(context.Context) error { return nil }), nil }
			d.unit = func(context.Context) (string, error) { return "", errNoSystemd }
			d.dispenser = func() (drivers.Dispenser, error) {
				t.Error("the port was opened beside the daemon")
				return sick{}, nil
			}
			d.get = func(_ context.Context, path string, into any) error {
				if path == "/v1/slots" {
					into.(*control.SlotTable).Slots = tt.slots
				} else {
					*into.(*control.Status) = tt.answer
				}
				return nil
			}
			d.picture = func(context.Context) (image.Point, error) { return tt.size, nil }
			if got := linesOf(d.examine(t.Context()), "daemon", "controller", "slots", "store", "screen"); got != tt.want[1:] {
				t.Errorf("got\n%s\nwant%s", got, tt.want)
			}
		})
	}
}

// linesOf is the lines of some checks.
func linesOf(found []Finding, names ...string) string {
	var b strings.Builder
	for _, f := range found {
		if slices.Contains(names, f.Name) {
			b.WriteString(f.String() + "\n")
		}
	}
	return b.String()
}

func TestDoctorLeavesAPortThatIsInUse(t *testing.T) {
	for command, want := range map[string]string{
		"minicom": "✗ controller  /dev/ttyUSB0 is in use by minicom (process 7) → end that program\n",
		"kioskd":  "✗ controller  /dev/ttyUSB0 is in use by kioskd (process 7) → restart kioskd; its log says why it has no control socket\n",
	} {
		d := deaf("")
		c := configs.Default()
		c.Controller.Port = "/dev/ttyUSB0"
		d.config, d.at = &c, &configs.Places{}
		d.heard = promised(func() heard { return heard{err: control.ErrNoDaemon} })
		d.holders = func(string) []device.Holder { return []device.Holder{{PID: 7, Command: command}} }
		d.dispenser = func() (drivers.Dispenser, error) {
			t.Error("the port was opened")
			return sick{}, nil
		}
		want += "- slots       the controller does not answer\n"
		if got := linesOf(d.board(t.Context()), "controller", "slots"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// No check changes anything: neither a file of the machine, although a gateway
// that learns certificates keeps them, nor the provider's books.
func TestDoctorChangesNothing(t *testing.T) {
	file := aConfig(t)
	p, err := paytest.New(paytest.Options{KeyMode: paytest.KeysCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := errors.Join(p.Start(t.Context()), p.WriteFiles(filepath.Dir(file))); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "  settings:\n")
	_, after, _ := strings.Cut(rest, "\nproducts:")
	s := "    " + strings.ReplaceAll(strings.TrimSpace(p.Settings()), "\n", "\n    ")
	if err := os.WriteFile(file, []byte(before+"  settings:\n"+s+"\nproducts:"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	was := files(t, filepath.Dir(file))
	found := newDoctor(Options{File: file, Root: "/", Drivers: theDrivers()}).examine(t.Context())
	if got := linesOf(found, "merchant"); got != `✓ merchant    WeChat Pay says "no such order" to merchant `+p.Merchant().MchID+", as it should\n" {
		t.Error(got)
	}
	if is := files(t, filepath.Dir(file)); !slices.Equal(was, is) {
		t.Errorf("files before %v\nand after %v", was, is)
	}
	if n := len(p.Orders()); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, info.Name()+" "+info.Mode().String()+" "+info.ModTime().String())
	}
	return list
}

func TestSlotsFinding(t *testing.T) {
	two := sale.Fen(200)
	row := func(n sale.Slot, state device.SlotState) control.SlotRow {
		return control.SlotRow{Slot: device.Slot{Number: n, State: state}, Sold: &two}
	}
	unsold := control.SlotRow{Slot: device.Slot{Number: 9, State: device.SlotFault}}
	for _, tt := range []struct {
		name string
		rows []control.SlotRow
		err  error
		want string
	}{
		{"good", []control.SlotRow{row(1, device.SlotReady), row(2, device.SlotReady), unsold}, nil, "✓ slots       the board has all 2 slots of the config"},
		{"empty", []control.SlotRow{row(1, device.SlotSoldOut), row(2, device.SlotClosed), row(3, device.SlotSoldOut)}, nil, "✓ slots       the board has all 3 slots of the config; 2 sold out; 1 closed"},
		{"missing", []control.SlotRow{row(1, device.SlotMissing), row(2, device.SlotFault), row(3, device.SlotMissing)}, nil, "✗ slots       the board has no slot 1, 3 → correct the slots in the config; kioskd slots shows the board's"},
		{"fault", []control.SlotRow{row(1, device.SlotFault)}, nil, "! slots       slot 1: the board reports a fault → see what it is with: kioskd slots"},
		{"cannot tell", nil, errors.New(control.ErrNoShelf.Error()), "- slots       this controller's driver cannot tell about slots"},
		{"slow", nil, fmt.Errorf("slot 7: %w", context.DeadlineExceeded), "! slots       the board did not tell about its slots in time → ask it for longer with: kioskd slots"},
		{"lost", nil, &sale.Fault{Code: sale.CodeSerialSilent, What: "the controller does not answer", Hint: "check its power"}, "✗ slots       E-SERIAL-03: the controller does not answer → check its power"},
	} {
		t.Run(tt.name, func(t *testing.T) { line(t, slotsFinding(control.SlotTable{Slots: tt.rows}, tt.err), tt.want) })
	}
}
