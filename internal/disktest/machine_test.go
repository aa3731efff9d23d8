package disktest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"kioskd/internal/crashtest"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// machine is a rig whose daemon is started again whenever it ends.
type machine struct {
	*crashtest.Rig
	t    *testing.T
	down sync.Mutex // held while the daemon must not be started
}

// limitFile holds the limit, in blocks of 512 bytes, for daemons to come.
const limitFile = "limit"

// newMachine has its ledger on the volume. The daemon is started by run.
func newMachine(t *testing.T, v *volume, seed uint64) *machine {
	t.Helper()
	dir := t.TempDir()
	limited := filepath.Join(dir, "kioskd.sh")
	script := fmt.Sprintf("#!/bin/sh\n[ ! -f %[1]s ] || ulimit -S -f $(cat %[1]s)\nexec %[2]s \"$@\"\n", filepath.Join(dir, limitFile), binary)
	if err := os.WriteFile(limited, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := crashtest.New(t.Context(), dir, limited, seed, crashtest.Config{
		Sale: "pay_within: 30s, dispense_within: 5s", Controller: "counts: true", Ledger: filepath.Join(v.dir, "kioskd.db"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &machine{Rig: r, t: t}
}

// run starts the daemon, and again 500 ms after each of its ends, until the
// test is over.
func (m *machine) run() {
	ctx, stop := context.WithCancel(context.Background())
	var supervisor sync.WaitGroup
	supervisor.Go(func() {
		for ctx.Err() == nil {
			m.down.Lock()
			err := m.Start("")
			m.down.Unlock()
			if err != nil {
				m.t.Error(err)
				return
			}
			select {
			case <-m.Dead():
			case <-ctx.Done():
			}
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	m.t.Cleanup(func() {
		stop()
		supervisor.Wait()
		m.Close()
		if m.t.Failed() {
			log := m.Log()
			m.t.Log(log[max(0, len(log)-6000):])
		}
	})
}

// limit allows the running daemon, and those to come, to write files up to so
// many blocks of 512 bytes; 0 ends the limit.
func (m *machine) limit(blocks uint64) error {
	file, bytes := filepath.Join(m.Dir, limitFile), blocks*512
	var err error
	if blocks == 0 {
		bytes, err = ^uint64(0), os.Remove(file)
	} else {
		err = os.WriteFile(file, fmt.Appendf(nil, "%d\n", blocks), 0o600)
	}
	if err != nil {
		return err
	}
	to := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(m.PID()), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&to)), 0, 0, 0)
	if errno != 0 && errno != syscall.ESRCH { // it may just have ended
		return errno
	}
	return nil
}

// until waits, whatever becomes of the daemon meanwhile.
func (m *machine) until(within time.Duration, what string, ok func() bool) {
	m.t.Helper()
	for limit := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			m.t.Fatalf("%s did not come within %s", what, within)
		}
	}
}

// selling: it would take an order, or shows a code for one that somebody chose
// as soon as it came back.
func (m *machine) selling() bool {
	s, err := m.Status()
	return err == nil && (s.Selling && s.Code == "" || s.Scene == sale.ScenePay)
}

// tells reports whether the machine says why it does not sell: in its status,
// or, while the ledger cannot even be opened, in what it has logged since.
func (m *machine) tells(code sale.Code, since int) bool {
	s, err := m.Status()
	return err == nil && !s.Selling && s.Code == code ||
		err != nil && strings.Contains(m.Log()[since:], "not selling") && strings.Contains(m.Log()[since:], string(code)+": ")
}

// code presses a key until the provider has a new order.
func (m *machine) code(slot int) (o paytest.Order) {
	m.t.Helper()
	before := len(m.Provider.Orders())
	press := m.presser(slot, 5*time.Second) // a code that has just come must not be replaced
	m.until(60*time.Second, "a code", func() (ok bool) {
		if o, ok = m.Newest(slot, before); !ok {
			press()
		}
		return ok && o.CodeURL != ""
	})
	return o
}

// presser presses a key now and then.
func (m *machine) presser(slot int, every time.Duration) func() {
	var next time.Time
	return func() {
		if time.Now().After(next) {
			_ = m.Cabinet.Press(slot)
			next = time.Now().Add(every)
		}
	}
}

func (m *machine) pay(o paytest.Order) {
	m.t.Helper()
	_, err := m.Provider.Scan(o.CodeURL, "customer")
	if err == nil {
		err = m.Provider.Pay("customer", o.OutTradeNo)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// sells makes a sale that must go well.
func (m *machine) sells(slot int) {
	m.t.Helper()
	m.pay(m.code(slot))
	m.until(30*time.Second, "the product", func() bool {
		for _, d := range m.Cabinet.Drops() {
			if d.Slot == slot {
				return true
			}
		}
		return false
	})
}

// state is where an order stands; the daemon must run.
func (m *machine) state(number string) sale.State {
	orders, err := m.List()
	if err != nil {
		return ""
	}
	for _, o := range orders {
		if string(o.Number) == number {
			return o.State
		}
	}
	return ""
}
