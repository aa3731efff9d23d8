package reach_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/payment/reach"
	"kioskd/sale"
)

// server is one on TLS for example.com; it returns its address and, as a file,
// its authority.
func server(t *testing.T) (address, authority string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	authority = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return s.Listener.Addr().String(), authority
}

// to makes every name one of the documentation's addresses, behind which a
// server stands.
func to(address, authority string) reach.Way {
	return reach.Way{
		Authorities: authority,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}
}

func TestTry(t *testing.T) {
	address, authority := server(t)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	far := to(address, authority)
	far.Now = func() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }
	nameless := to(address, authority)
	nameless.Lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
	empty := to(address, authority)
	empty.Lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
	refused := to(address, authority)
	refused.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	notTLS := to(plain.Listener.Addr().String(), authority)
	proxied := to(plain.Listener.Addr().String(), authority)
	proxied.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.example:3128") }
	for _, tt := range []struct {
		name, base string
		way        reach.Way
		found      string
		fault      string // What
		hint       string
	}{
		{"good", "https://example.com", to(address, authority), "TLS with 192.0.2.1:443, signed by O=Acme Co", "", ""},
		{"plain", plain.URL, reach.Way{}, "plain http at " + plain.Listener.Addr().String() + ", a simulator on this machine", "", ""},
		{"no name", "https://example.com", nameless, "", "the name of example.com is not found", "check the network cable, the modem and the SIM card, then the name server in /etc/resolv.conf"},
		{"no address", "https://example.com", empty, "", "the name of example.com is not found", "check the network cable, the modem and the SIM card, then the name server in /etc/resolv.conf"},
		{"refused", "https://example.com", refused, "", "no connection to example.com", "check the network cable, the modem and the SIM card, and that a firewall lets this machine out"},
		{"another's name", "https://pay.test", to(address, authority), "", "a server with another name answers for pay.test", "look for a proxy or a login page in this network"},
		{"not now", "https://example.com", far, "", "the certificate of example.com is not valid at this machine's time", "check the clock"},
		{"not TLS", "https://example.com", notTLS, "", "no TLS with example.com", "look for a proxy, a firewall or a login page in this network"},
		{"a proxy that refuses", "https://example.com", proxied, "", "no TLS with the proxy proxy.example:3128", "look for a proxy, a firewall or a login page in this network"},
		{"no authorities", "https://example.com", to(address, "/nowhere.pem"), "", "the authorities cannot be used", "correct ca_file in the config"},
		{"no URL", "https://a b", to(address, authority), "", "https://a b is no base URL", "correct base_urls in the config"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := tt.way.Try(t.Context(), tt.base)
			var f *sale.Fault
			switch {
			case tt.fault == "" && (err != nil || found.String() != tt.found):
				t.Errorf("found %s, %v; want %s", found, err, tt.found)
			case tt.fault != "" && (!errors.As(err, &f) || f.Code != sale.CodeNetDown || f.What != tt.fault || f.Hint != tt.hint):
				t.Errorf("error %v\nwant %s (%s)", err, tt.fault, tt.hint)
			}
		})
	}
}

// Whether the authority is unknown or only this machine's list is old depends
// on the machine; either way it is said.
func TestUnknownAuthority(t *testing.T) {
	address, _ := server(t)
	_, err := to(address, "").Try(t.Context(), "https://example.com")
	if err == nil || !strings.Contains(err.Error(), "authority") {
		t.Errorf("error %v", err)
	}
}

func TestDays(t *testing.T) {
	address, authority := server(t)
	found, err := to(address, authority).Try(t.Context(), "https://example.com")
	if err != nil {
		t.Fatal(err)
	}
	if days := found.Days(found.Until.Add(-50 * time.Hour)); days != 2 {
		t.Errorf("%d days, 50 hours before the end", days)
	}
}

// Whatever says nothing, the limits hold.
func TestLimits(t *testing.T) {
	addresses := func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, nil
	}
	for _, tt := range []struct {
		name   string
		lookup func(context.Context, string) ([]netip.Addr, error)
		dial   func(context.Context, string, string) (net.Conn, error)
		after  time.Duration
		fault  string
	}{
		{"name server", func(ctx context.Context, _ string) ([]netip.Addr, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, nil, 2 * time.Second, "the name of example.com is not found"},
		{"name server that minds no limit", func(context.Context, string) ([]netip.Addr, error) {
			time.Sleep(time.Hour)
			return nil, nil
		}, nil, 6 * time.Second, "the name of example.com is not found"},
		{"hosts", addresses, func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, 2 * time.Second, "no connection to example.com"},
		{"TLS", addresses, func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs)
			return ours, nil
		}, 2 * time.Second, "no TLS with example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := to("", "")
				w.Lookup, w.Dial = tt.lookup, tt.dial
				begun := time.Now()
				_, err := w.Try(t.Context(), "https://example.com")
				var f *sale.Fault
				if took := time.Since(begun); took != tt.after || !errors.As(err, &f) || f.What != tt.fault {
					t.Errorf("after %s: %v", took, err)
				}
				time.Sleep(2 * time.Hour) // for whoever minds no limit
			})
		})
	}
}
