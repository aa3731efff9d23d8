package wvl_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/wvl"
	"kioskd/device/wvl/wvltest"
)

// A board without a log is found, and gets none.
func TestProbe(t *testing.T) {
	b := wvltest.NewBoard()
	var mu sync.Mutex
	var heard strings.Builder
	port := filepath.Join(t.TempDir(), "controller")
	w, err := wvltest.NewWire(port, func(p []byte) {
		mu.Lock()
		heard.Write(p)
		mu.Unlock()
		b.Input(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	b.Start(w.Output)
	l := device.Open(device.Config{Path: port, Baud: 115200})
	defer l.Close()
	got, err := wvl.Probe().Ask(t.Context(), l, 115200, device.ProbeOptions{})
	want := device.Finding{What: `WVL/1 board "sim", firmware "1", 8 slots`, Settings: []string{"baud: 115200"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, finding (-want +got):\n%s", err, diff)
	}
	mu.Lock()
	defer mu.Unlock()
	const hello = "@1 HELLO 1*42\r\n"
	if said := heard.String(); said == "" || strings.ReplaceAll(said, hello, "") != "" {
		t.Errorf("the board heard %q, want %q alone", said, hello)
	}
}
