package modbus_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/modbus"
	"kioskd/device/modbus/modbustest"
)

// Boards of each family are found, and nothing but reads is written.
func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name      string
		boards    []modbustest.BoardOptions
		addresses []int
		want      device.Finding
	}{
		{"waveshare", []modbustest.BoardOptions{{Addr: 1, Kind: modbustest.Waveshare, Relays: 8, Inputs: 8}}, nil, device.Finding{
			What: "Modbus board: address 1 (8 relays, 8 inputs)",
			Settings: []string{
				"boards:", "  - {address: 1, family: waveshare, relays: 8, inputs: 8}",
				"slots: # one line for each motor: docs/controllers/modbus.md", "  - {slot: 11, relay: 1, pulse: 1s}",
			},
		}},
		{"relays only", []modbustest.BoardOptions{{Addr: 254, Kind: modbustest.DAM, Relays: 4}}, nil, device.Finding{
			What: "Modbus board: address 254 (4 relays, 0 inputs)",
			Settings: []string{
				"boards:", "  - {address: 254, family: waveshare, relays: 4, inputs: 0} # or dam: see the board's label",
				"slots: # one line for each motor: docs/controllers/modbus.md", "  - {slot: 11, relay: 1, pulse: 1s}",
			},
		}},
		{"two", []modbustest.BoardOptions{{Addr: 8, Kind: modbustest.Module, Inputs: 4}, {Addr: 9, Kind: modbustest.R421, Relays: 16}}, []int{8, 9, 10}, device.Finding{
			What: "Modbus boards: address 8 (0 relays, 4 inputs), address 9 (16 relays, 0 inputs)",
			Settings: []string{
				"boards:", "  - {address: 8, family: inputs, relays: 0, inputs: 4}", "  - {address: 9, family: r421, relays: 16, inputs: 0}",
				"slots: # one line for each motor: docs/controllers/modbus.md", "  - {slot: 11, relay: 9/1, pulse: 1s}",
			},
		}},
		{"nobody", []modbustest.BoardOptions{{Addr: 9, Kind: modbustest.DAM, Relays: 4}}, []int{1}, device.Finding{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := modbustest.Start(modbustest.Options{Link: filepath.Join(t.TempDir(), "bus"), Boards: c.boards})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			l := device.Open(device.Config{Path: b.Path(), Baud: 9600})
			defer l.Close()
			got, err := modbus.Probe().Ask(t.Context(), l, 9600, device.ProbeOptions{Addresses: c.addresses})
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v, finding (-want +got):\n%s", err, diff)
			}
			for _, f := range b.Frames() {
				if f.Bytes[1] > 3 {
					t.Errorf("frame % X is no read", f.Bytes)
				}
			}
			if b.Turns() != 0 || len(b.Breaches()) != 0 {
				t.Errorf("%d turns, breaches %v", b.Turns(), b.Breaches())
			}
		})
	}
}
