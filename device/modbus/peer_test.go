package modbus_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"kioskd/device/modbus"
	"kioskd/internal/need"
	"kioskd/sale"
)

// The peers in testdata/peer are boards whose Modbus is not ours.

// wires joins two pseudo terminals and returns both ends.
func wires(t *testing.T) (a, b string) {
	t.Helper()
	end := func() (*os.File, string) {
		m, s, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close(); s.Close() })
		mode, err := unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		mode.Iflag, mode.Oflag, mode.Lflag = 0, 0, 0
		if err := unix.IoctlSetTermios(int(s.Fd()), unix.TCSETS, mode); err != nil {
			t.Fatal(err)
		}
		return m, s.Name()
	}
	left, a := end()
	right, b := end()
	go io.Copy(left, right)
	go io.Copy(right, left)
	return a, b
}

// peer starts a board and waits until it is ready.
func peer(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the peer says %q", lines.Text())
	}
	go func() {
		for lines.Scan() {
			t.Errorf("the peer says %q", lines.Text())
		}
	}()
}

// libmodbus compiles the board in C and returns its path.
func libmodbus(t *testing.T) string {
	t.Helper()
	cc := need.Tool(t, "gcc")
	if _, err := os.Stat("/usr/include/modbus/modbus.h"); err != nil {
		need.Missing(t, "libmodbus-dev is not installed (make tools installs it)")
	}
	board := filepath.Join(t.TempDir(), "board")
	if out, err := exec.Command(cc, "-I/usr/include/modbus", "-o", board, "testdata/peer/board.c", "-lmodbus").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return board
}

func openOn(t *testing.T, port string, s modbus.Settings) *modbus.Dev {
	t.Helper()
	for _, problem := range problems(s) {
		t.Fatal(problem)
	}
	d := modbus.Open(port, s, modbus.Options{AnswerWithin: answerWithin})
	t.Cleanup(func() { d.Close() })
	eventually(t, "health", func() bool { return d.Health() == nil })
	return d
}

// sells makes two vends and waits for the one press of a key.
func sells(t *testing.T, d *modbus.Dev) {
	t.Helper()
	for _, number := range []sale.Number{"PEER0001", "PEER0002"} {
		c := checked(t, d, number, 11)
		v := d.Dispense(t.Context(), c)
		if v.Outcome != sale.OutcomeDispensed || v.Detail != "the drop sensor saw one product" {
			t.Errorf("%v (%s)", v.Outcome, v.Detail)
		}
	}
	select {
	case e := <-d.Events():
		if e != (sale.Selected{Slot: 11}) {
			t.Errorf("the event is %#v", e)
		}
	case <-time.After(20 * time.Second):
		t.Error("no key was pressed")
	}
	eventually(t, "health", func() bool { return d.Health() == nil })
	if len(d.Events()) > 0 {
		t.Error("more than one press")
	}
}

func peerSettings(b modbus.Board, pulse time.Duration) modbus.Settings {
	return settings(func(s *modbus.Settings) {
		s.Boards = []modbus.Board{b}
		s.Slots = []modbus.Slot{{Slot: 11, Relay: "2", Pulse: pulse, Key: []string{"1"}}}
		s.DropSensor.Kind, s.DropSensor.Input, s.DropSensor.Register = "counter", "8", "40"
	})
}

func TestLibmodbus(t *testing.T) {
	t.Parallel()
	board := libmodbus(t)
	ours, theirs := wires(t)
	peer(t, board, theirs, "dam")
	sells(t, openOn(t, ours, peerSettings(modbus.Board{Address: 1, Family: "dam", Relays: 8, Inputs: 8, FlashMode: 4}, 500*time.Millisecond)))
}

// libmodbus refuses Waveshare's pulse, which is no value of a standard coil.
func TestLibmodbusRefuses(t *testing.T) {
	t.Parallel()
	board := libmodbus(t)
	ours, theirs := wires(t)
	peer(t, board, theirs, "plain")
	d := openOn(t, ours, peerSettings(modbus.Board{Address: 1, Family: "waveshare", Relays: 8, Inputs: 8}, 500*time.Millisecond))
	v := d.Dispense(t.Context(), checked(t, d, "PEER0001", 11))
	if want := "the board refused: exception 03 to function 05: illegal data value"; v.Outcome != sale.OutcomeNotDispensed || v.Detail != want {
		t.Errorf("%v (%s), want not dispensed (%s)", v.Outcome, v.Detail, want)
	}
}

func TestModbusSerial(t *testing.T) {
	t.Parallel()
	node := need.Tool(t, "node")
	if _, err := os.Stat("testdata/peer/node_modules/modbus-serial"); err != nil {
		need.Missing(t, "modbus-serial is not installed (make tools installs it)")
	}
	ours, theirs := wires(t)
	peer(t, node, "testdata/peer/board.js", theirs)
	sells(t, openOn(t, ours, peerSettings(modbus.Board{Address: 7, Family: "r421", Relays: 8, Inputs: 8}, time.Second)))
}

// The lock file names exact versions and no place to get them from.
func TestPeerLock(t *testing.T) {
	b, err := os.ReadFile("testdata/peer/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), `"resolved"`) || !strings.Contains(string(b), `"modbus-serial": "8.0.25"`) {
		t.Error("package-lock.json: make it with npm install --omit-lockfile-registry-resolved, and with exact versions")
	}
}

func code(err error) sale.Code {
	if f, ok := errors.AsType[*sale.Fault](err); ok {
		return f.Code
	}
	return ""
}

// An adapter that repeats what is written looks like a board that obeys.
func TestEcho(t *testing.T) {
	t.Parallel()
	ours, theirs := wires(t)
	f, err := os.OpenFile(theirs, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	go io.Copy(f, f)
	for family, mode := range map[string]int{"waveshare": 0, "dam": 4, "r421": 0} {
		s := settings(func(s *modbus.Settings) {
			s.Boards = []modbus.Board{{Address: 1, Family: family, Relays: 8, FlashMode: mode}}
			s.Slots = []modbus.Slot{{Slot: 11, Relay: "1", Pulse: time.Second}}
		})
		d := modbus.Open(ours, s, modbus.Options{AnswerWithin: answerWithin})
		want := "E-SERIAL-05: the adapter on " + ours + " repeats what is written to it (switch its echo off: an echo looks like a relay board that obeys)"
		var got error
		eventually(t, family, func() bool { got = d.Health(); return sale.CodeSerialOther == code(got) })
		if got.Error() != want {
			t.Errorf("%s: %v, want %s", family, got, want)
		}
		d.Close()
	}
}
