package clocktest_test

import (
	"fmt"
	"testing"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/sale"
	"kioskd/sale/saletest"
)

var flags = proof.NewFlags()

const year = 365 * 24 * time.Hour

// step is a change of the wall clock.
type step struct {
	name string
	by   time.Duration // 0: to 1970
}

var steps = []step{
	{"to 1970", 0}, {"a year back", -year}, {"a year on", year}, {"a century on", 100 * year}, {"a day back", -24 * time.Hour}, {"a day on", 24 * time.Hour},
	{"an hour back", -time.Hour}, {"an hour on", time.Hour}, {"ten minutes back", -10 * time.Minute}, {"ten minutes on", 10 * time.Minute},
	{"two minutes back", -2 * time.Minute}, {"two minutes on", 2 * time.Minute}, {"a second back", -time.Second},
}

func (s step) take(w *desk.World) {
	if s.by == 0 {
		w.Clock.Set(time.Unix(0, 0))
		return
	}
	w.Clock.Step(s.by)
}

// wrong is one case: when the clock goes wrong, how, and for how long.
type wrong struct {
	stage string
	step
	lasts   time.Duration
	restart bool // the machine starts anew while it is wrong
}

func (c wrong) String() string {
	again := ""
	if c.restart {
		again = ", restarted"
	}
	return fmt.Sprintf("%s/%s/%s%s", c.stage, c.name, c.lasts, again)
}

var stages = []string{"boot", "idle", "code shown", "code shown and paid", "dispensing", "in doubt", "closing", "closing and paid", "refunding", "closed"}

func cases() (all []wrong) {
	for _, stage := range stages {
		for _, s := range steps {
			for _, lasts := range []time.Duration{3 * time.Second, 40 * time.Second, 20 * time.Minute} {
				for _, restart := range []bool{false, true} {
					all = append(all, wrong{stage, s, lasts, restart})
				}
			}
		}
	}
	return all
}

// tally sums up all cases.
type tally struct {
	cases, violations int
	sum               audit.Figures
}

func (y *tally) String() string {
	return fmt.Sprintf("%d cases, %d violations, %+v", y.cases, y.violations, y.sum)
}

// bubbles plays cases, each on a machine of its own.
func bubbles[C fmt.Stringer](t *testing.T, title string, all []C, play func(*desk.World, C) []string) {
	worlds(t, title, all, func(C) desk.BubbleOptions { return desk.BubbleOptions{} }, play)
}

