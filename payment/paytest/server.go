package paytest

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options configure a Server. The zero value is usable.
type Options struct {
	// Clock is the world's time: the books record it, and deadlines count by
	// it. It is time.Now if nil. To let the provider's clock be wrong on the
	// wire only, use [Behaviour.Skew].
	Clock func() time.Time
	// Seed makes every random choice but the keys repeatable.
	Seed uint64
	// Log gets one debug line for each call. No secret, openid or body is in it.
	Log *slog.Logger
	// Latency is the round trip that every call takes at least, half of it
	// before the effect and half after. It sets [Behaviour.Latency].
	Latency time.Duration
	// MerchantKey and PublicKey (the private half of the WeChat Pay public
	// key) are RSA keys of 2048 bits; nil makes new ones.
	MerchantKey, PublicKey *rsa.PrivateKey
	// CertificateKeys are the keys of the platform certificates, in the order
	// in which these are made. After the last one new keys are made.
	CertificateKeys []*rsa.PrivateKey
	// KeyMode is the merchant's first, KeysPublic if empty: see SetKeyMode.
	KeyMode KeyMode
	// APIv3Key has 32 letters and digits; "" makes a new one.
	APIv3Key string
	// Partner makes the merchant a service provider with one sub-merchant.
	Partner bool
}

// Server is the simulated provider with one merchant. All methods may be
// called at any time from any goroutine.
type Server struct {
	log      *slog.Logger
	clock    func() time.Time
	merchant Merchant
	partner  bool
	done     chan struct{}
	inFlight sync.WaitGroup
	ruling   sync.Mutex // held around a Rule, never inside mu

	tlsCertificates func() (certificates, error)

	mu        sync.Mutex // everything below
	closed    bool
	rand      *rand.Rand
	behaviour Behaviour
	funds     int64
	keys      ring
	subs      map[string]string // appid of each sub-merchant, in partner mode
	orders    map[string]*order
	sequence  []*order          // as created
	byTrade   map[string]*order // by transaction_id
	codes     map[string]*order
	refunds   map[string]*refund
	failing   []time.Time // failing refund calls of the last second
	faults    faults
	replays   map[Call][]signed // the latest success answers of two orders
	calls     callBook
	domains   []*domain
	editBill  func(day string, lines []BillLine) []BillLine
	files     map[string]billFile // by token
}

// New makes a provider with fresh keys and no orders. Its Handler works at
// once; Start gives it an address.
func New(o Options) (*Server, error) {
	s := &Server{
		log:       o.Log,
		clock:     o.Clock,
		done:      make(chan struct{}),
		rand:      rand.New(rand.NewPCG(o.Seed, 0x77786370)),
		behaviour: DefaultBehaviour(),
		funds:     Unlimited,
		orders:    map[string]*order{},
		byTrade:   map[string]*order{},
		codes:     map[string]*order{},
		refunds:   map[string]*refund{},
		calls:     newCallBook(),
		replays:   map[Call][]signed{},
		files:     map[string]billFile{},
		partner:   o.Partner,
		subs:      map[string]string{},
	}
	s.behaviour.Latency = o.Latency
	s.tlsCertificates = sync.OnceValues(s.makeCertificates)
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if err := s.makeMerchant(o); err != nil {
		return nil, fmt.Errorf("make the merchant: %w", err)
	}
	return s, nil
}

// Start serves the API on the given loopback addresses ("127.0.0.1:0" if none
// is given), each of which stands for one domain of the provider: URLs lists
// them, and FailDomain breaks one. It ends when ctx does, or by Close.
func (s *Server) Start(ctx context.Context, addrs ...string) error {
	return s.start(ctx, nil, addrs)
}

// StartTLS is Start over https, with certificates of an authority of its own:
// see [Server.Authority]. Only here API v2 can want, and does want, the
// merchant's certificate for refunds.
func (s *Server) StartTLS(ctx context.Context, addrs ...string) error {
	c, err := s.tlsCertificates()
	if err != nil {
		return err
	}
	return s.start(ctx, c.server(), addrs)
}

func (s *Server) start(ctx context.Context, secured *tls.Config, addrs []string) error {
	if len(addrs) == 0 {
		addrs = []string{"127.0.0.1:0"}
	}
	var fresh []*domain
	for _, addr := range addrs {
		d, err := listen(addr)
		if err != nil {
			for _, d := range fresh {
				_ = d.Listener.Close()
			}
			return err
		}
		d.tls = secured
		fresh = append(fresh, d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range fresh {
		d.serve(s.handler(len(s.domains)))
		s.domains = append(s.domains, d)
	}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return nil
}

// URL is the first domain's base URL, without a slash at its end.
func (s *Server) URL() string {
	if urls := s.URLs(); len(urls) > 0 {
		return urls[0]
	}
	return ""
}

// URLs are the base URLs of all domains.
func (s *Server) URLs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var urls []string
	for _, d := range s.domains {
		urls = append(urls, d.url())
	}
	return urls
}

// Close cuts every connection and waits for the calls under way. The books
// stay readable.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	domains := s.domains
	s.mu.Unlock()
	for _, d := range domains {
		d.close()
	}
	s.inFlight.Wait()
	return nil
}

// Handler is the provider's API, for a caller with a server of its own. Faults
// that cut the connection need an http.Hijacker behind it.
func (s *Server) Handler() http.Handler { return s.handler(-1) }

// enter keeps Close waiting until the returned function is called. It returns
// nil if the server is closed.
func (s *Server) enter() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.inFlight.Add(1)
	return s.inFlight.Done
}

// sleep lasts on when the client has gone: what it sent still arrives.
func (s *Server) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
	}
}

// wire is the provider's clock as others see it. s.mu is held.
func (s *Server) wire() time.Time { return s.clock().Add(s.behaviour.Skew) }

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// token draws n characters. s.mu is held.
func (s *Server) token(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rand.IntN(len(alphabet))]
	}
	return string(b)
}
