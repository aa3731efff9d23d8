package wechat_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

// wires is a network in which single hosts can be cut off.
type wires struct {
	mu    sync.Mutex
	cut   map[string]bool
	hosts []string
	auths []string
	body  []string
	reply func(r *http.Request) *http.Response
}

func (n *wires) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts = append(n.hosts, r.URL.Host)
	n.auths = append(n.auths, r.Header.Get("Authorization"))
	n.body = append(n.body, string(body))
	if n.cut[r.URL.Host] {
		return nil, errors.New("connection refused")
	}
	return n.reply(r), nil
}

// tried returns the hosts asked since the last call.
func (n *wires) tried() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := strings.Join(n.hosts, " ")
	n.hosts = nil
	return s
}

func (n *wires) set(cut ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = map[string]bool{}
	for _, host := range cut {
		n.cut[host] = true
	}
}

func noSuchOrder(r *http.Request) *http.Response {
	return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(notFound)), Request: r}
}

func TestFailover(t *testing.T) {
	three := []string{"https://a.example.com", "https://b.example.com", "https://c.example.com"}
	a, b, c := "a.example.com", "b.example.com", "c.example.com"
	type step struct {
		cut  []string
		ping bool
		wait time.Duration
		want string
	}
	for _, test := range []struct {
		name  string
		bases int
		steps []step
	}{
		{"stays on the one that works", 2, []step{{want: a}, {cut: []string{a}, want: a + " " + b}, {cut: []string{a}, want: b}, {want: b}}},
		{"ping goes home after a while", 2, []step{
			{cut: []string{a}, want: a + " " + b},
			{ping: true, want: b},
			{wait: 5 * time.Minute, want: b},
			{ping: true, want: a},
			{want: a},
		}},
		{"ping finds home still broken", 2, []step{
			{cut: []string{a}, want: a + " " + b},
			{wait: 5 * time.Minute, cut: []string{a}, ping: true, want: a + " " + b},
			{cut: []string{a}, want: b},
			{wait: 4 * time.Minute, ping: true, want: b},
			{wait: time.Minute, ping: true, want: a},
		}},
		{"back when the second breaks", 2, []step{{cut: []string{a}, want: a + " " + b}, {cut: []string{b}, want: b + " " + a}, {want: a}}},
		{"both broken", 2, []step{{cut: []string{a, b}, want: a + " " + b}, {cut: []string{a, b}, want: a + " " + b}, {want: a}}},
		{"one", 1, []step{{cut: []string{a}, want: a}, {want: a}}},
		{"three, two a call", 3, []step{{cut: []string{a, b}, want: a + " " + b}, {cut: []string{a, b}, want: c}, {want: c}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := settings(t, three[:test.bases]...)
			synctest.Test(t, func(t *testing.T) {
				n := &wires{reply: noSuchOrder}
				g := client(t, s, func(o *wechat.Options) { o.Transport = n })
				o := order(t, g)
				for i, step := range test.steps {
					time.Sleep(step.wait)
					n.set(step.cut...)
					if step.ping {
						g.Ping(t.Context())
					} else {
						g.Query(t.Context(), o)
					}
					if got := n.tried(); got != step.want {
						t.Errorf("step %d tried %s, want %s", i+1, got, step.want)
					}
				}
			})
		})
	}
}

func TestFailoverRepeatsTheBytesAndSignsAnew(t *testing.T) {
	n := &wires{reply: noSuchOrder}
	n.set("api.mch.weixin.qq.com")
	g := client(t, settings(t), func(o *wechat.Options) { o.Transport = n })
	o := order(t, g)
	g.Create(t.Context(), o)
	if want := []string{string(o.Request), string(o.Request)}; !slices.Equal(n.body, want) {
		t.Errorf("sent %q\nwant %q", n.body, want)
	}
	if len(n.auths) != 2 || n.auths[0] == n.auths[1] {
		t.Errorf("the second attempt was signed like the first: %q", n.auths)
	}
}

func TestNoFailoverOnAStatus(t *testing.T) {
	for _, status := range []int{200, 302, 401, 404, 500, 502} {
		first, second := newStub(t, unsigned(status, "<html>")), newStub(t, signed(200, paidBody()))
		g := client(t, settings(t, first.URL, second.URL))
		if _, err := g.Query(t.Context(), order(t, g)); !errors.Is(err, sale.ErrTemporary) {
			t.Errorf("%d: %v", status, err)
		}
		if n := len(second.requests()); n != 0 {
			t.Errorf("%d: the second base URL was asked", status)
		}
	}
}

func TestNoConnection(t *testing.T) {
	n := &wires{reply: noSuchOrder}
	n.set("api.mch.weixin.qq.com", "api2.wechatpay.cn")
	g := client(t, settings(t), func(o *wechat.Options) { o.Transport = n })
	err := g.Ping(t.Context())
	want := "ping: E-NET-01: no connection to WeChat Pay: temporary: https://api.mch.weixin.qq.com: connection refused; " +
		"https://api2.wechatpay.cn: connection refused (check the network cable, the modem and the SIM card)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var fault *sale.Fault
	if !errors.Is(err, sale.ErrTemporary) || !errors.As(err, &fault) || fault.Code != sale.CodeNetDown {
		t.Errorf("%v is not temporary with %s", err, sale.CodeNetDown)
	}
}

// A certificate that does not fit is no connection, and the hint tells apart
// why.
func TestCertificates(t *testing.T) {
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	defer stranger.Close()
	unknown := client(t, settings(t, stranger.URL))
	expired := client(t, settings(t), func(o *wechat.Options) {
		o.Transport = broken{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}}
	})
	for g, want := range map[*wechat.Client]string{
		unknown: "the server's certificate is from an unknown authority: update the system's ca-certificates, or name the network's own authority in ca_file, and look for a proxy in this network",
		expired: "the server's certificate is not valid at this machine's time: check the clock",
	} {
		err := g.Ping(t.Context())
		var fault *sale.Fault
		if !errors.Is(err, sale.ErrTemporary) || !errors.As(err, &fault) || fault.Code != sale.CodeNetDown || fault.Hint != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestCancelledCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := &wires{reply: noSuchOrder}
	n.set("api.mch.weixin.qq.com")
	g := client(t, settings(t), func(o *wechat.Options) { o.Transport = n })
	cancel()
	err := g.Ping(ctx)
	var fault *sale.Fault
	if !errors.Is(err, sale.ErrTemporary) || !errors.Is(err, context.Canceled) || errors.As(err, &fault) {
		t.Errorf("%v", err)
	}
	if got := n.tried(); got != "api.mch.weixin.qq.com" {
		t.Errorf("tried %s", got)
	}
}

// A server may close a kept connection at any time; that is no reason to
// leave its base URL.
func TestDeadKeptConnection(t *testing.T) {
	first, second := newStub(t, signed(204, "")), newStub(t, signed(204, ""))
	g := client(t, settings(t, first.URL, second.URL))
	o := order(t, g)
	for range 20 {
		if err := g.Close(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		first.CloseClientConnections()
	}
	if n := len(second.requests()); n != 0 {
		t.Errorf("%d calls went to the second base URL", n)
	}
}
