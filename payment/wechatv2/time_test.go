package wechatv2_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"kioskd/payment/wechatv2"
	"kioskd/sale"
)

// No answer has a signed time. The Date header counts where this machine's
// clock says the same; elsewhere a payment has no age and is never fresh.
func TestAsOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   time.Time
		age    time.Duration // of a payment 9 s before now; negative for none
	}{
		{"both agree", dated(0, paidFields()), now.Now(), 9 * time.Second},
		{"by the provider's clock", dated(20*time.Second, paidFields()), now.Now().Add(20 * time.Second), 29 * time.Second},
		{"just so", dated(-wechatv2.Agreement, paidFields()), now.Now().Add(-wechatv2.Agreement), -21 * time.Second},
		{"31 s ahead", dated(wechatv2.Agreement+time.Second, paidFields()), time.Time{}, -1},
		{"31 s behind", dated(-wechatv2.Agreement-time.Second, paidFields()), time.Time{}, -1},
		{"none", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = nil
			io.WriteString(w, paidFields())
		}, time.Time{}, -1},
		{"no time", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "now")
			io.WriteString(w, paidFields())
		}, time.Time{}, -1},
		{"two", func(w http.ResponseWriter, _ *http.Request) {
			date := now.Now().Format(http.TimeFormat)
			w.Header()["Date"] = []string{date, date}
			io.WriteString(w, paidFields())
		}, time.Time{}, -1},
	} {
		s := newStub(t, c.answer)
		g := client(t, settings(t, s.URL))
		got, err := g.Query(t.Context(), order(t, g))
		if err != nil || got.State != sale.TradePaid || !got.AsOf.Equal(c.want) {
			t.Errorf("%s: %+v, %v; want %s", c.name, got, err, c.want)
		}
		if age := got.Age(); c.age >= 0 && age != c.age || c.age < 0 && age >= 0 {
			t.Errorf("%s: age %s", c.name, age)
		}
	}
}
