package device

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Port is a serial port of this machine, as the system describes it.
type Port struct {
	// Path is the name for a config: the one that stays the same wherever the
	// adapter is plugged in, else the one that names the socket, else Node.
	Path string `json:"path"`
	Node string `json:"node"` // /dev/ttyUSB0: may be another device after a reboot

	// What the USB device says of itself; empty for a port that is not on USB.
	VendorID     string `json:"vendor_id,omitempty"` // four hexadecimal digits
	ProductID    string `json:"product_id,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty"`
	Product      string `json:"product,omitempty"`
	Serial       string `json:"serial,omitempty"`
}

// Ports lists the serial ports of the system whose files stand under root: "/"
// on a machine. It reads sysfs and the links in /dev/serial, and opens no port.
// The order is that of the nodes, numbers by their value.
func Ports(root string) ([]Port, error) {
	class := filepath.Join(root, "sys/class/tty")
	entries, err := os.ReadDir(class)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a system without any terminal
	}
	if err != nil {
		return nil, err
	}
	byID, byPath := names(filepath.Join(root, "dev/serial/by-id")), names(filepath.Join(root, "dev/serial/by-path"))
	var list []Port
	for _, e := range entries {
		at, node := filepath.Join(class, e.Name()), filepath.Join(root, "dev", e.Name())
		if !wired(at) {
			continue
		}
		if _, err := os.Stat(node); err != nil {
			continue // a container has not each device of its host
		}
		p := Port{Node: node, Path: cmp.Or(byID[e.Name()], byPath[e.Name()], node)}
		p.usb(root, filepath.Join(at, "device"))
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Port) int {
		return cmp.Or(cmp.Compare(len(a.Node), len(b.Node)), cmp.Compare(a.Node, b.Node))
	})
	return list, nil
}

// wired reports whether there is hardware behind a terminal. Virtual ones have
// no device; for the ports that a PC might have, and has not, the kernel says
// type 0.
func wired(at string) bool {
	if _, err := os.Stat(filepath.Join(at, "device")); err != nil {
		return false
	}
	return attribute(at, "type") != "0"
}

// names finds the links of a directory, by the name of the node they lead to.
func names(dir string) map[string]string {
	found := map[string]string{}
	entries, _ := os.ReadDir(dir) // there is none without udev
	for _, e := range entries {
		link := filepath.Join(dir, e.Name())
		if to, err := os.Readlink(link); err == nil {
			found[filepath.Base(to)] = link
		}
	}
	return found
}

// usb reads what the USB device says of itself. It is an ancestor of the tty's
// device: between them stand the interface and, for some drivers, a port.
func (p *Port) usb(root, dev string) {
	at, err := filepath.EvalSymlinks(dev)
	if err != nil {
		return
	}
	top, err := filepath.Abs(root)
	if err == nil {
		top, err = filepath.EvalSymlinks(filepath.Join(top, "sys"))
	}
	if err != nil {
		return
	}
	for ; strings.HasPrefix(at, top+"/"); at = filepath.Dir(at) {
		if p.VendorID = attribute(at, "idVendor"); p.VendorID != "" {
			p.ProductID = attribute(at, "idProduct")
			p.Manufacturer, p.Product, p.Serial = attribute(at, "manufacturer"), attribute(at, "product"), attribute(at, "serial")
			return
		}
	}
}

// attribute is one line of sysfs, empty if there is none. A device may claim to
// be called anything, so what would disturb a terminal goes.
func attribute(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.TrimSpace(string(b)))
}
