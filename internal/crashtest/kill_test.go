package crashtest_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/crashtest"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the daemon once, as it is released but for its crash points.
func run(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "kioskd-crash-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "kioskd")
	build := exec.Command("go", "build", "-tags", "crashpoints", "-o", binary, "kioskd/cmd/kioskd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build kioskd: %v\n%s", err, out)
		return 1
	}
	// The tests wait much more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// TestKilledInEachState lets the daemon kill itself right before and right
// after the commit of each state, starts it again, and compares the books.
func TestKilledInEachState(t *testing.T) {
	for _, c := range []struct {
		state sale.State
		play  func(r *crashtest.Rig, o paytest.Order) error
		ends  map[sale.State]bool // how the killed order may end
	}{
		{sale.Created, pays, ends(sale.Closed)},
		{sale.Awaiting, pays, ends(sale.Closed, sale.Refunded)},
		{sale.Closing, cancels, ends(sale.Closed)},
		{sale.Closed, cancels, ends(sale.Closed)},
		{sale.Paid, paysUnplugged, ends(sale.Dispensed, sale.Refunded)},
		{sale.Dispensing, pays, ends(sale.Refunded, sale.Dispensed)},
		{sale.Dispensed, pays, ends(sale.Dispensed, sale.Refunded)},
		{sale.Unknown, paysSilent, ends(sale.Dispensed, sale.Refunded)},
		{sale.Refunding, paysJammed, ends(sale.Refunded)},
		{sale.Refunded, paysJammed, ends(sale.Refunded)},
		{sale.Attention, paysAbnormal, ends(sale.Attention)},
	} {
		for _, when := range []string{"before", "after"} {
			t.Run(when+" "+string(c.state), func(t *testing.T) {
				t.Parallel()
				killedAt(t, when+":"+string(c.state), c.play, c.ends, undamaged)
			})
		}
	}
}

// TestDamagedInEachState damages the ledger of a daemon that killed itself right
// after the commit of each state. The next start makes it again from the tape,
// asks the provider, serves nothing that may have been served, and sells on.
func TestDamagedInEachState(t *testing.T) {
	for _, c := range []struct {
		state sale.State
		play  func(r *crashtest.Rig, o paytest.Order) error
		ends  map[sale.State]bool
	}{
		{sale.Created, pays, ends(sale.Closed)},
		{sale.Awaiting, pays, ends(sale.Closed, sale.Attention)},
		{sale.Closing, cancels, ends(sale.Closed)},
		{sale.Closed, cancels, ends(sale.Closed)},
		{sale.Paid, paysUnplugged, ends(sale.Attention)},
		{sale.Dispensing, pays, ends(sale.Attention)},
		{sale.Dispensed, pays, ends(sale.Dispensed)},
		{sale.Unknown, paysSilent, ends(sale.Attention)},
		{sale.Refunding, paysJammed, ends(sale.Refunded)},
		{sale.Refunded, paysJammed, ends(sale.Refunded)},
		{sale.Attention, paysAbnormal, ends(sale.Attention)},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			t.Parallel()
			killedAt(t, "after:"+string(c.state), c.play, c.ends, damage)
		})
	}
}

