package clock_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/clock"
	"kioskd/sale"
)

// In a bubble it is midnight UTC of 2000-01-01, long before kioskd was built.
func TestClockBehindWhatIsProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paid := time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)
		c := clock.New(paid)
		err := c.Plausible()
		const want = "E-CLOCK-01: the clock says 2000-01-01 00:00, and it is after 2027-05-01 12:00 (connect the network so that NTP can set it, or set it by hand: date -s)"
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if got := c.Now(); !got.Equal(paid) {
			t.Errorf("now is %v, want %v", got, paid)
		}
		time.Sleep(time.Hour)
		if got := c.Now(); !got.Equal(paid.Add(time.Hour)) {
			t.Errorf("an hour later it is %v", got)
		}
	})
}

// A clock that is a little behind the provider's does not stop the machine; one
// from long ago, or from a wrong future, decides nothing.
func TestClockThatWillDo(t *testing.T) {
	for name, proved := range map[string]time.Time{
		"nothing paid yet":           {},
		"paid yesterday":             time.Now().Add(-24 * time.Hour),
		"paid by a clock just ahead": time.Now().Add(9 * time.Minute),
		"a year that cannot be":      time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		c := clock.New(proved)
		if err := c.Plausible(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if off := time.Since(c.Now()); off.Abs() > time.Minute {
			t.Errorf("%s: now is off by %v", name, off)
		}
	}
	if err := clock.New(time.Now().Add(11 * time.Minute)).Plausible(); err == nil {
		t.Error("a clock eleven minutes behind a payment will do")
	}
}

// Where the provider's clock tells that this one is wrong, nothing is sold.
func TestClockOtherThanTheProviders(t *testing.T) {
	c := clock.New(time.Time{})
	for _, tt := range []struct {
		off  time.Duration
		told bool
		want string
	}{
		{0, false, ""}, {time.Hour, false, ""}, {5 * time.Minute, true, ""}, {-5 * time.Minute, true, ""},
		{301 * time.Second, true, "the clock is 5m1s ahead of WeChat Pay's"},
		{-2 * time.Hour, true, "the clock is 2h0m0s behind WeChat Pay's"},
	} {
		c.Skew = func() (time.Duration, bool) { return tt.off, tt.told }
		err, want := c.Plausible(), ""
		if tt.want != "" {
			want = "E-CLOCK-01: " + tt.want + " (connect the network so that NTP can set it, or set it by hand: date -s)"
		}
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("off by %v: %s, want %q", tt.off, got, want)
		}
	}
}

type orders []sale.Order

func (o orders) Recent(int) ([]sale.Order, error) { return o, nil }

// The provider's own time of a payment is proof; when this machine made an
// order is not.
func TestNewestPayment(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	got, err := clock.NewestPayment(orders{
		{CreatedAt: day.AddDate(9, 0, 0)},
		{CreatedAt: day, Payment: sale.Payment{PaidAt: day.Add(time.Hour)}},
		{CreatedAt: day, Payment: sale.Payment{PaidAt: day.Add(2 * time.Hour)}},
	})
	if want := day.Add(2 * time.Hour); err != nil || !got.Equal(want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
