package nettest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/internal/crashtest"
	"kioskd/internal/need"
	"kioskd/sale"
)

// TestNamespaces gives the built daemon a network of its own, with one cable
// to the provider's, over TLS, and pulls that cable.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	ip := need.Tool(t, "ip")
	n := &namespaces{t: t, ip: ip, daemon: fmt.Sprintf("kx%dd", os.Getpid()), provider: fmt.Sprintf("kx%dp", os.Getpid())}
	if err := n.make(); err != nil {
		need.Missing(t, "network namespaces need root and a kernel that has them: "+err.Error())
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "kioskd.real")
	build := exec.Command("go", "build", "-tags", "nodraw", "-o", binary, "kioskd/cmd/kioskd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build kioskd: %v\n%s", err, out)
	}
	r := n.rig(dir, binary)
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	cuts := []time.Duration{time.Second, 10 * time.Second}
	if flags.Full {
		cuts = append(cuts, time.Minute)
	}
	var told []string
	for i, long := range cuts {
		d, err := n.customer(r, crashtest.Slots[i], long)
		if err != nil {
			t.Fatalf("cut of %s: %v\n%s", long, err, r.Log())
		}
		told = append(told, fmt.Sprintf("%s: %s", long, d.Round(10*time.Millisecond)))
		if long >= 10*time.Second && d > tellWithin+3*time.Second {
			t.Errorf("cut of %s: the customer was told only after %s", long, d)
		}
	}
	r.Kill()
	books, err := r.Books()
	if err != nil {
		t.Fatal(err)
	}
	f, broken := books.Check()
	for _, b := range broken {
		t.Error(b)
	}
	// Requests of before the cut arrive with those of after it, so that only
	// their number says how often the daemon asked.
	calls := 0
	for _, o := range books.Trades {
		n := 0
		for _, times := range o.Calls.Counts {
			n += times
		}
		if lived := time.Since(o.CreatedAt); n > int(lived/time.Second)+2 {
			t.Errorf("order %s: %d calls in %s", o.OutTradeNo, n, lived.Round(time.Second))
		}
		calls += n
	}
	fmt.Printf("net namespaces: told after [%s], %d calls, %d violations; %+v\n", strings.Join(told, ", "), calls, len(broken), f)
}

// namespaces are two networks and the cable between them.
type namespaces struct {
	t                *testing.T
	ip               string
	daemon, provider string
}

func (n *namespaces) run(args ...string) error {
	if out, err := exec.Command(n.ip, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

const providerIP = "10.99.0.2"

func (n *namespaces) make() error {
	n.t.Cleanup(func() {
		_ = n.run("netns", "del", n.daemon)
		_ = n.run("netns", "del", n.provider)
	})
	for _, args := range [][]string{
		{"netns", "add", n.daemon}, {"netns", "add", n.provider},
		{"link", "add", n.daemon, "netns", n.daemon, "type", "veth", "peer", "name", n.provider, "netns", n.provider},
		{"-n", n.daemon, "addr", "add", "10.99.0.1/24", "dev", n.daemon},
		{"-n", n.provider, "addr", "add", providerIP + "/24", "dev", n.provider},
		{"-n", n.daemon, "link", "set", "lo", "up"},
		{"-n", n.daemon, "link", "set", n.daemon, "up"},
		{"-n", n.provider, "link", "set", n.provider, "up"},
	} {
		if err := n.run(args...); err != nil {
			return err
		}
	}
	return nil
}

// cable pulls or plugs at the provider's end.
func (n *namespaces) cable(state string) error {
	return n.run("-n", n.provider, "link", "set", n.provider, state)
}

// listen opens a socket in the provider's namespace. A thread that has been
// there is not used again.
func (n *namespaces) listen() (l net.Listener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		var ns *os.File
		if ns, err = os.Open("/run/netns/" + n.provider); err != nil {
			return
		}
		defer ns.Close()
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		l, err = net.Listen("tcp", providerIP+":443")
	}()
	<-done
	return l, err
}

// rig is the crash tests' rig with the daemon in its own namespace and the
// provider behind the cable.
func (n *namespaces) rig(dir, binary string) *crashtest.Rig {
	t := n.t
	script := filepath.Join(dir, "kioskd")
	ca := filepath.Join(dir, "ca.pem")
	enter := fmt.Sprintf("#!/bin/sh\nexec env SSL_CERT_FILE=%s %s netns exec %s %s \"$@\"\n", ca, n.ip, n.daemon, binary)
	if err := os.WriteFile(script, []byte(enter), 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := crashtest.New(t.Context(), dir, script, flags.Seed, crashtest.Config{Controller: "counts: true"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	config := filepath.Join(dir, "kioskd.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	behind := strings.ReplaceAll(string(text), r.Provider.URL(), "https://"+providerIP)
	if err := os.WriteFile(config, []byte(behind), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := n.listen()
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: r.Provider.Handler(), TLSConfig: certificate(t, ca), ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.ServeTLS(l, "", "")
	}()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	return r
}

// certificate makes one for the provider's address and writes it to ca.
func certificate(t *testing.T, ca string) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "provider"}, IPAddresses: []net.IP{net.ParseIP(providerIP)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// customer takes a code, then the cable goes, the customer pays, and the cable
// comes back. told is when the control socket first reports a scene that tells.
func (n *namespaces) customer(r *crashtest.Rig, slot int, long time.Duration) (told time.Duration, err error) {
	err = r.Until(60*time.Second, "the idle screen", func() bool {
		s, err := status(n.t.Context(), r)
		return err == nil && s.Selling
	})
	if err != nil {
		return 0, err
	}
	before := len(r.Provider.Orders())
	o, err := r.Code(slot)
	if err != nil {
		return 0, err
	}
	time.Sleep(1500 * time.Millisecond)
	if err := n.cable("down"); err != nil {
		return 0, err
	}
	begun := time.Now()
	if _, err := r.Provider.Scan(o.CodeURL, "customer"); err != nil {
		return 0, err
	}
	if err := r.Provider.Pay("customer", o.OutTradeNo); err != nil {
		return 0, err
	}
	for time.Since(begun) < long {
		if s, err := status(n.t.Context(), r); err == nil && told == 0 && telling(sale.Scene{Kind: s.Scene}) {
			told = time.Since(begun)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if told == 0 {
		told = time.Since(begun)
	}
	if err := n.cable("up"); err != nil {
		return told, err
	}
	return told, r.Until(3*time.Minute, "the end of every order", func() bool {
		orders, err := r.Orders()
		if err != nil || len(orders) <= before {
			return false
		}
		for _, o := range orders {
			if !o.State.Final() {
				return false
			}
		}
		return true
	})
}

// status asks the control socket, which is a file and so in no namespace.
func status(ctx context.Context, r *crashtest.Rig) (sale.Status, error) {
	c := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", r.Socket())
		},
	}}
	var answer struct{ Sale sale.Status }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kioskd/v1/status", nil)
	if err != nil {
		return answer.Sale, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer.Sale, err
	}
	defer resp.Body.Close()
	return answer.Sale, json.NewDecoder(resp.Body).Decode(&answer)
}