// damage zeroes the ledger's first page.
func damage(r *crashtest.Rig) error {
	f, err := os.OpenFile(r.Ledger(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Close())
}

func ends(states ...sale.State) map[sale.State]bool {
	m := map[sale.State]bool{}
	for _, s := range states {
		m[s] = true
	}
	return m
}

// TestKilledInATestVend: the binary kills itself around each commit of a test
// vend. No second command, nothing for the provider, and the machine sells
// again; the same when the ledger is damaged in between.
func TestKilledInATestVend(t *testing.T) {
	tests := func(r *crashtest.Rig) error {
		return r.Until(30*time.Second, "a test vend", func() bool { return r.Test(11) == nil })
	}
	for _, c := range []struct {
		crash   string
		between func(*crashtest.Rig) error
	}{
		{"before:created", undamaged}, {"after:dispensing", undamaged}, {"before:dispensed", undamaged}, {"after:dispensed", undamaged},
		{"after:dispensing", damage}, {"before:dispensed", damage}, {"after:dispensed", damage},
	} {
		t.Run(c.crash, func(t *testing.T) {
			t.Parallel()
			killedIn(t, c.crash, tests, ends(sale.Dispensed, sale.Closed), c.between)
		})
	}
}

func undamaged(*crashtest.Rig) error { return nil }

// killedAt lets the daemon kill itself in a sale of slot 11 and does something
// before the next start.
func killedAt(t *testing.T, crash string, play func(*crashtest.Rig, paytest.Order) error, ends map[sale.State]bool, between func(*crashtest.Rig) error) {
	t.Helper()
	killedIn(t, crash, func(r *crashtest.Rig) error {
		o, err := r.Code(11)
		if err == nil {
			err = play(r, o)
		}
		return err
	}, ends, between)
}

// killedIn is the same for whatever uses slot 11.
func killedIn(t *testing.T, crash string, use func(*crashtest.Rig) error, ends map[sale.State]bool, between func(*crashtest.Rig) error) {
	t.Helper()
	r, err := crashtest.New(t.Context(), t.TempDir(), binary, 1, crashtest.Config{Sale: "dispense_within: 5s", Controller: "counts: true"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		if t.Failed() {
			t.Log(r.Log())
		}
	})
	if err := r.Start(crash); err != nil {
		t.Fatal(err)
	}
	if err := use(r); err != nil && !errors.Is(err, crashtest.ErrDied) {
		t.Fatal(err)
	}
	select {
	case <-r.Dead():
	case <-time.After(60 * time.Second):
		t.Fatal("the daemon did not come to " + crash)
	}
	r.Cabinet.Clear()
	_ = r.Cabinet.Plug()
	if err := between(r); err != nil {
		t.Fatal(err)
	}

	// The next start takes the order up; then the machine sells again.
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	next, err := r.Code(12)
	if err == nil {
		err = pays(r, next)
	}
	if err == nil {
		err = r.Until(30*time.Second, "the next product", func() bool {
			for _, d := range r.Cabinet.Drops() {
				if d.Slot == 12 {
					return true
				}
			}
			return false
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	settles(t, r, ends)
}

// settles waits until the daemon itself says that every order has ended, then
// kills it once more and audits.
func settles(t *testing.T, r *crashtest.Rig, ends map[sale.State]bool) {
	t.Helper()
	err := r.Until(90*time.Second, "the end of every order", func() bool {
		orders, err := r.Orders()
		return err == nil && !slices.ContainsFunc(orders, func(o sale.Order) bool { return !o.State.Final() })
	})
	if err != nil {
		t.Error(err)
	}
	r.Kill()
	books, err := r.Books()
	if err != nil {
		t.Fatal(err)
	}
	_, broken := books.Check()
	for _, b := range broken {
		t.Error(b)
	}
	for _, o := range books.Orders {
		switch {
		case o.Product.Slot == 12 && o.State != sale.Dispensed:
			t.Errorf("the next sale ended as %s (%s: %s)", o.State, o.Cause, o.Detail)
		case o.Product.Slot == 11 && !ends[o.State]:
			t.Errorf("the killed order ended as %s (%s: %s)", o.State, o.Cause, o.Detail)
		}
	}
}

func pays(r *crashtest.Rig, o paytest.Order) error {
	if _, err := r.Provider.Scan(o.CodeURL, "customer"); err != nil {
		return err
	}
	return r.Provider.Pay("customer", o.OutTradeNo)
}

func cancels(r *crashtest.Rig, o paytest.Order) error {
	time.Sleep(300 * time.Millisecond)
	r.Cabinet.Cancel()
	return nil
}

func paysUnplugged(r *crashtest.Rig, o paytest.Order) error {
	if err := r.Cabinet.Unplug(); err != nil {
		return err
	}
	return pays(r, o)
}

func paysJammed(r *crashtest.Rig, o paytest.Order) error {
	if err := r.Cabinet.JamNext(11); err != nil {
		return err
	}
	return pays(r, o)
}

func paysAbnormal(r *crashtest.Rig, o paytest.Order) error {
	r.Provider.Behave(func(b *paytest.Behaviour) { b.RefundResult = paytest.RefundAbnormal })
	return paysJammed(r, o)
}

func paysSilent(r *crashtest.Rig, o paytest.Order) error {
	if err := r.Cabinet.Inject(devicetest.Fault{Kind: devicetest.LostReports}); err != nil {
		return err
	}
	return pays(r, o)
}
