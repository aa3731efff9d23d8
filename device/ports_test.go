package device_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"kioskd/device"
)

// system writes the files of a machine: contents by path, links by "->".
func system(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		at := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if len(text) > 2 && text[:2] == "->" {
			err = os.Symlink(text[2:], at)
		} else {
			err = os.WriteFile(at, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPorts(t *testing.T) {
	const usb = "sys/devices/pci0000:00/0000:00:14.0/usb1/"
	root := system(t, map[string]string{
		"sys/class/tty/tty1/dev": "4:1", // a virtual terminal: no device
		"dev/tty1":               "",
		// An adapter with a name of its own; its driver puts a port between.
		usb + "1-2/idVendor":                 "1a86\n",
		usb + "1-2/idProduct":                "7523\n",
		usb + "1-2/manufacturer":             "QinHeng\x1b[31m Electronics\n",
		usb + "1-2/1-2:1.0/ttyUSB10/port":    "0",
		"sys/class/tty/ttyUSB10/device":      "->../../../devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB10",
		"dev/ttyUSB10":                       "",
		"dev/serial/by-id/usb-1a86-if00":     "->../../ttyUSB10",
		"dev/serial/by-path/pci-usb-0:2:1.0": "->../../ttyUSB10",
		// A second of the same make: udev has one name by id only.
		usb + "1-3/idVendor":                 "1a86\n",
		usb + "1-3/idProduct":                "7523\n",
		usb + "1-3/product":                  "USB Serial\n",
		usb + "1-3/serial":                   "0001\n",
		usb + "1-3/1-3:1.0/tty/ttyACM2/dev":  "166:2",
		"sys/class/tty/ttyACM2/device":       "->../../../devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0",
		"dev/ttyACM2":                        "",
		"dev/serial/by-path/pci-usb-0:3:1.0": "->../../ttyACM2",
		// A PC's ports: one is there.
		"sys/devices/platform/serial8250/x": "",
		"sys/class/tty/ttyS0/device":        "->../../../devices/platform/serial8250",
		"sys/class/tty/ttyS0/type":          "4\n",
		"dev/ttyS0":                         "",
		"sys/class/tty/ttyS1/device":        "->../../../devices/platform/serial8250",
		"sys/class/tty/ttyS1/type":          "0\n",
		"dev/ttyS1":                         "",
		// A host's port that a container has not.
		"sys/class/tty/ttyUSB3/device": "->../../../devices/platform/serial8250",
	})
	got, err := device.Ports(root)
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string) string { return filepath.Join(root, path) }
	want := []device.Port{
		{Path: at("dev/ttyS0"), Node: at("dev/ttyS0")},
		{Path: at("dev/serial/by-path/pci-usb-0:3:1.0"), Node: at("dev/ttyACM2"), VendorID: "1a86", ProductID: "7523", Product: "USB Serial", Serial: "0001"},
		{Path: at("dev/serial/by-id/usb-1a86-if00"), Node: at("dev/ttyUSB10"), VendorID: "1a86", ProductID: "7523", Manufacturer: "QinHeng[31m Electronics"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	if got, err := device.Ports(t.TempDir()); len(got) != 0 || err != nil {
		t.Errorf("a system without terminals has %v, %v", got, err)
	}
}

// openedByAnother starts a shell that does what the script says, with the path
// as its first argument, and goes on once it says something.
func openedByAnother(t *testing.T, path, script string) int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := os.StartProcess("/bin/sh", []string{"sh", "-c", script, "sh", path}, &os.ProcAttr{Files: []*os.File{nil, w, os.Stderr}})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); p.Wait() })
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the other process did not come so far: %v", err)
	}
	return p.Pid
}

func TestHolders(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	link := filepath.Join(t.TempDir(), "controller")
	if err := os.Symlink(slave.Name(), link); err != nil {
		t.Fatal(err)
	}
	if got, err := device.Holders(link); len(got) != 0 || err != nil {
		t.Fatalf("nobody uses it but this process, and Holders says %v, %v", got, err)
	}
	pid := openedByAnother(t, link, `exec 3<>"$1"; echo; read wait <&3`)
	got, err := device.Holders(link)
	if err != nil || len(got) != 1 || got[0] != (device.Holder{PID: pid, Command: "sh"}) {
		t.Fatalf("Holders says %v, %v; want sh, process %d", got, err, pid)
	}
	if _, err := device.Holders(link + "x"); !os.IsNotExist(err) {
		t.Errorf("a port that is not there: %v", err)
	}
	if _, err := device.Holders(os.Args[0]); err == nil || err.Error() != os.Args[0]+" is no serial port" {
		t.Errorf("a file: %v", err)
	}
}
