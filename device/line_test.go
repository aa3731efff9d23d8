package device_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"kioskd/device"
	"kioskd/sale"
)

// limit is for what must come; nothing here asserts a speed.
const limit = 10 * time.Second

// cable is a link to a pseudo terminal that can be pulled and plugged.
type cable struct {
	*testing.T
	link          string
	master, slave *os.File
}

func newCable(t *testing.T) *cable {
	c := &cable{T: t, link: filepath.Join(t.TempDir(), "controller")}
	t.Cleanup(c.pull)
	return c
}

func (c *cable) plug() {
	c.Helper()
	var err error
	if c.master, c.slave, err = pty.Open(); err != nil {
		c.Fatal(err)
	}
	if err := os.Symlink(c.slave.Name(), c.link); err != nil {
		c.Fatal(err)
	}
}

func (c *cable) pull() {
	if c.master != nil {
		os.Remove(c.link)
		c.master.Close()
		c.slave.Close()
		c.master, c.slave = nil, nil
	}
}

func open(t *testing.T, path string) *device.Line {
	t.Helper()
	l := device.Open(device.Config{Path: path, Baud: 57600})
	t.Cleanup(func() { l.Close() })
	return l
}

// plugged is a line that has opened its port.
func plugged(t *testing.T) (*cable, *device.Line) {
	t.Helper()
	c := newCable(t)
	c.plug()
	l := open(t, c.link)
	if n, err := l.Read(make([]byte, 1), 0); n != 0 || err != nil {
		t.Fatalf("the first Read returns %d, %v", n, err)
	}
	return c, l
}

// eventually reads until ok.
func eventually(t *testing.T, l *device.Line, what string, ok func(b []byte, err error) bool) {
	t.Helper()
	b := make([]byte, 64)
	for end := time.Now().Add(limit); ; {
		n, err := l.Read(b, 50*time.Millisecond)
		if ok(b[:n], err) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v; the last error is %v", what, limit, err)
		}
	}
}

func code(err error) sale.Code {
	if f, ok := errors.AsType[*sale.Fault](err); ok {
		return f.Code
	}
	return ""
}

func TestBytesPassUnchanged(t *testing.T) {
	c, l := plugged(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if _, err := c.master.Write(all); err != nil {
		t.Fatal(err)
	}
	var got []byte
	eventually(t, l, "256 bytes", func(b []byte, _ error) bool {
		got = append(got, b...)
		return len(got) >= len(all)
	})
	if !bytes.Equal(got, all) {
		t.Errorf("read % X", got)
	}
	if n, err := l.Write(all); n != len(all) || err != nil {
		t.Fatalf("Write returns %d, %v", n, err)
	}
	got = make([]byte, len(all))
	if _, err := io.ReadFull(c.master, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("wrote % X, %v", got, err)
	}
}

func TestEmptyRead(t *testing.T) {
	c, l := plugged(t)
	c.master.Write([]byte("x"))
	for range 3 {
		if n, err := l.Read(nil, time.Millisecond); n != 0 || err != nil {
			t.Fatalf("Read of nothing returns %d, %v", n, err)
		}
	}
	if l.Err() != nil || l.Session() != 1 {
		t.Errorf("the port is gone: %v, session %d", l.Err(), l.Session())
	}
}

// What came before anybody listened is not for this process.
func TestOldInputIsDropped(t *testing.T) {
	c := newCable(t)
	c.plug()
	raw(t, c.slave)
	c.master.Write([]byte("old"))
	l := open(t, c.link)
	l.Read(make([]byte, 1), 0)
	c.master.Write([]byte("new"))
	var got []byte
	eventually(t, l, "new bytes", func(b []byte, _ error) bool {
		got = append(got, b...)
		return len(got) >= 3
	})
	if string(got) != "new" {
		t.Errorf("read %q", got)
	}
}

func raw(t *testing.T, f *os.File) {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	s.Lflag, s.Iflag, s.Oflag = 0, 0, 0
	s.Cc[unix.VMIN] = 1
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, s); err != nil {
		t.Fatal(err)
	}
}

func TestReconnects(t *testing.T) {
	c := newCable(t)
	l := open(t, c.link)
	for session := 1; session <= 3; session++ {
		eventually(t, l, "missing", func(_ []byte, err error) bool { return code(err) == sale.CodeSerialMissing })
		if n, err := l.Write([]byte("x")); n != 0 || code(err) != sale.CodeSerialMissing {
			t.Errorf("Write without a port returns %d, %v", n, err)
		}
		c.plug()
		eventually(t, l, "open", func(_ []byte, err error) bool { return err == nil })
		if l.Session() != session || l.Err() != nil {
			t.Errorf("session %d, want %d; error %v", l.Session(), session, l.Err())
		}
		c.master.Write([]byte("x"))
		eventually(t, l, "a byte", func(b []byte, _ error) bool { return len(b) == 1 })
		c.pull()
	}
}

