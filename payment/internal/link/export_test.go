package link

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dialer connects with a name server of a test.
func Dialer(within time.Duration, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	n := newNames(within)
	n.lookup = lookup
	return (&dialer{n, net.Dialer{Timeout: 10 * time.Second}}).DialContext
}
