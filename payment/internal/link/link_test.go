package link_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/sale"
)

func unsigned(*http.Request) error { return nil }

func get(l *link.Link) (link.Reply, error) {
	return l.Send(context.Background(), link.Call{Method: http.MethodGet, Path: "/", Sign: unsigned})
}

// server is a provider on TLS; it returns its authority as a file, too.
func server(t *testing.T) (url, authority string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(new(strings.Builder), "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	authority = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return s.URL, authority
}

func TestAuthorities(t *testing.T) {
	url, file := server(t)
	with, what := link.Roots(file)
	if what != "" {
		t.Fatal(what)
	}
	for _, tt := range []struct {
		name  string
		roots *x509.CertPool
		now   time.Time
		hint  string
	}{
		{"unknown", nil, time.Now(), "the server's certificate is from an unknown authority: update the system's ca-certificates, or name the network's own authority in ca_file, and look for a proxy in this network"},
		{"named in a file", with, time.Now(), ""},
		{"a clock far ahead", with, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), "the server's certificate is not valid at this machine's time: check the clock"},
	} {
		r, err := get(link.New(link.Options{Bases: []string{url}, Roots: tt.roots, Now: func() time.Time { return tt.now }}))
		var f *sale.Fault
		switch {
		case tt.hint == "" && (err != nil || r.Status != http.StatusNotFound):
			t.Errorf("%s: status %d, %v", tt.name, r.Status, err)
		case tt.hint != "" && (!errors.As(err, &f) || f.Code != sale.CodeNetDown || f.Hint != tt.hint):
			t.Errorf("%s: %v\nwant the hint %s", tt.name, err, tt.hint)
		}
	}
}

func TestAuthorityFile(t *testing.T) {
	const want = ": write the path of the certificates, in PEM, of whoever signs for the servers in this network, or leave the key out"
	if _, what := link.Roots("/nowhere.pem"); what != "open /nowhere.pem: no such file or directory"+want {
		t.Error(what)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, what := link.Roots(empty); what != empty+" holds no certificate"+want {
		t.Error(what)
	}
}

// The machine is told if its list of authorities is too old for the provider.
func TestKnowsProvider(t *testing.T) {
	if link.KnowsProvider(x509.NewCertPool()) {
		t.Error("an empty list knows the provider's authority")
	}
	text, err := os.ReadFile("root_g2.pem")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) || !link.KnowsProvider(pool) {
		t.Error("the provider's authority is not known where it is")
	}
}

func TestSkew(t *testing.T) {
	rightTime := time.Now()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") == "dateless" {
			w.Header()["Date"] = nil
			return
		}
		w.Header().Set("Date", rightTime.UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusBadGateway) // any answer tells
	}))
	defer s.Close()
	for _, off := range []time.Duration{0, 10 * time.Minute, -400 * 24 * time.Hour} {
		l := link.New(link.Options{Bases: []string{s.URL}, Now: func() time.Time { return rightTime.Add(off) }})
		if _, told := l.Skew(); told {
			t.Error("told before anybody answered")
		}
		if _, err := get(l); err != nil {
			t.Fatal(err)
		}
		if got, told := l.Skew(); !told || (got-off).Abs() > time.Second {
			t.Errorf("a clock that is off by %v: %v, %v", off, got, told)
		}
	}
	l := link.New(link.Options{Bases: []string{s.URL}, UserAgent: "dateless"})
	if _, err := get(l); err != nil {
		t.Fatal(err)
	}
	if _, told := l.Skew(); told {
		t.Error("an answer without a date tells the time")
	}
}

func listen(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// Nothing listens at the first address.
func TestEachAddressIsTried(t *testing.T) {
	port := listen(t)
	dial := link.Dialer(time.Second, func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}, nil
	})
	conn, err := dial(t.Context(), "tcp", "pay.example.com:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// Many networks have addresses of IPv6 and no way to them.
func TestBothKindsOfAddressesAreTried(t *testing.T) {
	port := listen(t)
	var found []netip.Addr
	for n := range 6 {
		found = append(found, netip.MustParseAddr(fmt.Sprintf("::%d", 2+n)))
	}
	found = append(found, netip.MustParseAddr("127.0.0.1"))
	want := slices.Clone(found)
	dial := link.Dialer(time.Second, func(context.Context, string) ([]netip.Addr, error) { return found, nil })
	conn, err := dial(t.Context(), "tcp", "pay.example.com:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if !slices.Equal(found, want) {
		t.Error("the addresses that are kept have changed")
	}
}

// A name server that is away, or hangs, is no reason not to sell.
func TestAddressesOutliveTheNameServer(t *testing.T) {
	port := listen(t)
	fate := "works"
	dial := link.Dialer(30*time.Millisecond, func(ctx context.Context, host string) ([]netip.Addr, error) {
		switch fate {
		case "works":
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		case "empty":
			return nil, nil
		case "hangs":
			<-ctx.Done()
		}
		return nil, &net.DNSError{Err: "server misbehaving", Name: host}
	})
	for _, fate = range []string{"works", "fails", "hangs", "empty", "works"} {
		conn, err := dial(t.Context(), "tcp", "pay.example.com:"+port)
		if err != nil {
			t.Errorf("the name server %s: %v", fate, err)
			continue
		}
		conn.Close()
	}
	for _, fate = range []string{"fails", "hangs", "empty"} {
		var dns *net.DNSError
		if _, err := dial(t.Context(), "tcp", "new.example.com:"+port); !errors.As(err, &dns) {
			t.Errorf("a host that was never found, the name server %s: %v", fate, err)
		}
	}
}
