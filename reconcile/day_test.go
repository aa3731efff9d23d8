package reconcile_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"kioskd/reconcile"
)

func TestDay(t *testing.T) {
	for s, want := range map[string]string{
		"2026-11-27": "", "2024-02-29": "", "2026-02-29": `"2026-02-29" is no date: write it like 2026-11-27`,
		"27.11.2026": `"27.11.2026" is no date: write it like 2026-11-27`, "": `"" is no date: write it like 2026-11-27`,
	} {
		d, err := reconcile.ParseDay(s)
		if err != nil && err.Error() != want || err == nil && (want != "" || d.String() != s) {
			t.Errorf("%q: %s, %v", s, d, err)
		}
	}
	d := reconcile.DayOf(time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC))
	if d.String() != "2026-11-27" || d != day || d.Next().Add(-1) != d || !d.Has(noon) || d.Has(d.End()) {
		t.Errorf("%s", d)
	}
	b, err := json.Marshal(map[reconcile.Day]reconcile.Day{d: d})
	var back map[reconcile.Day]reconcile.Day
	if err2 := json.Unmarshal(b, &back); err != nil || err2 != nil || string(b) != `{"2026-11-27":"2026-11-27"}` || back[d] != d {
		t.Errorf("%s, %v, %v, %v", b, err, err2, back)
	}
}

func TestWhenBillsAreReady(t *testing.T) {
	ten := day.End().Add(10 * time.Hour)
	for _, c := range []struct {
		now    time.Time
		newest string
		check  string // of day
	}{
		{noon, "2026-11-26", "2026-11-27 is not over yet: its bill is ready on 2026-11-28 10:00"},
		{ten.Add(-time.Second), "2026-11-26", "the bill of 2026-11-27 is ready today at 10:00, Beijing time: ask again then, or name an earlier day"},
		{ten, "2026-11-27", "<nil>"},
		{ten.AddDate(0, 0, 88), "2027-02-23", "<nil>"},
		{ten.AddDate(0, 0, 89), "2027-02-24", "2026-11-27 is too old: the provider gives bills of the last three months; older ones are in the merchant portal"},
	} {
		if got := reconcile.Newest(c.now).String(); got != c.newest {
			t.Errorf("at %s the newest is %s", c.now, got)
		}
		if got := fmt.Sprint(day.Check(c.now)); got != c.check {
			t.Errorf("at %s: %s", c.now, got)
		}
	}
	done := func(d reconcile.Day) bool { return d == day.Add(-2) }
	if got := fmt.Sprint(reconcile.Due(ten, 4, done)); got != "[2026-11-24 2026-11-26 2026-11-27]" {
		t.Error(got)
	}
}
