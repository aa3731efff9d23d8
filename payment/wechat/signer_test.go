package wechat_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/payment/wechat"
	"kioskd/sale"
)

// remote is a signer somewhere else.
type remote struct {
	mchID string
	sign  func(ctx context.Context, message []byte) ([]byte, error)
	calls atomic.Int64
}

func (r *remote) MchID() string  { return r.mchID }
func (r *remote) Serial() string { return serial }

func (r *remote) Sign(ctx context.Context, message []byte) ([]byte, error) {
	r.calls.Add(1)
	return r.sign(ctx, message)
}

func signWell(_ context.Context, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return rsa.SignPKCS1v15(nil, merchantKey(), crypto.SHA256, digest[:])
}

// signed elsewhere: no merchant key is on this machine.
func remoteClient(t *testing.T, r *remote, bases ...string) *wechat.Client {
	s := settings(t, bases...)
	s.MerchantKey, s.MerchantSerial = "", ""
	return client(t, s, func(o *wechat.Options) { o.Signer = r; o.Timeouts.Attempt = 200 * time.Millisecond })
}

func TestRemoteSigner(t *testing.T) {
	s := newStub(t, signed(200, paidBody()))
	r := &remote{mchID: mchID, sign: signWell}
	g := remoteClient(t, r, s.URL)
	if trade, err := g.Query(t.Context(), order(t, g)); err != nil || trade.State != sale.TradePaid {
		t.Errorf("%v, %v", trade, err)
	}
	checkHeaders(t, s.requests()[0])
}

// A signer that fails is no fault of the network: the base URL stays the same,
// the other one is not tried, and nothing is sent.
func TestSignerFails(t *testing.T) {
	first, second := newStub(t, signed(200, paidBody())), newStub(t, signed(200, paidBody()))
	const prefix = "query order SH0042-000017-x7k2p: E-PAY-02: a request could not be signed: temporary: "
	for name, c := range map[string]struct {
		sign func(context.Context, []byte) ([]byte, error)
		want string
	}{
		"refuses": {func(context.Context, []byte) ([]byte, error) { return nil, errors.New("refunds are capped") }, "refunds are capped"},
		"empty":   {func(context.Context, []byte) ([]byte, error) { return nil, nil }, "the signature is empty"},
		"slow":    {func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }, "context deadline exceeded"},
	} {
		r := &remote{mchID: mchID, sign: c.sign}
		g := remoteClient(t, r, first.URL, second.URL)
		o := order(t, g)
		_, err := g.Query(t.Context(), o)
		if want := prefix + c.want + " (check the file or device that holds merchant_key)"; err == nil || err.Error() != want || !errors.Is(err, sale.ErrTemporary) {
			t.Errorf("%s: got  %v\nwant %s", name, err, want)
		}
		if n := len(first.requests()) + len(second.requests()); n != 0 || r.calls.Load() != 1 {
			t.Errorf("%s: %d requests, signed %d times", name, n, r.calls.Load())
		}
	}
	r := &remote{mchID: mchID, sign: signWell}
	g := remoteClient(t, r, first.URL, second.URL)
	fails := true
	r.sign = func(ctx context.Context, m []byte) ([]byte, error) {
		if fails {
			return nil, errors.New("busy")
		}
		return signWell(ctx, m)
	}
	o := order(t, g)
	if _, err := g.Query(t.Context(), o); err == nil {
		t.Error("no error")
	}
	fails = false
	if _, err := g.Query(t.Context(), o); err != nil || len(first.requests()) != 1 || len(second.requests()) != 0 {
		t.Errorf("%v: %d and %d requests", err, len(first.requests()), len(second.requests()))
	}
}

func TestSignerOfAnotherMerchant(t *testing.T) {
	s := settings(t)
	s.MerchantKey, s.MerchantSerial = "", ""
	_, err := wechat.New(s, wechat.Options{Signer: &remote{mchID: "1900000110", sign: signWell}})
	want := `wechat settings: the signer signs for merchant "1900000110", not "1900000109"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A service provider's signer signs as the service provider.
func TestSignerOfAServiceProvider(t *testing.T) {
	s := newStub(t, unsigned(404, notFound))
	p := partnerSettings(t, s.URL)
	p.MerchantKey, p.MerchantSerial = "", ""
	g := client(t, p, func(o *wechat.Options) { o.Signer = &remote{mchID: spMchID, sign: signWell} })
	if err := g.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.requests()[0].header.Get("Authorization"); !strings.Contains(got, `mchid="`+spMchID+`"`) {
		t.Errorf("%.60s", got)
	}
}
