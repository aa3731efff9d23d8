package wechat_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// moved is a clock that both sides share.
type moved struct {
	mu sync.Mutex
	at time.Time
}

func (m *moved) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *moved) move(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}

// named is what requests say that they accept, by the path's last part.
type named struct {
	mu   sync.Mutex
	seen []string
}

func (n *named) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.seen = append(n.seen, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+" "+r.Header.Get("Wechatpay-Serial"))
	n.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

func (n *named) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := strings.Join(n.seen, ", ")
	n.seen = nil
	return s
}

// rig is a client with platform certificates beside its provider.
type rig struct {
	*double
	clock *moved
	sent  *named
	log   *bytes.Buffer
	g     *wechat.Client
}

func newRig(t *testing.T, mode func(*paytest.Options), change ...func(*wechat.Options)) *rig {
	t.Helper()
	r := &rig{clock: &moved{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, sent: &named{}, log: &bytes.Buffer{}}
	r.double = newDouble(t, mode, func(o *paytest.Options) { o.Clock = r.clock.Now })
	r.g = r.client(t, change...)
	return r
}

func (r *rig) client(t *testing.T, change ...func(*wechat.Options)) *wechat.Client {
	return client(t, r.settings(), append([]func(*wechat.Options){func(o *wechat.Options) {
		o.Clock, o.Transport = r.clock, r.sent
		o.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}}, change...)...)
}

func (r *rig) downloads() int { return r.Server.Stats().Calls[paytest.CallCertificates] }

func (r *rig) query(t *testing.T) error {
	t.Helper()
	o := sale.Order{Number: "SH0042-000001", Product: sale.Product{Price: 200}}
	_, err := r.g.Query(t.Context(), o)
	return err
}

// want checks an error's class, its fault and the end of its text.
func want(t *testing.T, err, class error, code sale.Code, words string) {
	t.Helper()
	var f *sale.Fault
	if !errors.Is(err, class) || !errors.As(err, &f) || f.Code != code || !strings.Contains(err.Error(), words) {
		t.Errorf("got  %v\nwant %v, %s, %s", err, class, code, words)
	}
}
