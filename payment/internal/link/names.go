package link

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// names finds the addresses of hosts. A name server that is slow must not use
// up the time of a whole attempt, and one that is away is no reason not to use
// the addresses that worked before: who answers there proves himself by TLS.
type names struct {
	within time.Duration
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	mu    sync.Mutex
	known map[string][]netip.Addr
}

func newNames(within time.Duration) *names {
	return &names{within: within, known: map[string][]netip.Addr{}, lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}
}

// addresses returns where a host is, or was when it was last found.
func (n *names) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, n.within)
	defer cancel()
	found, err := n.lookup(ctx, host)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil && len(found) > 0 {
		n.known[host] = found
		return found, nil
	}
	if known := n.known[host]; known != nil {
		return known, nil
	}
	if err == nil {
		err = &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	return nil, err
}

// dialer connects to hosts by names.
type dialer struct {
	names *names
	net.Dialer
}

// mostAddresses bounds the attempts for one host.
const mostAddresses = 4

// DialContext tries the addresses of a host one after the other, each with its
// share of the time.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	found, err := d.names.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	found = alternating(found, mostAddresses)
	var lost []error
	for i, ip := range found {
		conn, err := d.dialOne(ctx, len(found)-i, network, net.JoinHostPort(ip.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		if lost = append(lost, err); ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(lost...)
}

// alternating picks addresses of IPv6 and IPv4 in turn, beginning with the kind
// that comes first: where one kind leads nowhere, the other must have its turn.
func alternating(found []netip.Addr, most int) []netip.Addr {
	var first, second, picked []netip.Addr
	for _, ip := range found {
		if ip.Unmap().Is4() == found[0].Unmap().Is4() {
			first = append(first, ip)
		} else {
			second = append(second, ip)
		}
	}
	for i := range found {
		picked = append(picked, first[min(i, len(first)):min(i+1, len(first))]...)
		picked = append(picked, second[min(i, len(second)):min(i+1, len(second))]...)
	}
	return picked[:min(len(picked), most)]
}

func (d *dialer) dialOne(ctx context.Context, left int, network, address string) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
		defer cancel()
	}
	return d.Dialer.DialContext(ctx, network, address)
}
