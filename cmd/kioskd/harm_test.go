package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kioskd/detect"
	"kioskd/device"
	"kioskd/device/devicetest"
	"kioskd/device/lcus/lcustest"
	"kioskd/device/mdb/mdbtest"
	"kioskd/device/modbus/modbustest"
	"kioskd/device/tcn/tcntest"
	"kioskd/device/ubox/uboxtest"
	"kioskd/device/wvl/wvltest"
	"kioskd/drivers"
)

// questions are what a probe writes where nobody answers, one by one.
func questions(t *testing.T, c drivers.Controller) (all [][]byte) {
	t.Helper()
	silent := devicetest.NewReplier(t, func(b []byte) []byte {
		if !slices.ContainsFunc(all, func(q []byte) bool { return bytes.Equal(q, b) }) {
			all = append(all, bytes.Clone(b))
		}
		return nil
	})
	l := device.Open(device.Config{Path: silent.Port, Baud: c.Probe.Bauds[0]})
	defer l.Close()
	f, err := c.Probe.Ask(t.Context(), l, c.Probe.Bauds[0], device.ProbeOptions{})
	if f.Found() || err != nil {
		t.Errorf("%s: found %q, %v where nobody is", c.Name, f.What, err)
	}
	silent.Heard() // all is complete
	return all
}

// victim is a board that a probe was not meant for.
type victim struct {
	port     string
	pad      []byte // ends a frame that has begun
	command  []byte // runs a motor: proves that the board obeys
	commands func() int
	harmed   func() int // whatever else it should not have been told
}

func none() int { return 0 }

// victims are the boards of all drivers.
func victims(t *testing.T) map[string]victim {
	dir := t.TempDir()
	link := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	zeros := make([]byte, 270) // no frame is longer
	all := map[string]victim{}

	c, err := devicetest.Start(devicetest.Options{Link: link("vmc"), Slots: []devicetest.Slot{{Number: 13, Stock: 5}}})
	must(err)
	t.Cleanup(func() { c.Close() })
	all["vmc"] = victim{c.Path(), zeros, devicetest.Unhex(t, "FA FB 06 05 01 01 00 00 0D 0F"), func() int { return len(c.Commands()) }, none}

	board := wvltest.NewBoard()
	w, err := wvltest.NewWire(link("wvl"), board.Input)
	must(err)
	board.Start(w.Output)
	t.Cleanup(w.Close)
	all["wvl"] = victim{link("wvl"), []byte("\r\n"), []byte("@3 VEND 1042 13 DROP=1*2A\r\n"), func() int { return len(w.Commands()) }, none}

	bus, err := modbustest.Start(modbustest.Options{Link: link("modbus"), Boards: []modbustest.BoardOptions{
		{Addr: 1, Kind: modbustest.Waveshare, Relays: 8, Inputs: 8}, {Addr: 2, Kind: modbustest.DAM, Relays: 8}, {Addr: 3, Kind: modbustest.R421, Relays: 8},
	}})
	must(err)
	t.Cleanup(bus.Close)
	writes := func() (n int) {
		for _, f := range bus.Frames() {
			if f.Bytes[1] > 3 {
				n++
			}
		}
		return n - bus.Turns() // the command's own
	}
	all["modbus"] = victim{bus.Path(), zeros, devicetest.Unhex(t, "01 05 02 00 00 07 8D B0"), bus.Turns, func() int { return writes() + len(bus.Breaches()) }}

	spiral, err := tcntest.Start(link("tcn"))
	must(err)
	t.Cleanup(spiral.Cable.Close)
	all["tcn"] = victim{link("tcn"), zeros, devicetest.Unhex(t, "00 FF 01 FE AA 55"), spiral.Commands, func() int { return len(spiral.Breaches()) }}

	simple, err := uboxtest.Start(link("ubox"))
	must(err)
	t.Cleanup(simple.Cable.Close)
	all["ubox"] = victim{link("ubox"), zeros, devicetest.Unhex(t, "AA 02 02 0D 01 89 BF"), simple.Commands, simple.Probes}

	relays, err := lcustest.Start(link("lcus"))
	must(err)
	t.Cleanup(relays.Cable.Close)
	all["lcus"] = victim{link("lcus"), zeros, devicetest.Unhex(t, "A0 01 01 A2"), relays.Commands, none}

	for adapter, approval := range map[string]string{mdbtest.Qibixx: "C,VEND,2.00\n", mdbtest.Waferstar: "\x05\x00\xC8\xCD"} {
		m, err := mdbtest.Start(mdbtest.Options{Adapter: adapter, Link: link(adapter), Slots: []mdbtest.Slot{{Number: 11, Price: 200, Stock: 5}}})
		must(err)
		t.Cleanup(func() { m.Close() })
		all[adapter] = victim{m.Path(), bytes.Repeat([]byte("\n"), 36), []byte(approval), func() int { return m.Books().Approvals }, func() int { return m.Books().Denials + m.Books().SetUps }}
	}
	return all
}

// noise is what a board may hear of the probes: all questions in their order,
// and each alone, also at a speed that is not the board's.
func noise(t *testing.T) (all [][]byte) {
	asked := make([][][]byte, len(detect.Probed(known())))
	var wait sync.WaitGroup
	for i, c := range detect.Probed(known()) {
		wait.Go(func() { asked[i] = questions(t, c) })
	}
	wait.Wait()
	var inOrder []byte
	seen := map[string]bool{}
	for i, c := range detect.Probed(known()) {
		if len(asked[i]) == 0 != (c.Name == "vmc") {
			t.Errorf("%s writes % X", c.Name, asked[i])
		}
		for _, q := range asked[i] {
			// Boards of one relay that obey single bytes: on, off, on for a second.
			if switches := slices.ContainsFunc(q, func(b byte) bool { return b == 0xAA || b == 0xBB || b == 0xCC }); switches != c.Probe.Named {
				t.Errorf("%s writes % X; asked only where it is named: %v", c.Name, q, c.Probe.Named)
			}
			inOrder = append(inOrder, q...)
			for _, g := range append(garbled(q, c.Probe.Bauds), q) {
				if !seen[string(g)] {
					seen[string(g)] = true
					all = append(all, g)
				}
			}
		}
	}
	return append(all, inOrder)
}

// What the probes write, at any speed a board may have, is no command to the
// board of another driver: none runs a motor, switches a relay or approves a
// payment. Each board then obeys its own command, so it did listen.
func TestProbesDoNoHarm(t *testing.T) {
	all := noise(t)
	for name, v := range victims(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.suffer(t, all)
		})
	}
}

func (v victim) suffer(t *testing.T, noise [][]byte) {
	f, err := os.OpenFile(v.port, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	go io.Copy(io.Discard, f) // ends with f
	for _, b := range noise {
		if _, err := f.Write(slices.Concat(b, v.pad)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // frames of some begin behind a silence
	}
	time.Sleep(200 * time.Millisecond)
	if _, err := f.Write(v.command); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); v.commands() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the board does not obey its own command")
		}
	}
	time.Sleep(50 * time.Millisecond) // for what its command makes the board do
	if n, m := v.commands(), v.harmed(); n != 1 || m != 0 {
		t.Errorf("%d commands reached the board, want its own alone; and %d other orders", n, m)
	}
}
