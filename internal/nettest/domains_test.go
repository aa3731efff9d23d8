package nettest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// cutting is one trouble of real connections.
type cutting struct {
	name  string
	state paytest.DomainState
	which []int // domains
	long  time.Duration
}

// TestDomains breaks the provider's two domains under real connections while
// a code is on the screen; the customer pays during the outage.
func TestDomains(t *testing.T) {
	t.Parallel()
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	both := []int{0, 1}
	cases := []cutting{
		{"first reset", paytest.DomainReset, []int{0}, 10 * time.Second},
		{"second reset", paytest.DomainReset, []int{1}, 10 * time.Second},
		{"both reset 1s", paytest.DomainReset, both, time.Second},
		{"both reset 10s", paytest.DomainReset, both, 10 * time.Second},
		{"both silent 1s", paytest.DomainSilent, both, time.Second},
		{"both silent 10s", paytest.DomainSilent, both, 10 * time.Second},
	}
	if flags.Full {
		cases = append(cases, cutting{"first silent", paytest.DomainSilent, []int{0}, 30 * time.Second},
			cutting{"both reset 1m", paytest.DomainReset, both, time.Minute}, cutting{"both silent 1m", paytest.DomainSilent, both, time.Minute})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := desk.Start(t.Context(), desk.Options{Keys: keys, Seed: flags.Seed, Domains: 2, Latency: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			told, err := cutDomains(t.Context(), d, c)
			if err != nil {
				t.Error(err)
			}
			books, err := d.Books()
			if err != nil {
				t.Fatal(err)
			}
			f, broken := books.Check()
			for _, b := range broken {
				t.Error(b)
			}
			for _, o := range books.Trades {
				if gap := o.Calls.MinQueryGap; gap > 0 && gap < 900*time.Millisecond && len(c.which) > 1 {
					t.Errorf("order %s: queried again after %s", o.OutTradeNo, gap)
				}
			}
			fmt.Printf("net domains: %s: told after %s; %+v\n", c.name, told.Round(10*time.Millisecond), f)
		})
	}
}

// cutDomains plays one customer around an outage, and one after it.
func cutDomains(ctx context.Context, d *desk.Desk, c cutting) (told time.Duration, err error) {
	if err := d.Idle(ctx, 30*time.Second); err != nil {
		return 0, err
	}
	if err := d.Cabinet.Press(11); err != nil {
		return 0, err
	}
	code, err := d.Code(ctx, 0, 10*time.Second)
	if err != nil {
		return 0, err
	}
	time.Sleep(1500 * time.Millisecond)
	begun := time.Now()
	for _, i := range c.which {
		if err := d.Provider.FailDomain(i, c.state); err != nil {
			return 0, err
		}
	}
	if err := d.Pay(code); err != nil {
		return 0, err
	}
	mend := time.AfterFunc(c.long, func() {
		for _, i := range c.which {
			_ = d.Provider.FailDomain(i, paytest.DomainUp)
		}
	})
	defer mend.Stop()
	if len(c.which) > 1 && c.long >= 10*time.Second {
		err = desk.Until(ctx, c.long+5*time.Second, "a word to the customer", func() bool {
			_, ok := d.Panel.First(begun, telling)
			return ok
		})
		if err != nil {
			return 0, err
		}
		s, _ := d.Panel.First(begun, telling)
		if told = s.At.Sub(begun); told > tellWithin+3*time.Second { // a slow computer
			err = fmt.Errorf("the customer was told only after %s", told)
		}
	}
	if e := d.Settled(ctx, c.long+90*time.Second); e != nil {
		return told, e
	}
	if e := d.Idle(ctx, 90*time.Second); e != nil {
		return told, e
	}
	seq := d.Seq()
	if e := d.Cabinet.Press(12); e != nil {
		return told, e
	}
	if code, e := d.Code(ctx, seq, 15*time.Second); e != nil || d.Pay(code) != nil {
		return told, fmt.Errorf("the next customer could not buy: %v", e)
	}
	if e := d.Settled(ctx, 30*time.Second); e != nil {
		return told, e
	}
	if o, _ := d.Orders(); len(o) == 0 || o[0].State != sale.Dispensed && o[len(o)-1].State != sale.Dispensed {
		return told, fmt.Errorf("the next customer got nothing: %+v", o)
	}
	return told, err
}
