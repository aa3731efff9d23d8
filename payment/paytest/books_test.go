package paytest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/payment/paytest"
)

func TestBooksCountCalls(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.query("ORDER00001")
	c.clock.Add(2 * time.Second)
	c.query("ORDER00001")
	c.clock.Add(700 * time.Millisecond)
	c.query("ORDER00001")
	c.refund("ORDER00001", "ORDER00001R", 200)
	c.queryRefund("ORDER00001R")
	c.queryRefund("NOSUCH")
	o, err := c.server.Order("ORDER00001")
	c.ok(err)
	got := fmt.Sprint(o.Calls.Counts, o.Calls.MaxConcurrent, o.Calls.MinQueryGap)
	if want := "map[create:1 query:3 refund:1 refund-query:1] 1 700ms"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := c.server.Calls("NOSUCH").Counts[paytest.CallQueryRefund]; n != 1 {
		t.Errorf("%d queries of an unknown refund", n)
	}
	if s := c.server.Stats(); s.Errors["RESOURCE_NOT_EXISTS"] != 1 || s.Domains[0].Connections != 1 || s.ReusedNonces != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := c.server.Order("NOSUCH0001"); err == nil || err.Error() != `order "NOSUCH0001" does not exist` {
		t.Error(err)
	}
}

func TestBooksSeeConcurrency(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	for range 100 {
		c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultResetAfter}))
		c.query("ORDER00001")
	}
	if n := c.server.Calls("ORDER00001").MaxConcurrent; n != 1 {
		t.Errorf("%d at once, but each call waited for the answer before", n)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Before: func() { close(entered); <-release }}))
	var wg sync.WaitGroup
	wg.Go(func() { c.query("ORDER00001") })
	<-entered
	c.query("ORDER00001")
	close(release)
	wg.Wait()
	if n := c.server.Calls("ORDER00001").MaxConcurrent; n != 2 {
		t.Errorf("%d at once", n)
	}

	c.order("ORDER00002")
	c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultSilent}))
	wg.Go(func() { c.query("ORDER00002") })
	for c.server.Pending() > 0 {
		time.Sleep(time.Millisecond)
	}
	c.query("ORDER00002")
	if n := c.server.Calls("ORDER00002").MaxConcurrent; n != 2 {
		t.Errorf("%d at once, but one was never answered", n)
	}
	c.ok(c.server.Close())
	wg.Wait()
}

func TestDefaultClockIsMonotonic(t *testing.T) {
	s, err := paytest.New(paytest.Options{MerchantKey: keys()[0], PublicKey: keys()[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := &client{t: t, server: s, merchant: s.Merchant(), clock: newClock(), base: s.URL(), http: startHTTP(t)}
	c.paid("ORDER00001")
	if o, _ := s.Order("ORDER00001"); !strings.Contains(o.PaidAt.String(), " m=") {
		t.Errorf("paid at %v", o.PaidAt)
	}
}

func TestManyCustomersAtOnce(t *testing.T) {
	c := start(t)
	c.behave(func(b *paytest.Behaviour) { b.RefundFailing = 0; b.SignTest = 0.1; b.RefundDelay = 0 })
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			no := fmt.Sprintf("ORDER%05d", i)
			user := fmt.Sprintf("user%d", i)
			code := c.order(no)
			wg.Go(func() { c.query(no); _, _ = c.server.Scan(code, "thief"+user) })
			_, _ = c.server.Scan(code, user)
			wg.Go(func() { c.close(no) })
			_ = c.server.Pay(user, no)
			_ = c.server.EnterPIN(user, no, time.Second)
			c.refund(no, no+"R", 200)
			c.queryRefund(no + "R")
			_, _ = c.server.Orders(), c.server.Stats()
			_ = c.server.SetChance(paytest.CallQuery, paytest.FaultSystem, float64(i%2))
		})
	}
	wg.Wait()
	audit(t, c.server)
}

// audit holds for every history of every order.
func audit(t interface{ Errorf(string, ...any) }, s *paytest.Server) {
	sums := map[string]int64{}
	for _, r := range s.Refunds() {
		if r.Status != paytest.RefundClosed {
			sums[r.OutTradeNo] += r.Amount
		}
	}
	for _, o := range s.Orders() {
		switch {
		case !o.PaidAt.IsZero() && !o.ClosedAt.IsZero():
			t.Errorf("%s is paid and closed", o.OutTradeNo)
		case sums[o.OutTradeNo] > o.Total || sums[o.OutTradeNo] > 0 && o.PaidAt.IsZero():
			t.Errorf("%s: %d of %d refunded, paid %v", o.OutTradeNo, sums[o.OutTradeNo], o.Total, o.PaidAt)
		case o.Refunded+o.Refunding != sums[o.OutTradeNo]:
			t.Errorf("%s: %d and %d do not add up to %d", o.OutTradeNo, o.Refunded, o.Refunding, sums[o.OutTradeNo])
		case !o.PaidAt.IsZero() && (o.Payer == "" || o.TransactionID == ""):
			t.Errorf("%s is paid by %q under %q", o.OutTradeNo, o.Payer, o.TransactionID)
		}
	}
}

