package reconcile

import (
	"fmt"
	"time"
)

// beijing is fixed, because devices often lack a time zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

const (
	layout = "2006-01-02"
	// readyAt is when the provider has made the bill of the day before.
	readyAt = 10 * time.Hour
	// Oldest is how far back the provider gives bills: three months, of which
	// the shortest three have 89 days.
	Oldest = 89
)

// Day is a day of Beijing, written 2026-11-27. The zero Day is none.
type Day struct{ start time.Time }

// DayOf is the day that has the moment.
func DayOf(t time.Time) Day {
	y, m, d := t.In(beijing).Date()
	return Day{time.Date(y, m, d, 0, 0, 0, 0, beijing)}
}

// ParseDay reads a date like 2026-11-27.
func ParseDay(s string) (Day, error) {
	t, err := time.ParseInLocation(layout, s, beijing)
	if err != nil {
		return Day{}, fmt.Errorf("%q is no date: write it like 2026-11-27", s)
	}
	return Day{t}, nil
}

func (d Day) String() string { return d.start.Format(layout) }

// Start is the day's first moment.
func (d Day) Start() time.Time { return d.start }

// End is the first moment of the next day.
func (d Day) End() time.Time { return d.Next().start }

// Next is the day after.
func (d Day) Next() Day { return d.Add(1) }

// Add goes some days on, or back.
func (d Day) Add(days int) Day { return Day{d.start.AddDate(0, 0, days)} }

// Has reports whether the moment is in the day.
func (d Day) Has(t time.Time) bool { return !t.Before(d.start) && t.Before(d.End()) }

// Before reports whether the day is before the other.
func (d Day) Before(o Day) bool { return d.start.Before(o.start) }

// Ready is when the bill of the day can be had: 10:00 of the next day.
func (d Day) Ready() time.Time { return d.End().Add(readyAt) }

// MarshalText writes the day as String does.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDay reads.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// Newest is the newest day whose bill can be had by now.
func Newest(now time.Time) Day { return DayOf(now.Add(-readyAt)).Add(-1) }

// Check says why there can be no bill of the day by now, or nil.
func (d Day) Check(now time.Time) error {
	switch {
	case now.Before(d.End()):
		return fmt.Errorf("%s is not over yet: its bill is ready on %s", d, d.Ready().Format("2006-01-02 15:04"))
	case now.Before(d.Ready()):
		return fmt.Errorf("the bill of %s is ready today at %s, Beijing time: ask again then, or name an earlier day", d, d.Ready().Format("15:04"))
	case d.Before(DayOf(now).Add(-Oldest)):
		return fmt.Errorf("%s is too old: the provider gives bills of the last three months; older ones are in the merchant portal", d)
	}
	return nil
}

// Due lists the days that are to be reconciled by now, oldest first: those of
// the last most days whose bill is ready and that done does not hold.
func Due(now time.Time, most int, done func(Day) bool) (days []Day) {
	last := Newest(now)
	for d := last.Add(1 - most); !last.Before(d); d = d.Next() {
		if !done(d) {
			days = append(days, d)
		}
	}
	return days
}
