package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/control"
	"kioskd/device"
	"kioskd/drivers"
	"kioskd/payment/paytest"
	"kioskd/payment/reach"
	"kioskd/sale"
	"kioskd/store"
)

// sick is a board that never speaks.
type sick struct{ drivers.Dispenser }

func (sick) Health() error {
	return &sale.Fault{Code: sale.CodeSerialSilent, What: "the controller has not answered", Hint: "check its power"}
}

func (sick) Close() error { return nil }

type pingFunc func(context.Context) error

func (f pingFunc) Ping(ctx context.Context) error { return f(ctx) }

// aConfig is a good config with two base URLs, and its file.
func aConfig(t *testing.T) (file string) {
	t.Helper()
	p, err := paytest.New(paytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := p.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	s := strings.Replace(p.Settings(), "base_urls:", `base_urls: ["https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"]`, 1)
	file = filepath.Join(dir, "kioskd.yaml")
	text := `machine: {id: SH0042}
store: {path: kioskd.db}
control: {socket: kioskd.sock}
controller: {driver: vmc, port: ttyNONE}
payment:
  driver: wechat
  settings:
    ` + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    ") + `
products:
  - {slot: 11, name: water, price: "2.00"}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// untilOver waits as long as it may.
func untilOver(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// forever is in a system call that nothing interrupts.
func forever() { time.Sleep(time.Hour) }

// toTheDay lets the years go by that a bubble is behind.
func toTheDay() { time.Sleep(time.Until(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))) }

// deaf is a doctor on a machine where everything is down.
func deaf(file string) *doctor {
	d := newDoctor(Options{File: file, Root: "/nowhere", Drivers: theDrivers()})
	d.way = reach.Way{
		Lookup: func(ctx context.Context, _ string) ([]netip.Addr, error) { return nil, untilOver(ctx) },
		Proxy:  func(*http.Request) (*url.URL, error) { return nil, nil },
	}
	d.gateway = func() (pinger, error) { return pingFunc(untilOver), nil }
	d.dispenser = func() (drivers.Dispenser, error) { return sick{}, nil }
	d.holders = func(string) []device.Holder { return nil }
	d.get = func(context.Context, string, any) error { return control.ErrNoDaemon }
	d.unit = func(ctx context.Context) (string, error) { return "", untilOver(ctx) }
	d.synced = func() (bool, bool) { return false, true }
	d.env = func(string) string { return "" }
	return d
}

// Everything down is told within ten seconds, whatever way it is down.
func TestDoctorIsQuick(t *testing.T) {
	file := aConfig(t)
	for _, tt := range []struct {
		name  string
		spoil func(*doctor)
		bad   string // the checks that are ✗
	}{
		{"down", func(*doctor) {}, "network network merchant controller screen"},
		{"hosts do not answer", func(d *doctor) {
			d.way.Lookup = func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
			}
			d.way.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, untilOver(ctx) }
		}, "network network merchant controller screen"},
		{"a daemon that does not answer", func(d *doctor) {
			d.get = func(ctx context.Context, _ string, _ any) error { return untilOver(ctx) }
		}, "network network merchant daemon screen"},
		{"a slow config", func(d *doctor) {
			d.read = func(file string) reading {
				time.Sleep(readWithin - time.Millisecond)
				return read(file, theDrivers())
			}
		}, "network network merchant controller screen"},
		{"a config on a dead disk", func(d *doctor) {
			d.read = func(string) reading {
				forever()
				return reading{}
			}
		}, "config"},
		{"nothing minds its time", func(d *doctor) {
			d.read = func(file string) reading {
				time.Sleep(readWithin - time.Millisecond)
				return read(file, theDrivers())
			}
			d.way.Lookup = func(context.Context, string) ([]netip.Addr, error) { forever(); return nil, nil }
			d.gateway = func() (pinger, error) { forever(); return nil, errors.New("late") }
			d.get = func(context.Context, string, any) error { forever(); return nil }
			d.unit = func(context.Context) (string, error) { forever(); return "", nil }
			d.spaceAt = func(string) (store.Space, error) { forever(); return store.Space{}, nil }
			d.synced = func() (bool, bool) { forever(); return false, false }
		}, "clock network network merchant daemon space screen systemd"},
		{"the port hangs", func(d *doctor) {
			d.dispenser = func() (drivers.Dispenser, error) { forever(); return sick{}, nil }
		}, "network network merchant controller slots screen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toTheDay()
				d := deaf(file)
				tt.spoil(d)
				begun := time.Now()
				found := d.examine(t.Context())
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("it took %s", took)
				}
				var names, wrong []string
				for _, f := range found {
					if names = append(names, f.Name); f.State == Bad {
						wrong = append(wrong, f.Name)
					}
					if f.What == "" || strings.Contains(f.String(), "\n") {
						t.Errorf("no line: %q", f)
					}
				}
				if got := strings.Join(wrong, " "); got != tt.bad {
					t.Errorf("✗ %s\nwant %s\n%v", got, tt.bad, found)
				}
				if got := slices.Compact(names); !slices.Equal(got, checkNames) {
					t.Errorf("checks %v", got)
				}
				time.Sleep(2 * time.Hour) // for whoever minds no time
			})
		})
	}
}

// A technician who ends it is not kept waiting.
func TestDoctorIsInterrupted(t *testing.T) {
	file := aConfig(t)
	synctest.Test(t, func(t *testing.T) {
		toTheDay()
		ctx, stop := context.WithCancel(t.Context())
		begun := time.Now()
		time.AfterFunc(time.Second, stop)
		d := deaf(file)
		d.spaceAt = func(string) (store.Space, error) { forever(); return store.Space{}, nil }
		d.examine(ctx)
		if took := time.Since(begun); took > 1500*time.Millisecond {
			t.Errorf("it went on for %s", took)
		}
		time.Sleep(2 * time.Hour)
	})
}