// TestAnyHistoryAddsUp lets a client and two phones do anything in any order.
func TestAnyHistoryAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := start(t)
		defer c.server.Close()
		c.behave(func(b *paytest.Behaviour) {
			b.RefundFailing = 0
			b.RefundResult = rapid.SampledFrom([]string{"SUCCESS", "ABNORMAL", "CLOSED"}).Draw(r, "result")
			b.LateFinish = rapid.Bool().Draw(r, "late finish")
		})
		no := func() string { return rapid.SampledFrom([]string{"ORDER00001", "ORDER00002"}).Draw(r, "no") }
		user := func() string { return rapid.SampledFrom([]string{"ann", "bob"}).Draw(r, "user") }
		var codes []string
		steps := map[string]func(*rapid.T){
			"": func(*rapid.T) { audit(r, c.server) },
			"create": func(r *rapid.T) {
				a := c.create(c.prepayBody(no()))
				if a.status == 200 {
					codes = append(codes, a.fields(t)["code_url"].(string))
				}
			},
			"scan": func(r *rapid.T) {
				if len(codes) > 0 {
					_, _ = c.server.Scan(rapid.SampledFrom(codes).Draw(r, "code"), user())
				}
			},
			"pay":   func(*rapid.T) { _ = c.server.Pay(user(), no()) },
			"pin":   func(*rapid.T) { _ = c.server.EnterPIN(user(), no(), time.Minute) },
			"fail":  func(*rapid.T) { _ = c.server.FailPayment(user(), no()) },
			"close": func(*rapid.T) { c.close(no()) },
			"wait": func(r *rapid.T) {
				c.clock.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 2 * time.Hour, 7 * 24 * time.Hour}).Draw(r, "wait"))
			},
			"refund": func(r *rapid.T) {
				n := no()
				c.refund(n, n+rapid.SampledFrom([]string{"R1", "R2", "R3"}).Draw(r, "refund"), rapid.SampledFrom([]int{1, 100, 200}).Draw(r, "fen"))
			},
		}
		r.Repeat(steps)
	})
}

func TestFilesAndSettings(t *testing.T) {
	c := startWith(t, paytest.Options{}, 2)
	dir := t.TempDir()
	key := filepath.Join(dir, paytest.MerchantKeyFile)
	c.ok(os.WriteFile(key, nil, 0o644)) // an old one that anybody may read
	c.ok(c.server.WriteFiles(dir))
	st, err := os.Stat(key)
	c.ok(err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v", key, st.Mode())
	}
	for name, begin := range map[string]string{
		paytest.MerchantKeyFile: "-----BEGIN PRIVATE KEY-----\n", paytest.PublicKeyFile: "-----BEGIN PUBLIC KEY-----\n",
	} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(b), begin) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("files %v", left)
	}
	m := c.merchant
	want := fmt.Sprintf("appid: %q\nmchid: %q\nmerchant_serial: %q\nmerchant_key: \"apiclient_key.pem\"\npublic_key_id: %q\n"+
		"public_key: \"wechatpay_public_key.pem\"\nnotify_url: %q\nbase_urls:\n  - %q\n  - %q\n",
		m.AppID, m.MchID, m.Serial, m.PublicKeyID, m.NotifyURL, c.server.URLs()[0], c.server.URLs()[1])
	if got := c.server.Settings(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := c.server.WriteFiles(filepath.Join(dir, "nowhere")); err == nil || !strings.HasPrefix(err.Error(), "write ") {
		t.Error(err)
	}
}

func TestStartAndClose(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	if err := c.server.Start(t.Context(), "0.0.0.0:0"); err == nil ||
		err.Error() != "listen on 0.0.0.0:0: the simulator listens on loopback addresses only, such as 127.0.0.1:0" {
		t.Error(err)
	}
	c.want(c.query("ORDER00001"), 200, "")
	c.ok(c.server.Close())
	if a := c.query("ORDER00001"); a.err == nil {
		t.Errorf("a closed server answers: %v", a)
	}
	if len(c.server.Orders()) != 1 {
		t.Error("the books are gone")
	}
	c.ok(c.server.Close())

	ctx, cancel := context.WithCancel(t.Context())
	c = start(t)
	c.ok(c.server.Start(ctx, "localhost:0"))
	cancel()
	for i := 0; c.query("NOSUCH0001").err == nil; i++ {
		if i > 1000 {
			t.Fatal("the server outlives its context")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestHandlerAlone: a caller may serve the handler, or call it without any
// network, as tests inside a synctest bubble must.
func TestHandlerAlone(t *testing.T) {
	c := start(t)
	c.order("ORDER00001")
	served := httptest.NewServer(c.server.Handler())
	defer served.Close()
	c.base = served.URL
	c.want(c.query("ORDER00001"), 200, "")

	c.ok(c.server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultResetAfter}))
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v", p)
		}
	}()
	r := httptest.NewRequest("GET", "/v3/pay/transactions/out-trade-no/ORDER00001?mchid=1", nil)
	c.server.Handler().ServeHTTP(httptest.NewRecorder(), r)
	t.Error("a reset has left an answer")
}
