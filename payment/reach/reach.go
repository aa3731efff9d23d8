// Package reach tries the way to a base URL of a provider, for a technician:
// its name, a connection, TLS, and whether anybody answers over HTTP. It says
// nothing to the provider that could be for an order, and proves nothing of it.
package reach

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"kioskd/payment/internal/link"
	"kioskd/sale"
)

// Way is how to reach a base URL. The zero value is the way of this machine,
// which is also that of a payment driver.
type Way struct {
	// Authorities is the path of further authorities, in PEM; see ca_file.
	Authorities string
	Lookup      func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial        func(ctx context.Context, network, address string) (net.Conn, error)
	Proxy       func(*http.Request) (*url.URL, error)
	Now         func() time.Time
	Limits      Limits
}

// Limits bounds the steps. Names and Connect together come before Handshake,
// and Answer is for all of them.
type Limits struct {
	Names     time.Duration // default 2 s
	Connect   time.Duration // default 2 s, for all addresses of a name
	Handshake time.Duration // default 2 s
	Answer    time.Duration // default 6 s
}

func (w Way) filled() Way {
	if w.Lookup == nil {
		w.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if w.Dial == nil {
		w.Dial = new(net.Dialer).DialContext
	}
	if w.Proxy == nil {
		w.Proxy = http.ProxyFromEnvironment
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	for limit, usual := range map[*time.Duration]time.Duration{
		&w.Limits.Names: 2 * time.Second, &w.Limits.Connect: 2 * time.Second,
		&w.Limits.Handshake: 2 * time.Second, &w.Limits.Answer: 6 * time.Second,
	} {
		if *limit == 0 {
			*limit = usual
		}
	}
	return w
}

// Found is what is on the way.
type Found struct {
	Address string    // of the server, or of the proxy
	Proxy   string    // host of the network's proxy, if there is one between
	Plain   bool      // plain http, as a simulator has it
	Signer  string    // the authority that signed for the server
	Until   time.Time // when the server's certificate ends
}

// Try goes the way to a base URL once. An answer of any status is the end of
// it. The error is a *sale.Fault with CodeNetDown that says at which step it
// went wrong; it comes at the latest when the limits are over.
func (w Way) Try(ctx context.Context, base string) (Found, error) {
	w = w.filled()
	ctx, cancel := context.WithTimeout(ctx, w.Limits.Answer)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, base+"/", http.NoBody)
	if err != nil {
		return Found{}, fault(base+" is no base URL", "correct base_urls in the config", err)
	}
	roots, what := link.Roots(w.Authorities)
	if what != "" {
		return Found{}, fault("the authorities cannot be used", "correct ca_file in the config", errors.New(what))
	}
	t := &trial{way: w, host: r.URL.Hostname()}
	t.found.Plain = r.URL.Scheme == "http"
	if proxy, err := w.Proxy(r); err == nil && proxy != nil {
		t.found.Proxy = proxy.Host
	}
	transport := &http.Transport{
		Proxy: w.Proxy, DialContext: t.dial, TLSHandshakeTimeout: w.Limits.Handshake, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: roots, Time: w.Now, VerifyConnection: t.verified},
	}
	answer, err := transport.RoundTrip(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		return t.found, t.fault(err, link.KnowsProvider(roots))
	}
	_ = answer.Body.Close()
	return t.found, nil
}

// trial is one request on its way.
type trial struct {
	way  Way
	host string

	mu                         sync.Mutex // a connection may come about after the trial is over
	found                      Found
	lookup, connected, secured bool // how far it came
}

// note keeps what was found out.
func (t *trial) note(what func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what()
}

// mostAddresses is how many of a name are tried.
const mostAddresses = 4

func (t *trial) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := t.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	t.note(func() { t.lookup = true })
	ctx, cancel := context.WithTimeout(ctx, t.way.Limits.Connect)
	defer cancel()
	found = found[:min(len(found), mostAddresses)]
	var lost []error
	for _, ip := range found {
		at := net.JoinHostPort(ip.Unmap().String(), port)
		share, cancel := context.WithTimeout(ctx, t.way.Limits.Connect/time.Duration(len(found)))
		conn, err := t.way.Dial(share, network, at)
		cancel()
		if err == nil {
			t.note(func() { t.connected, t.found.Address = true, at })
			return conn, nil
		}
		lost = append(lost, err)
	}
	return nil, errors.Join(lost...)
}

func (t *trial) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.way.Limits.Names)
	defer cancel()
	found, err := t.way.Lookup(ctx, host)
	if err == nil && len(found) == 0 {
		err = errors.New("it has no addresses")
	}
	return found, err
}

// verified takes note of who signed for the server.
func (t *trial) verified(s tls.ConnectionState) error {
	chain := s.PeerCertificates
	if len(s.VerifiedChains) > 0 {
		chain = s.VerifiedChains[0]
	}
	signer := chain[len(chain)-1].Subject
	t.note(func() {
		t.secured = true
		t.found.Until = s.PeerCertificates[0].NotAfter
		t.found.Signer = cmp.Or(signer.CommonName, signer.String())
	})
	return nil
}

// fault says at which step the way ended.
func (t *trial) fault(err error, known bool) *sale.Fault {
	who := t.host
	if t.found.Proxy != "" {
		who = "the proxy " + t.found.Proxy
	}
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	switch {
	case !t.lookup:
		return fault("the name of "+who+" is not found", "check the network cable, the modem and the SIM card, then the name server in /etc/resolv.conf", err)
	case !t.connected:
		return fault("no connection to "+who, "check the network cable, the modem and the SIM card, and that a firewall lets this machine out", err)
	case errors.As(err, &unknown) && !known:
		return fault("this machine does not know the authority that signs for "+t.host, "update its ca-certificates", err)
	case errors.As(err, &unknown):
		return fault("an unknown authority signs for "+t.host, "look for a proxy or a login page in this network; name the network's own authority in ca_file", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fault("the certificate of "+t.host+" is not valid at this machine's time", "check the clock", err)
	case errors.As(err, &other):
		return fault("a server with another name answers for "+t.host, "look for a proxy or a login page in this network", err)
	case !t.secured && !t.found.Plain:
		return fault("no TLS with "+who, "look for a proxy, a firewall or a login page in this network", err)
	}
	return fault(who+" does not answer", "try again later; look for a proxy or a firewall in this network", err)
}

func fault(what, hint string, err error) *sale.Fault {
	return &sale.Fault{Code: sale.CodeNetDown, What: what, Hint: hint, Err: err}
}

// Days is how many whole days are left until the certificate ends.
func (f Found) Days(now time.Time) int { return int(f.Until.Sub(now) / (24 * time.Hour)) }

func (f Found) String() string {
	switch {
	case f.Plain:
		return "plain http at " + f.Address + ", a simulator on this machine"
	case f.Proxy != "":
		return fmt.Sprintf("TLS through the proxy %s, signed by %s", f.Proxy, f.Signer)
	}
	return fmt.Sprintf("TLS with %s, signed by %s", f.Address, f.Signer)
}
