package torture

import (
	"fmt"
	"math/rand/v2"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// kill is the plan of one kill.
type kill struct {
	point  string            // what KIOSKD_CRASH says; empty for a random instant
	habits []crashtest.Habit // of the customers who lead to the point
	early  bool              // a random instant counts from the start of the process, not from its readiness
	after  time.Duration     // ... by so much
	dark   time.Duration     // without a process, before this one starts
}

func (k kill) String() string {
	switch {
	case k.point != "":
		return "aimed " + k.point
	case k.early:
		return fmt.Sprintf("%s after its start", k.after)
	}
	return fmt.Sprintf("%s after it was ready", k.after)
}

// targets are the states whose commits are aimed at, and who leads to them.
var targets = []struct {
	state  sale.State
	habits []crashtest.Habit
}{
	{sale.Created, []crashtest.Habit{crashtest.Pays, crashtest.EnterPIN}},
	{sale.Awaiting, []crashtest.Habit{crashtest.Pays, crashtest.EnterPIN}},
	{sale.Closing, []crashtest.Habit{crashtest.Cancels, crashtest.Replaces}},
	{sale.Closed, []crashtest.Habit{crashtest.Cancels, crashtest.Replaces}},
	{sale.Paid, []crashtest.Habit{crashtest.Pays, crashtest.Unplugs}},
	{sale.Dispensing, []crashtest.Habit{crashtest.Pays, crashtest.EnterPIN}},
	{sale.Dispensed, []crashtest.Habit{crashtest.Pays, crashtest.EnterPIN}},
	{sale.Unknown, []crashtest.Habit{crashtest.Silenced, crashtest.Unplugs}},
	{sale.Refunding, []crashtest.Habit{crashtest.Jammed}},
	{sale.Refunded, []crashtest.Habit{crashtest.Jammed}},
	{sale.Attention, []crashtest.Habit{crashtest.Abnormal}},
}

// plan draws the kill number n. Every second one is aimed, at one commit after
// the other.
func plan(n int, r *rand.Rand) kill {
	k := kill{dark: time.Duration(r.IntN(1500)) * time.Millisecond, early: r.IntN(4) == 0}
	if n%2 == 0 {
		at := n / 2 % (2 * len(targets))
		t := targets[at/2]
		k.point, k.habits = []string{"after:", "before:"}[at%2]+string(t.state), t.habits
		return k
	}
	k.after = time.Duration(r.IntN(5000)) * time.Millisecond
	if k.early {
		k.after = time.Duration(r.IntN(700)) * time.Millisecond
	}
	return k
}