// worlds is bubbles with options that a case may choose.
func worlds[C fmt.Stringer](t *testing.T, title string, all []C, options func(C) desk.BubbleOptions, play func(*desk.World, C) []string) {
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	var y tally
	proof.Bubbles(t, proof.Begin(title, flags.Seed), all, &y, func(t *testing.T, c C) {
		o := options(c)
		o.Keys, o.Seed = keys, flags.Seed
		w, err := desk.Bubble(o)
		if err != nil {
			t.Fatal(err)
		}
		broken := play(w, c)
		f, more := w.Check()
		broken = append(broken, more...)
		proof.Wrong(t, c, broken)
		y.cases++
		y.violations += len(broken)
		y.sum.Add(f)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWrongClock(t *testing.T) {
	bubbles(t, "clock steps", proof.Choose(flags, cases(), 60), playWrong)
}

func playWrong(w *desk.World, c wrong) (broken []string) {
	true0 := w.Clock.Now().Sub(w.Now())
	if c.stage == "boot" {
		if err := w.End(); err != nil {
			return []string{err.Error()}
		}
		c.take(w)
		if err := w.Begin(); err != nil {
			return []string{err.Error()}
		}
		w.Board.Press(11)
	} else if !w.Shown(time.Minute, sale.SceneIdle) {
		return []string{"the machine did not begin to sell"}
	} else {
		reach(w, c.stage)
		c.take(w)
		afterwards(w, c.stage)
	}
	implausible := w.Clock.Plausible() != nil
	if c.restart {
		time.Sleep(time.Second)
		if err := w.End(); err != nil {
			return []string{err.Error()}
		}
		time.Sleep(2 * time.Second)
		if err := w.Begin(); err != nil {
			return []string{err.Error()}
		}
	}
	time.Sleep(c.lasts / 2)
	seq := w.Newest().Seq
	w.Board.Press(13) // somebody tries to buy meanwhile
	time.Sleep(c.lasts / 2)
	if implausible && w.Newest().Seq != seq {
		broken = append(broken, "an order was begun by an implausible clock")
	}
	// The time service mends the clock.
	w.Clock.Step(true0 - w.Clock.Now().Sub(w.Now()))
	w.Board.Plan(nil)
	if err := w.Settled(20 * time.Minute); err != nil {
		broken = append(broken, err.Error())
	}
	for range 10 {
		if buys(w) {
			return broken
		}
		time.Sleep(30 * time.Second)
	}
	return append(broken, "the machine does not sell again: "+string(w.Panel.Now().Kind))
}

// reach plays a customer up to a stage.
func reach(w *desk.World, stage string) {
	if stage == "idle" {
		return
	}
	switch stage {
	case "in doubt":
		w.Board.Mute(true)
		w.Board.Plan(saletest.Fate(saletest.Vend{Drops: true, Silent: true}))
	case "refunding":
		w.Board.Plan(saletest.Fate(saletest.Vend{}))
	}
	w.Board.Press(11)
	w.Shown(10*time.Second, sale.ScenePay)
	code := w.Panel.Now()
	switch stage {
	case "dispensing", "in doubt", "refunding":
		_ = w.Pay(code)
		want := map[string]sale.State{"dispensing": sale.Dispensing, "in doubt": sale.Unknown, "refunding": sale.Refunding}[stage]
		w.Until(time.Minute, func() bool { return w.Newest().State == want })
	case "closing", "closing and paid":
		_, _ = w.Provider.Scan(code.CodeURL, "customer")
		w.Board.Cancel()
		w.Until(time.Minute, func() bool { return w.Newest().State == sale.Closing })
	case "closed":
		w.Board.Cancel()
		w.Until(time.Minute, func() bool { return w.Newest().State == sale.Closed })
	}
}

// afterwards is what the customer does right after the step.
func afterwards(w *desk.World, stage string) {
	code := w.Panel.Now()
	switch stage {
	case "idle":
		w.Board.Press(11)
	case "code shown and paid":
		_ = w.Pay(code)
	case "closing and paid":
		_ = w.Provider.Pay("customer", string(w.Newest().Number))
	}
}

func buys(w *desk.World) bool {
	seq := w.Newest().Seq
	w.Board.Press(14)
	if !w.Until(12*time.Second, func() bool { s := w.Panel.Now(); return s.Kind == sale.ScenePay && w.Newest().Seq > seq }) {
		return false
	}
	return w.Pay(w.Panel.Now()) == nil && w.Until(time.Minute, func() bool { return w.Newest().State == sale.Dispensed })
}

// deadline is a span that the machine measures.
type deadline struct {
	name   string
	within time.Duration // as the core has it
	begin  func(w *desk.World)
	from   sale.State
	to     sale.State
}

// The network has no part in these, so that nothing but the clock can move
// them; in the first the clock stays within what the provider bears.
var deadlines = []deadline{
	{"the code's time", 30 * time.Second, func(w *desk.World) { w.Board.Press(11) }, sale.Awaiting, sale.Closing},
	{"a silent vend", 20 * time.Second, func(w *desk.World) { payFor(w, saletest.Vend{Silent: true}) }, sale.Dispensing, sale.Unknown},
	{"a board that is gone", 15 * time.Second, func(w *desk.World) {
		w.Board.Press(11)
		w.Shown(10*time.Second, sale.ScenePay)
		w.Board.Break()
		_ = w.Pay(w.Panel.Now())
	}, sale.Paid, sale.Refunding},
	{"a board that stays silent", 60 * time.Second, func(w *desk.World) {
		payFor(w, saletest.Vend{Silent: true})
		w.Until(time.Minute, func() bool { return w.Newest().State == sale.Dispensing })
		w.Board.Break()
	}, sale.Unknown, sale.Refunding},
}

func payFor(w *desk.World, v saletest.Vend) {
	w.Board.Plan(saletest.Fate(v))
	w.Board.Press(11)
	w.Shown(10*time.Second, sale.ScenePay)
	_ = w.Pay(w.Panel.Now())
}

type timed struct {
	deadline
	step
}

func (c timed) String() string { return c.deadline.name + "/" + c.step.name }

func TestDeadlinesIgnoreTheClock(t *testing.T) {
	var all []timed
	for _, d := range deadlines {
		for _, s := range steps {
			if d.from == sale.Awaiting && (s.by == 0 || s.by.Abs() > 4*time.Minute) {
				continue // then the provider refuses, and the code goes for that
			}
			all = append(all, timed{d, s})
		}
	}
	bubbles(t, "clock deadlines", proof.Choose(flags, all, len(all)), func(w *desk.World, c timed) []string {
		if !w.Shown(time.Minute, sale.SceneIdle) {
			return []string{"the machine did not begin to sell"}
		}
		true0 := w.Clock.Now().Sub(w.Now())
		c.begin(w)
		if !w.Until(2*time.Minute, func() bool { return passed(w, c.from) != (time.Time{}) }) {
			return []string{"the order never was " + string(c.from)}
		}
		time.Sleep(time.Second)
		c.take(w)
		w.Until(10*time.Minute, func() bool { return passed(w, c.to) != (time.Time{}) })
		took := passed(w, c.to).Sub(passed(w, c.from))
		w.Clock.Step(true0 - w.Clock.Now().Sub(w.Now()))
		w.Board.Mend()
		w.Board.Plan(nil)
		err := w.Settled(20 * time.Minute)
		if off := (took - c.within).Abs(); off > 600*time.Millisecond {
			return []string{fmt.Sprintf("it lasted %s instead of %s", took, c.within)}
		}
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	})
}

// passed is when the newest order entered a state, by the true clock.
func passed(w *desk.World, s sale.State) time.Time {
	for _, c := range w.Ledger.Commits(w.Newest().Number) {
		for _, l := range c.Trail {
			if l.State == s {
				return c.True
			}
		}
	}
	return time.Time{}
}
