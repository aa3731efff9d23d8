package wechat_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"kioskd/payment/gatewaytest"
	"kioskd/payment/gatewaytest/simulated"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// double is the simulated provider as the suites drive it.
type double struct {
	*simulated.Provider
	t testing.TB
}

func newDouble(t testing.TB, change ...func(*paytest.Options)) *double {
	t.Helper()
	o := paytest.Options{MerchantKey: merchantKey(), PublicKey: providerKey()}
	for _, c := range change {
		c(&o)
	}
	return &double{simulated.Start(t, o), t}
}

func (s *double) settings() wechat.Settings {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := s.Server.WriteFiles(dir); err != nil {
		s.t.Fatal(err)
	}
	return simulatedSettings(s.t, s.Server, dir)
}

func realTime(o *wechat.Options) { o.Clock = nil }

// Gateway knows the platform certificates already, if there are any: the suite
// counts what becomes of a call.
func (s *double) Gateway() sale.Gateway {
	c := client(s.t, s.settings(), realTime)
	if err := c.Refresh(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *double) Stranger() sale.Gateway {
	wrong := s.settings()
	wrong.MerchantCert = ""
	wrong.MerchantKey = writePEM(s.t, filepath.Join(s.t.TempDir(), "key.pem"), "PRIVATE KEY", pkcs8(s.t, strangerKey()), 0o600)
	return client(s.t, wrong, realTime)
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness { return newDouble(t) })
}

func TestConformanceInTheOlderSpelling(t *testing.T) {
	gatewaytest.Run(t, func(t testing.TB) gatewaytest.Harness {
		s := newDouble(t)
		s.Server.Behave(func(b *paytest.Behaviour) {
			b.Spelling, b.SignErrors, b.CloseAgainFails, b.OtherParamsTaken, b.PINShowsPaying = paytest.SpellingPlain, 1, true, true, true
		})
		return s
	})
}

func TestNoFaultMakesEvidence(t *testing.T) {
	simulated.NoFaultMakesEvidence(t, func(t testing.TB) (*simulated.Provider, sale.Gateway) {
		d := newDouble(t)
		return d.Provider, client(t, d.settings(), realTime, func(o *wechat.Options) { o.Timeouts.Attempt = time.Second })
	})
}

// The clock of either side may be wrong by five minutes and no more.
func TestSkew(t *testing.T) {
	for skew, want := range map[time.Duration]sale.Code{
		-200 * time.Second: "", 200 * time.Second: "",
		-400 * time.Second: sale.CodeClock, 400 * time.Second: sale.CodeClock,
	} {
		s := newDouble(t)
		s.Server.Behave(func(b *paytest.Behaviour) { b.Skew = skew })
		err := s.Gateway().Ping(t.Context())
		var fault *sale.Fault
		errors.As(err, &fault)
		if want == "" && err != nil || want != "" && (fault == nil || fault.Code != want || !errors.Is(err, sale.ErrMerchant)) {
			t.Errorf("skew %v: %v", skew, err)
		}
	}
}

// The scene the provider echoes comes with an address only.
func TestSceneIsAccepted(t *testing.T) {
	s := newDouble(t)
	with := s.settings()
	with.PayerClientIP = "203.0.113.7"
	s.Created(t, client(t, with, realTime), 1)
	if o, err := s.Server.Order("SH0042-000001"); err != nil || o.DeviceID != "SH0042" || o.Attach != "machine=SH0042,slot=11" {
		t.Errorf("%+v, %v", o, err)
	}
}
