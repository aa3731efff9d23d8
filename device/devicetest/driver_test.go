package devicetest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/sale"
)

var _ devicetest.Driver = (*driver)(nil)

// driver is the smallest honest driver of the cabinet, to test the suite with.
// A flaw makes it dishonest in one way.
type driver struct {
	flaw   string
	path   string
	events chan sale.BoardEvent
	stop   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
	turn   chan struct{} // holds one token: the right to command

	mu      sync.Mutex
	port    *os.File
	heard   time.Time // last sign of life
	pending []byte    // goes out at the next POLL
	sent    bool      // a command waits for its ACK
	rest    int       // POLLs to answer with ACK before the next command
	pack    byte
	last    [2]byte      // CMD and PackNO of the last data frame
	inbox   chan []byte  // data frames for whoever has the turn; nil is a lost line
	buf     bytes.Buffer // of the port
}

func newDriver(t testing.TB, path, flaw string) *driver {
	d := &driver{
		flaw: flaw, path: path, events: make(chan sale.BoardEvent, 16), stop: make(chan struct{}),
		turn: make(chan struct{}, 1), inbox: make(chan []byte, 1000),
	}
	d.done.Go(d.run)
	return d
}

func (d *driver) Events() <-chan sale.BoardEvent { return d.events }

func (d *driver) Close() error {
	d.once.Do(func() { close(d.stop) })
	d.done.Wait()
	return nil
}

func (d *driver) closed() bool {
	select {
	case <-d.stop:
		return true
	default:
		return false
	}
}

func (d *driver) run() {
	defer close(d.events)
	for first := true; !d.closed(); first = false {
		if d.flaw == "never reconnects" && !first {
			<-d.stop
			return
		}
		f, err := os.OpenFile(d.path, os.O_RDWR|syscall.O_NOCTTY, 0)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			first = true
			continue
		}
		d.serve(f)
		f.Close()
	}
}

func (d *driver) serve(f *os.File) {
	d.mu.Lock()
	d.port, d.sent, d.rest = f, false, 0
	d.pending = d.frame(0x31, nil)
	d.buf.Reset()
	d.mu.Unlock()
	for b := make([]byte, 256); !d.closed(); {
		f.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, err := f.Read(b)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		d.mu.Lock()
		if n == 0 {
			d.buf.Reset() // what is half here will not be finished
		}
		d.buf.Write(b[:n])
		d.scan()
		d.mu.Unlock()
	}
	d.mu.Lock()
	d.port, d.heard = nil, time.Time{}
	d.pending = nil
	d.mu.Unlock()
	d.deliver(nil)
}

func (d *driver) scan() {
	for {
		b := d.buf.Bytes()
		i := bytes.Index(b, []byte{0xFA, 0xFB})
		if i < 0 || len(b) < i+5 || len(b) < i+5+int(b[i+3]) {
			return
		}
		n := 5 + int(b[i+3])
		f := bytes.Clone(b[i : i+n])
		if sum(f) != 0 {
			d.buf.Next(i + 2)
			continue
		}
		d.buf.Next(i + n)
		d.handle(f)
	}
}

func sum(b []byte) (x byte) {
	for _, c := range b {
		x ^= c
	}
	return x
}

func (d *driver) frame(cmd byte, text []byte) []byte {
	d.pack = d.pack%255 + 1
	b := append([]byte{0xFA, 0xFB, cmd, byte(len(text) + 1), d.pack}, text...)
	return append(b, sum(b))
}

func (d *driver) handle(f []byte) {
	ack := []byte{0xFA, 0xFB, 0x42, 0, 0x43}
	d.heard = time.Now()
	switch {
	case f[2] == 0x41 && d.pending != nil && d.rest == 0:
		d.port.Write(d.pending)
		d.pending, d.sent, d.rest = nil, true, 1
	case f[2] == 0x41:
		d.rest = max(0, d.rest-1)
		d.port.Write(ack)
	case f[2] == 0x42:
		if d.sent {
			d.sent, d.rest = false, 0
		}
	case len(f) > 5:
		d.port.Write(ack)
		if again := [2]byte{f[2], f[4]}; again != d.last || d.flaw == "takes repeats" {
			d.last = again
			d.data(f)
		}
	}
}

func (d *driver) data(f []byte) {
	switch slot := sale.Slot(0); f[2] {
	case 0x05:
		slot = sale.Slot(binary.BigEndian.Uint16(f[5:]))
		if slot == 0 {
			d.emit(sale.CancelPressed{})
		} else {
			d.emit(sale.Selected{Slot: slot})
		}
	case 0x31:
		d.last = [2]byte{}
		d.pending = d.frame(0x31, nil)
		d.deliver(f)
	case 0x02, 0x04, 0x71:
		d.deliver(f)
	}
}

func (d *driver) emit(e sale.BoardEvent) {
	for {
		select {
		case d.events <- e:
			return
		default:
		}
		if d.flaw == "drops the newest event" {
			return
		}
		select {
		case <-d.events:
		default:
		}
	}
}

func (d *driver) deliver(f []byte) {
	select {
	case d.inbox <- f:
	default:
	}
}
