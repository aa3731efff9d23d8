package configs

import (
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"kioskd/sale"
	"kioskd/watch"
	"kioskd/watch/logs"
)

// Language is the customer screen's: one, or two with the second below.
type Language string

// The languages.
const (
	LanguageZH   Language = "zh"
	LanguageEN   Language = "en"
	LanguageZHEN Language = "zh+en"
	LanguageENZH Language = "en+zh"
)

// LatePolicy is what happens to a payment after the code was taken down.
type LatePolicy string

// The policies for late payments.
const (
	LateRefund   LatePolicy = "refund"
	LateDispense LatePolicy = "dispense"
)

// FailedPolicy is what happens when a vend has failed for certain.
type FailedPolicy string

// The policies for failed vends.
const (
	FailedRefund    FailedPolicy = "refund"
	FailedOtherSlot FailedPolicy = "other_slot" // of the same product; refund if there is none
)

// RefundPolicy is who decides that money goes back.
type RefundPolicy string

// The policies for refunds.
const (
	RefundsAuto     RefundPolicy = "auto"
	RefundsByPerson RefundPolicy = "person"
)

// Limit is an amount of money that is not to be passed; 0 is no limit.
type Limit sale.Fen

// ScreenDriver is where the scenes are drawn.
type ScreenDriver string

// The screens.
const (
	ScreenAuto     ScreenDriver = "auto"     // a window if there is a display, else the terminal
	ScreenWindow   ScreenDriver = "window"   // a window or the framebuffer
	ScreenTerminal ScreenDriver = "terminal" // text
	ScreenNone     ScreenDriver = "none"     // nowhere
)

// Theme is the set of colours.
type Theme string

// The themes.
const (
	ThemeAuto  Theme = "auto" // by the clock, see Night
	ThemeDay   Theme = "day"
	ThemeNight Theme = "night"
)

// Tray is where the product comes out, seen from the screen.
type Tray string

// The places of the tray.
const (
	TrayBelow Tray = "below"
	TrayLeft  Tray = "left"
	TrayRight Tray = "right"
)

// Rotation is 0, 90, 180 or 270 degrees clockwise.
type Rotation int

// Night is a span of the day, from midnight. It may pass midnight: From is
// then after To. Both are whole minutes, from 0 to 23:59, and they differ.
type Night struct{ From, To time.Duration }

// Covers reports whether the time of day, measured from midnight, lies in it.
func (n Night) Covers(day time.Duration) bool {
	if n.From < n.To {
		return n.From <= day && day < n.To
	}
	return day >= n.From || day < n.To
}

func (n Night) String() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) }
	return clock(n.From) + "-" + clock(n.To)
}

// Bytes is an amount of storage.
type Bytes int64

// Days is a number of whole days.
type Days int

// Span is the same as a duration, of 24 hours each.
func (d Days) Span() time.Duration { return time.Duration(d) * 24 * time.Hour }

func (d Days) String() string { return strconv.Itoa(int(d)) + "d" }

// choices lists what a type with few values accepts; nil for all others.
func choices(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Language]():
		return []string{"zh", "en", "zh+en", "en+zh"}
	case reflect.TypeFor[LatePolicy]():
		return []string{"refund", "dispense"}
	case reflect.TypeFor[FailedPolicy]():
		return []string{"refund", "other_slot"}
	case reflect.TypeFor[RefundPolicy]():
		return []string{"auto", "person"}
	case reflect.TypeFor[sale.UnknownPolicy]():
		return []string{"refund", "charge", "hold"}
	case reflect.TypeFor[ScreenDriver]():
		return []string{"auto", "window", "terminal", "none"}
	case reflect.TypeFor[Theme]():
		return []string{"auto", "day", "night"}
	case reflect.TypeFor[Tray]():
		return []string{"below", "left", "right"}
	case reflect.TypeFor[Rotation]():
		return []string{"0", "90", "180", "270"}
	case reflect.TypeFor[slog.Level]():
		return []string{"debug", "info", "warn", "error"}
	case reflect.TypeFor[logs.Target]():
		return logTargets()
	case reflect.TypeFor[watch.Kind]():
		return kinds()
	}
	return nil
}

// flaw is what is wrong with a scalar and what to write instead. It never
// repeats the scalar unless it is one of this package's own keys.
type flaw struct {
	rule Rule
	what string
}

// special reads the types that have a notation of their own; ok is false for
// all others.
func special(text string, v reflect.Value) (bad *flaw, ok bool) {
	switch p := v.Addr().Interface().(type) {
	case *sale.Fen:
		return parsePrice(text, p), true
	case *Limit:
		return parseLimit(text, p), true
	case *time.Duration:
		return parseDuration(text, p), true
	case *Bytes:
		return parseBytes(text, p), true
	case *Days:
		return parseDays(text, p), true
	case *Night:
		return parseNight(text, p), true
	case *Degrees:
		if p.UnmarshalText([]byte(text)) != nil {
			return &flaw{RuleDegrees, "not a temperature: write whole degrees Celsius, like 8, or none"}, true
		}
		return nil, true
	case *slog.Level:
		if p.UnmarshalText([]byte(text)) != nil {
			return &flaw{RuleChoice, "not a level: write info"}, true
		}
		return nil, true
	}
	return nil, false
}

func parsePrice(text string, to *sale.Fen) *flaw {
	if len(text) > 20 {
		return &flaw{RulePrice, `not a price in yuan: write it like "3.50"`}
	}
	f, err := sale.ParseYuan(text)
	if err != nil {
		what := err.Error()
		if !strings.Contains(what, "write it") {
			what += `: write it like "3.50"`
		}
		return &flaw{RulePrice, what}
	}
	*to = f
	return nil
}

func parseLimit(text string, to *Limit) *flaw {
	if text == "none" {
		*to = 0
		return nil
	}
	if bad := parsePrice(text, (*sale.Fen)(to)); bad != nil {
		return &flaw{RulePrice, `not an amount in yuan: write it like "200.00", or none`}
	}
	return nil
}

func parseDuration(text string, to *time.Duration) *flaw {
	d, err := time.ParseDuration(text)
	if err != nil {
		return &flaw{RuleDuration, "not a duration: write a number with its unit, like 90s or 2m"}
	}
	*to = d
	return nil
}

func parseBytes(text string, to *Bytes) *flaw {
	digits := strings.TrimRight(text, "KMGiB")
	unit, known := map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[text[len(digits):]]
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || !known {
		return &flaw{RuleBytes, "not a size: write a whole number with KiB, MiB or GiB, like 64MiB"}
	}
	*to = Bytes(int64(n) * unit)
	return nil
}

func parseDays(text string, to *Days) *flaw {
	digits, unit := strings.CutSuffix(text, "d")
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || !unit {
		return &flaw{RuleDuration, "not a number of days: write a whole number with d, like 180d"}
	}
	*to = Days(n)
	return nil
}

func parseNight(text string, to *Night) *flaw {
	bad := &flaw{RuleNight, "not a span of the day: write it like 19:00-07:00"}
	a, b, ok := strings.Cut(text, "-")
	if !ok || len(a) != 5 || len(b) != 5 {
		return bad
	}
	from, err1 := time.Parse("15:04", a)
	until, err2 := time.Parse("15:04", b)
	if err1 != nil || err2 != nil || from.Equal(until) {
		return bad
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	*to = Night{From: from.Sub(midnight), To: until.Sub(midnight)}
	return nil
}
