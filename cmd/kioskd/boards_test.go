package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kioskd/device/devicetest"
	"kioskd/device/lcus/lcustest"
	"kioskd/device/mdb/mdbtest"
	"kioskd/device/modbus/modbustest"
	"kioskd/device/ubox/uboxtest"
	"kioskd/device/wvl/wvltest"
)

// board puts a simulated board behind a port: "board vmc|wvl|modbus|mdb|lcus|ubox|silent PATH".
func board(ts *testscript.TestScript, _ bool, args []string) {
	link := ts.MkAbs(args[1])
	switch args[0] {
	case "vmc":
		c, err := devicetest.Start(devicetest.Options{
			Link: link, Slots: []devicetest.Slot{{Number: 11, Price: 200, Stock: 5}, {Number: 12, Price: 350}},
			PollEvery: 20 * time.Millisecond, AnswerWithin: 500 * time.Millisecond, VendTime: 60 * time.Millisecond,
		})
		ts.Check(err)
		ts.Defer(func() { c.Close() })
	case "wvl":
		b := wvltest.NewBoard()
		w, err := wvltest.NewWire(link, b.Input)
		ts.Check(err)
		b.Start(w.Output)
		ts.Defer(w.Close)
	case "modbus":
		b, err := modbustest.Start(modbustest.Options{Link: link, Boards: []modbustest.BoardOptions{
			{Addr: 1, Kind: modbustest.Waveshare, Relays: 8, Inputs: 8},
			{Addr: 7, Kind: modbustest.R421, Relays: 8},
		}})
		ts.Check(err)
		ts.Defer(b.Close)
	case "mdb":
		m, err := mdbtest.Start(mdbtest.Options{Link: link, Slots: []mdbtest.Slot{{Number: 11, Price: 200, Stock: 5}}})
		ts.Check(err)
		ts.Defer(func() { m.Close() })
	case "lcus":
		b, err := lcustest.Start(link)
		ts.Check(err)
		ts.Defer(b.Cable.Close)
	case "ubox":
		b, err := uboxtest.Start(link)
		ts.Check(err)
		ts.Defer(b.Cable.Close)
	case "silent":
		w, err := wvltest.NewWire(link, func([]byte) {})
		ts.Check(err)
		ts.Defer(w.Close)
	default:
		ts.Fatalf("no board %q", args[0])
	}
}

// lock holds the lock of a port, as a daemon does: "lock PATH".
func lock(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	ts.Check(err)
	ts.Defer(func() { f.Close() })
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

// sysfs writes the files of a system with one USB adapter, whose device leads
// to a port: "sysfs ROOT PATH".
func sysfs(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	usb := filepath.Join(root, "sys/devices/pci0000:00/usb1/1-2")
	tty := filepath.Join(usb, "1-2:1.0/ttyUSB0")
	for _, dir := range []string{tty, filepath.Join(root, "sys/class/tty/ttyUSB0"), filepath.Join(root, "dev/serial/by-id")} {
		ts.Check(os.MkdirAll(dir, 0o755))
	}
	for name, text := range map[string]string{
		"idVendor": "1a86", "idProduct": "7523", "manufacturer": "QinHeng Electronics", "product": "USB Serial Converter", "serial": "0001",
	} {
		ts.Check(os.WriteFile(filepath.Join(usb, name), []byte(text+"\n"), 0o644))
	}
	ts.Check(os.Symlink(tty, filepath.Join(root, "sys/class/tty/ttyUSB0/device")))
	ts.Check(os.Symlink(ts.MkAbs(args[1]), filepath.Join(root, "dev/ttyUSB0")))
	ts.Check(os.Symlink("../../ttyUSB0", filepath.Join(root, "dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")))
}

// paste puts the section controller that a command printed in the place of the
// one of a config: "paste CONFIG SAID".
func paste(ts *testscript.TestScript, _ bool, args []string) {
	config, said := ts.ReadFile(args[0]), ts.ReadFile(args[1])
	_, section, ok := strings.Cut(said, "\n\ncontroller:\n")
	if !ok {
		ts.Fatalf("no section controller in\n%s", said)
	}
	before, rest, _ := strings.Cut(config, "controller:")
	_, after, _ := strings.Cut(rest, "\npayment:")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(before+"controller:\n"+section+"payment:"+after), 0o600))
}

// port makes a config name a port: "port PATH".
func port(ts *testscript.TestScript, _ bool, args []string) {
	config := ts.ReadFile("kioskd.yaml")
	before, rest, _ := strings.Cut(config, "controller:")
	_, after, _ := strings.Cut(rest, "\n")
	ts.Check(os.WriteFile(ts.MkAbs("kioskd.yaml"), []byte(before+"controller: {driver: vmc, port: "+args[0]+"}\n"+after), 0o600))
}

// until repeats a command until it succeeds: "until exec kioskd ...".
func until(ts *testscript.TestScript, _ bool, args []string) {
	soon(ts, strings.Join(args, " "), func() bool { return ts.Exec(args[1], args[2:]...) == nil })
}

// await waits for a file: "await PATH".
func await(ts *testscript.TestScript, _ bool, args []string) {
	soon(ts, args[0], func() bool {
		_, err := os.Lstat(ts.MkAbs(args[0]))
		return err == nil
	})
}

func soon(ts *testscript.TestScript, what string, ok func() bool) {
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("not within 30 s: %s", what)
		}
	}
}
