package alarm_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/watch"
	"kioskd/watch/alarm"
)

// A room is an Alarms that is looked at every five seconds.
type room struct {
	*alarm.Alarms
	told  []string
	holds []watch.Condition
}

func newRoom(l alarm.Language) *room {
	r := &room{}
	r.Alarms = alarm.New(alarm.Machine{ID: "SH0042", Name: "大厅"}, l, time.Hour, func(m alarm.Message) {
		r.told = append(r.told, fmt.Sprintf("%s %d %s", m.Status, m.Times, m.Text))
	})
	return r
}

func (r *room) pass(d time.Duration) {
	for range d / (5 * time.Second) {
		r.Look(time.Now(), r.holds)
		time.Sleep(5 * time.Second)
	}
}

// takes empties what was told.
func (r *room) takes(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, r.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	r.told = nil
}

func offline() watch.Condition {
	return watch.Condition{Kind: watch.Offline, After: 10 * time.Minute, Code: sale.CodeNetDown}
}

func TestAConditionIsToldWhenItLastsAndWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(alarm.English)
		r.holds = []watch.Condition{offline()}
		r.pass(9 * time.Minute)
		r.holds = nil
		r.pass(time.Minute)
		r.takes(t) // it did not last
		r.holds = []watch.Condition{offline()}
		r.pass(10 * time.Minute)
		r.takes(t)
		r.pass(10 * time.Second)
		r.takes(t, "raised 1 SH0042 大厅: no payments for 10 min: WeChat Pay cannot be reached or refuses (E-NET-01)")
		if n := r.Active()[watch.Offline]; n != 1 {
			t.Errorf("%d are active", n)
		}
		r.pass(2*time.Hour + 50*time.Minute)
		r.takes(t,
			"still 2 SH0042 大厅: no payments for 70 min: WeChat Pay cannot be reached or refuses (E-NET-01)",
			"still 3 SH0042 大厅: no payments for 2 h: WeChat Pay cannot be reached or refuses (E-NET-01)")
		r.holds = nil
		r.pass(time.Minute)
		r.takes(t, "over 4 SH0042 大厅: WeChat Pay answers again, after 3 h")
		if n := r.Active()[watch.Offline]; n != 0 {
			t.Errorf("%d are active after it was over", n)
		}
	})
}

func TestOrdersAreToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(alarm.Chinese)
		r.holds = []watch.Condition{
			{Kind: watch.Attention, Number: "SH0042-00000017-7KQ4MX", Day: "2026-10-01", Slot: 11, Cause: sale.CauseRefundFailed},
			{Kind: watch.Attention, Number: "SH0042-00000018-TE6PK5", Slot: 12},
			{Kind: watch.Unknown, Number: "SH0042-00000018-TE6PK5", Slot: 12, Once: true},
		}
		r.pass(5 * time.Second)
		r.takes(t,
			"raised 1 SH0042 大厅: 订单 7KQ4MX（货道 11）要人处理：运行 kioskd orders 7KQ4MX",
			"raised 1 SH0042 大厅: 订单 TE6PK5（货道 12）要人处理：运行 kioskd orders TE6PK5",
			"raised 1 SH0042 大厅: 订单 TE6PK5：不能确定货道 12 是否出了货，请查看取货口和货道")
		r.holds = r.holds[1:]
		r.pass(5 * time.Second)
		r.takes(t, "over 2 SH0042 大厅: 订单 7KQ4MX 已有人处理")
		r.pass(time.Hour)
		r.takes(t, "still 2 SH0042 大厅: 订单 TE6PK5（货道 12）要人处理：运行 kioskd orders TE6PK5")
		r.holds = nil // what is told once has no end, either
		r.pass(time.Minute)
		r.takes(t, "over 3 SH0042 大厅: 订单 TE6PK5 已有人处理")
	})
}

// Every kind has words in both languages, with nothing left to fill in.
func TestEveryKindHasWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, l := range []alarm.Language{alarm.Chinese, alarm.English} {
			r := newRoom(l)
			for _, k := range watch.Kinds() {
				r.holds = append(r.holds, watch.Condition{Kind: k, Number: "SH0042-00000017-7KQ4MX", Slot: 11, Celsius: -3, Code: "E-NET-01", Once: k == watch.Unknown || k == watch.Bill})
			}
			r.pass(5 * time.Second)
			r.holds = nil
			r.pass(5 * time.Second)
			if len(r.told) != 2*len(watch.Kinds())-2 {
				t.Errorf("%d messages of %d kinds, two of which have no end", len(r.told), len(watch.Kinds()))
			}
			for _, text := range r.told {
				if _, words, _ := strings.Cut(text, "大厅: "); len(words) < 10 || strings.ContainsAny(words, "{}") {
					t.Errorf("not the words for a person: %q", text)
				}
			}
		}
	})
}

// TestBillNamesItsDay: the next day's comparison takes the place of the last one,
// so that only its day finds the bill for whoever reads the message later.
func TestBillNamesItsDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for l, want := range map[alarm.Language]string{
			alarm.Chinese: "2026-10-01 的微信支付账单和账本对不上（E-BILL-01）：运行 kioskd reconcile --date 2026-10-01",
			alarm.English: "the bill of 2026-10-01 and the ledger differ (E-BILL-01): run kioskd reconcile --date 2026-10-01",
		} {
			r := newRoom(l)
			r.holds = []watch.Condition{{Kind: watch.Bill, Day: "2026-10-01", Code: sale.CodeBillDiffers, Once: true}}
			r.pass(5 * time.Second)
			if len(r.told) != 1 || !strings.HasSuffix(r.told[0], want) {
				t.Errorf("%q; want %q", r.told, want)
			}
		}
	})
}

// Two days are two conditions, also for who is not reached at first.
func TestEachBillIsToldByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(alarm.English)
		for _, day := range []string{"2026-10-01", "2026-10-02"} {
			r.holds = append(r.holds, watch.Condition{Kind: watch.Bill, Day: day, Code: sale.CodeBillDiffers, Once: true})
			r.pass(5 * time.Second)
		}
		if len(r.told) != 2 || !strings.HasSuffix(r.told[1], "2026-10-02") {
			t.Errorf("%q", r.told)
		}
		to := &target{fails: 1}
		run(t, to, func(o *alarm.Outbox) {
			for _, day := range []string{"2026-10-01", "2026-10-02"} {
				m := message(watch.Bill, alarm.Raised, 1)
				m.Day = day
				o.Put(m)
			}
			time.Sleep(time.Hour)
		})
		if len(to.got) != 3 {
			t.Errorf("delivered %q", to.got)
		}
	})
}
