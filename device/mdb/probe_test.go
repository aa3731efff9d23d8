package mdb_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device"
	"kioskd/device/devicetest"
	"kioskd/device/mdb"
	"kioskd/device/mdb/mdbtest"
)

// A Qibixx adapter is found, and its reader is not switched on. A Waferstar box
// does not answer, and passes nothing on that the machine would mind.
func TestProbe(t *testing.T) {
	for adapter, want := range map[string]device.Finding{
		mdbtest.Qibixx: {What: "Qibixx MDB adapter, firmware 4.0.1.0", Settings: []string{
			"adapter: qibixx", "mode: always_idle # or session: docs/controllers/mdb.md", "scale: 1 # as the machine counts money", "decimals: 2",
		}},
		mdbtest.Waferstar: {},
	} {
		t.Run(adapter, func(t *testing.T) {
			m, err := mdbtest.Start(mdbtest.Options{
				Adapter: adapter, Slots: []mdbtest.Slot{{Number: 11, Price: 200, Stock: 1}}, Link: filepath.Join(t.TempDir(), "adapter"),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			l := device.Open(device.Config{Path: m.Path(), Baud: 115200})
			defer l.Close()
			got, err := mdb.Probe().Ask(t.Context(), l, 115200, device.ProbeOptions{})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v, finding (-want +got):\n%s", err, diff)
			}
			if b := m.Books(); b.SetUps != 0 || b.Config != "" || len(b.Breaches)+b.Approvals+b.Denials+b.Requests != 0 {
				t.Errorf("the machine has heard from a reader: %+v", b)
			}
		})
	}
}

// What is written is the question for the version and nothing else; what comes
// is an adapter only if it is its version.
func TestProbeBytes(t *testing.T) {
	for name, c := range map[string]struct{ says, want string }{
		"a version":        {"v,1.2,AB\n", "Qibixx MDB adapter, firmware 1.2"},
		"behind noise":     {"\xFFc,STATUS,DISABLED\r\nv,4.0.2.0,1234567890ABCDEF\r\n", "Qibixx MDB adapter, firmware 4.0.2.0"},
		"what was written": {"V\n", ""},
		"no number":        {"v,,AB\n", ""},
		"a state alone":    {"c,STATUS,DISABLED\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := devicetest.NewReplier(t, func([]byte) []byte { return []byte(c.says) })
			l := device.Open(device.Config{Path: b.Port, Baud: 115200})
			defer l.Close()
			f, err := mdb.Probe().Ask(t.Context(), l, 115200, device.ProbeOptions{})
			if f.What != c.want || err != nil {
				t.Errorf("found %q, %v; want %q", f.What, err, c.want)
			}
			b.HeardOnly(t, []byte("V\n"))
		})
	}
}
