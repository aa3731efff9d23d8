package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// daemon is the built kioskd on a config that kiosk-sim wrote.
type daemon struct {
	*testing.T
	binary, config string
	log            lockedLog
}

// lockedLog may be read while the program goes on.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// daemonOn starts it without a screen, until the test ends.
func daemonOn(t *testing.T, config string) *daemon {
	t.Helper()
	binary, err := crashtest.Build(t.TempDir(), "kioskd")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(readFile(t, config), "driver: auto", "driver: none", 1)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	d := &daemon{T: t, binary: binary, config: config}
	cmd := exec.Command(binary, "run", "--config", config)
	cmd.Stderr = &d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("kioskd ended: %v\n%s", err, d.log.String())
		}
	})
	return d
}

// orders is what the ledger has, newest first.
func (d *daemon) orders() (list []sale.Order) {
	out, err := exec.Command(d.binary, "orders", "--json", "--config", d.config).Output()
	if err == nil {
		err = json.Unmarshal(out, &list)
	}
	if err != nil {
		return nil // it has just been started
	}
	return list
}

// until waits for what must come.
func (d *daemon) until(what string, ok func() bool) {
	d.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("%s: not within 40 s", what)
		}
	}
}

// A whole sale on an MDB machine, with the programs as they are released: the
// machine asks, a phone pays, the machine gives; one that jams is refunded, and
// one that nobody pays is taken back at the machine.
func TestMDBSale(t *testing.T) {
	dir := t.TempDir()
	provider := start(t, "wechat", "--dir", dir, "--listen", "127.0.0.1:0,127.0.0.1:0", "--page", "127.0.0.1:0", "--controller", "mdb")
	at := strings.Trim(strings.TrimPrefix(provider.said["page"], "http://"), "/")
	link := filepath.Join(dir, "ttyVMC")
	if want := "kiosk-sim cabinet --link " + link + " --controller mdb --phones " + at; provider.said["next"] != want {
		t.Errorf("next %s\nnot  %s", provider.said["next"], want)
	}
	cabinet := start(t, "cabinet", "--link", link, "--controller", "mdb", "--page", "127.0.0.1:0", "--vend", "200ms")
	d := daemonOn(t, filepath.Join(dir, "kioskd.yaml"))

	api := cabinet.said["page"] + "api/cabinet/"
	order := func(what, body string) {
		t.Helper()
		if status, said := post(t, api+what, body); status != 204 {
			t.Fatalf("%s: %d %s", what, status, said)
		}
	}
	var state struct {
		Presses, Drops, Commands []struct{ Slot int }
		Counters                 struct{ Breaches []string }
		Tally                    map[int]struct{ Turns int }
	}
	look := func() {
		t.Helper()
		if err := json.Unmarshal([]byte(get(t, api+"state")), &state); err != nil {
			t.Fatal(err)
		}
	}
	// A press that the daemon does not take up, because it has just started or
	// shows the last order yet, is denied by itself.
	ordered := func(n, slot int) {
		t.Helper()
		var pressed time.Time
		d.until(fmt.Sprintf("order %d shows its code", n), func() bool {
			list := d.orders()
			if len(list) == n && list[0].State == sale.Awaiting {
				return true
			}
			if len(list) < n && time.Since(pressed) > 5*time.Second {
				pressed = time.Now()
				order("press", fmt.Sprintf(`{"slot":%d}`, slot))
			}
			return false
		})
	}
	ends := func(want sale.State, cause sale.Cause) sale.Order {
		t.Helper()
		d.until("the order ends as "+string(want), func() bool { return d.orders()[0].State == want })
		o := d.orders()[0]
		if o.Cause != cause {
			t.Errorf("%s because of %s (%s), not %s", o.State, o.Cause, o.Detail, cause)
		}
		return o
	}
	pay := func() {
		t.Helper()
		for _, touch := range []string{"scan", "pay"} {
			if status, said := post(t, provider.said["page"]+"api/phone/"+touch, `{"user":"phone-A"}`); status != 200 {
				t.Fatalf("%s: %d %s", touch, status, said)
			}
		}
	}

	ordered(1, 11)
	pay()
	if o := ends(sale.Dispensed, sale.CauseDropped); o.Detail != "VEND SUCCESS" {
		t.Errorf("dispensed: %s", o.Detail)
	}
	look()
	if len(state.Drops) != 1 || state.Drops[0].Slot != 11 || len(state.Commands) != 1 {
		t.Errorf("%+v", state)
	}

	order("jam", `{"slot":11}`)
	ordered(2, 11)
	pay()
	d.until("the money is back", func() bool { return d.orders()[0].State == sale.Refunded })

	// Slot 11 waits for a person now.
	ordered(3, 12)
	order("cancel", "{}")
	ends(sale.Closed, sale.CauseClosedThere)
	look()
	if len(state.Drops) != 1 || len(state.Commands) != 2 || state.Tally[11].Turns != 2 || len(state.Counters.Breaches) > 0 {
		t.Errorf("%+v", state)
	}
}
