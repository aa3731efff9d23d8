package device_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kioskd/device"
	"kioskd/sale"
)

func TestLocked(t *testing.T) {
	c, l := plugged(t)
	second := open(t, c.link)
	_, err := second.Read(make([]byte, 1), 0)
	if code(err) != sale.CodeSerialBusy {
		t.Errorf("a second opening: %v", err)
	}
	if os.Getuid() == 0 && !strings.Contains(err.Error(), "another process holds the lock on it") {
		t.Errorf("a second opening: %v", err) // root sees no exclusive mode
	}
	l.Close()
	eventually(t, second, "the lock is free", func(_ []byte, err error) bool { return err == nil })
}

// Lines that a port does not have are not missed.
func TestControlLines(t *testing.T) {
	c := newCable(t)
	c.plug()
	on, off := true, false
	l := device.Open(device.Config{Path: c.link, Baud: 9600, DTR: &on, RTS: &off})
	defer l.Close()
	if _, err := l.Read(make([]byte, 1), 0); err != nil {
		t.Error(err)
	}
}

func TestNoPort(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]sale.Code{
		filepath.Join(dir, "nothing"): sale.CodeSerialMissing,
		dir:                           sale.CodeSerialOther,
		file:                          sale.CodeSerialOther,
		loop:                          sale.CodeSerialOther,
		"/dev/null":                   sale.CodeSerialOther,
	} {
		l := open(t, path)
		_, err := l.Read(make([]byte, 1), 0)
		if code(err) != want {
			t.Errorf("%s: %v, want code %s", path, err, want)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "text" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestFaultTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.ENOENT, "E-SERIAL-01: the port /dev/ttyUSB0 is not there: no such file or directory (plug the controller's cable in, or correct the port in the configuration)"},
		{syscall.ENXIO, "E-SERIAL-01: the port /dev/ttyUSB0 is not there: no such device or address (plug the controller's cable in, or correct the port in the configuration)"},
		{syscall.EBUSY, "E-SERIAL-02: another program holds the port /dev/ttyUSB0: device or resource busy (end that program; \"fuser -v /dev/ttyUSB0\" names it)"},
		{syscall.EACCES, "E-SERIAL-04: this user may not use the port /dev/ttyUSB0: permission denied (add the user that runs kioskd to the group that owns the port, usually dialout, and start kioskd anew)"},
		{syscall.EINVAL, "E-SERIAL-05: the port /dev/ttyUSB0 cannot be used: invalid argument (check that it names a serial port and that the speed is one it knows)"},
	} {
		if got := device.Opening("/dev/ttyUSB0", &fs.PathError{Op: "open", Path: "p", Err: c.err}).Error(); strings.Replace(got, "open p: ", "", 1) != c.want {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}