// Bytes for a port that went away go nowhere, and the error says so.
func TestWriteToAPulledPort(t *testing.T) {
	c, l := plugged(t)
	c.pull()
	n, err := l.Write([]byte("x"))
	if n != 0 || code(err) != sale.CodeSerialMissing || !errors.Is(err, syscall.EIO) {
		t.Errorf("Write returns %d, %v", n, err)
	}
	if code(l.Err()) != sale.CodeSerialMissing {
		t.Errorf("Err is %v", l.Err())
	}
}

// The descriptor number of a closed port belongs to others.
func TestWriteAfterClose(t *testing.T) {
	_, l := plugged(t)
	l.Close()
	var files []*os.File
	for range 16 {
		f, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	n, err := l.Write([]byte("FA FB 06"))
	if n != 0 || code(err) != sale.CodeSerialOther || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write returns %d, %v", n, err)
	}
	for _, f := range files {
		if fi, err := f.Stat(); err != nil || fi.Size() > 0 {
			t.Errorf("%d bytes landed in a foreign file, %v", fi.Size(), err)
		}
	}
}

// Writers, a reader and Close at once; the race detector watches.
func TestCloseBesideAll(t *testing.T) {
	for range 10 {
		c, l := plugged(t)
		go io.Copy(io.Discard, c.master)
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				for range 50 {
					l.Write([]byte("FA FB 42 00 43"))
				}
			})
		}
		wait.Go(func() {
			for l.Err() == nil || !errors.Is(l.Err(), fs.ErrClosed) {
				l.Read(make([]byte, 8), 20*time.Millisecond)
			}
		})
		wait.Go(func() { l.Reopen(&sale.Fault{Code: sale.CodeSerialSilent}) })
		time.Sleep(5 * time.Millisecond)
		l.Close()
		wait.Wait()
	}
}

func TestClose(t *testing.T) {
	_, l := plugged(t)
	done := make(chan error)
	go func() { _, err := l.Read(make([]byte, 1), time.Hour); done <- err }()
	time.Sleep(20 * time.Millisecond)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-done:
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Read returns %v", err)
		}
	case <-time.After(limit):
		t.Error("Read does not end")
	}
	if n, err := l.Read(make([]byte, 1), time.Hour); n != 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read after Close returns %d, %v", n, err)
	}
}

// Close ends the wait for a port that is not there.
func TestCloseWithoutAPort(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "nothing"))
	done := make(chan error)
	go func() { _, err := l.Read(make([]byte, 1), time.Hour); done <- err }()
	time.Sleep(20 * time.Millisecond)
	l.Close()
	select {
	case err := <-done:
		if !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Read returns %v", err)
		}
	case <-time.After(limit):
		t.Error("Read does not end")
	}
}

// Nobody takes the bytes: the write ends, and so does the connection.
func TestStuckWrite(t *testing.T) {
	_, l := plugged(t)
	done := make(chan error)
	go func() { _, err := l.Write(make([]byte, 1<<20)); done <- err }()
	select {
	case err := <-done:
		if code(err) != sale.CodeSerialMissing || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write returns %v", err)
		}
	case <-time.After(limit):
		t.Fatal("Write hangs")
	}
	if l.Err() == nil {
		t.Error("the port is still in use after a write that hung")
	}
	eventually(t, l, "opened anew", func(_ []byte, err error) bool { return err == nil && l.Session() == 2 })
}

// A big write goes out whole to a reader that takes it in bites.
func TestShortWrites(t *testing.T) {
	c, l := plugged(t)
	want := bytes.Repeat([]byte("0123456789"), 5000)
	got := make(chan []byte)
	go func() {
		b := make([]byte, len(want))
		io.ReadFull(c.master, b)
		got <- b
	}()
	if n, err := l.Write(want); n != len(want) || err != nil {
		t.Fatalf("Write returns %d, %v", n, err)
	}
	select {
	case b := <-got:
		if !bytes.Equal(b, want) {
			t.Error("other bytes arrived")
		}
	case <-time.After(limit):
		t.Fatal("not all bytes arrived")
	}
}

func TestReopen(t *testing.T) {
	_, l := plugged(t)
	why := &sale.Fault{Code: sale.CodeSerialSilent, What: "silent"}
	l.Reopen(why)
	if l.Err() != error(why) {
		t.Errorf("Err is %v", l.Err())
	}
	l.Reopen(&sale.Fault{})
	if l.Err() != error(why) {
		t.Errorf("Err of a closed port changed to %v", l.Err())
	}
	eventually(t, l, "opened anew", func(_ []byte, err error) bool { return err == nil && l.Session() == 2 })
}
