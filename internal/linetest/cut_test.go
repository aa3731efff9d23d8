package linetest_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

var (
	flags = proof.NewFlags()
	desks = flag.Int("desks", 24, "machines at once")
)

// backWithin is the promise about the plug; tests allow for a slow computer.
const backWithin = 3 * time.Second

// cut is one place where the plug is pulled.
type cut struct {
	phase  string
	name   string
	nth    int
	at     int // bytes of the frame that still pass
	out    time.Duration
	counts bool
}

func (c cut) String() string {
	memory := "counts"
	if !c.counts {
		memory = "mute"
	}
	return fmt.Sprintf("%s/%s#%d@%d/%s/%s", c.phase, c.name, c.nth, c.at, c.out, memory)
}

// phase is a part of a machine's life in which the plug is pulled. begin
// brings its exchanges about.
type phase struct {
	name  string
	begin func(d *desk.Desk) error
}

var phases = []phase{
	{"plug", func(d *desk.Desk) error {
		d.Wire.Unplug()
		time.Sleep(50 * time.Millisecond)
		return d.Wire.Plug()
	}},
	{"boot", func(d *desk.Desk) error {
		time.Sleep(2 * time.Second) // or the driver takes the board's greeting for the answer to its own
		d.Cabinet.Restart()
		time.Sleep(time.Second) // its keypad is dead meanwhile
		return nil
	}},
	{"sale", func(*desk.Desk) error { return nil }},
	{"jam", func(d *desk.Desk) error { return d.Cabinet.JamNext(slot) }},
}

const slot = 11

// player plays cases on one machine.
type player struct {
	t      *testing.T
	d      *desk.Desk
	counts bool
}

func newPlayer(t *testing.T, keys desk.Keys, seed uint64, counts bool) *player {
	d, err := desk.Start(t.Context(), desk.Options{
		Keys: keys, Seed: seed, VMC: func(s *vmc.Settings) { s.Counts = counts },
		Cabinet: func(o *devicetest.Options) { o.Slots = o.Slots[:2] },
		Log:     desk.Logger(fmt.Sprint(seed)),
	})
	if err != nil {
		t.Error(err)
		return nil
	}
	return &player{t, d, counts}
}

// customer buys, trying again if the machine had to refuse, and waits for the
// end of all orders. paid says whether money moved.
func (p *player) customer(ctx context.Context) (paid bool, err error) {
	for range 6 {
		seq := p.d.Seq()
		if err := p.d.Cabinet.Press(slot); err != nil {
			return false, err
		}
		s, err := p.d.Code(ctx, seq, 4*time.Second)
		if err == nil && p.d.Pay(s) == nil {
			return true, p.d.Settled(ctx, 120*time.Second)
		}
		time.Sleep(time.Second) // the plug may be out
	}
	return false, fmt.Errorf("nothing could be bought: %+v", p.d.Panel.Now())
}

// play pulls the plug once, and puts it back, around a sale.
func (p *player) play(ctx context.Context, c cut) (back time.Duration, struck bool, err error) {
	if err := p.ready(ctx); err != nil {
		return 0, false, fmt.Errorf("before the case: %w", err)
	}
	cuts := p.d.Wire.Cuts()
	p.d.Wire.SetRule(func(x desk.Passing) (int, bool) {
		return c.at, x.Name == c.name && x.Nth == c.nth
	})
	measured := make(chan time.Duration, 1)
	watch, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { measured <- p.replug(watch, cuts, c.out) })
	i := slices.IndexFunc(phases, func(x phase) bool { return x.name == c.phase })
	if err = phases[i].begin(p.d); err == nil {
		_, err = p.customer(ctx)
	}
	struck = p.d.Wire.Cuts() > cuts
	p.d.Wire.SetRule(nil)
	if !struck {
		stop()
	}
	wg.Wait()
	stop()
	return <-measured, struck, err
}

// replug waits for the cut, puts the plug in again after out, and measures how
// long the driver then needs.
func (p *player) replug(ctx context.Context, cuts int, out time.Duration) time.Duration {
	for p.d.Wire.Cuts() == cuts {
		select {
		case <-ctx.Done():
			return 0
		case <-time.After(2 * time.Millisecond):
		}
	}
	p.d.Wire.SetRule(nil)
	time.Sleep(out)
	if err := p.d.Wire.Plug(); err != nil {
		p.t.Error(err)
	}
	from := p.d.Wire.Plugged()
	for p.d.Driver.Health() != nil && ctx.Err() == nil && time.Since(from) < 30*time.Second {
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(from)
}

// ready waits for a machine that sells, with the slot in order again.
func (p *player) ready(ctx context.Context) error {
	p.d.Cabinet.Clear()
	if err := p.d.Wire.Plug(); err != nil {
		return err
	}
	if err := p.d.Cabinet.SetStock(slot, 250); err != nil { // reports the slot
		return err
	}
	if err := p.d.Idle(ctx, 60*time.Second); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)                                      // the report of the slot has passed
	_, err := p.d.Machine.Shelve(ctx, slot, sale.Shelving{Open: new(true)}) // a case before may have jammed it
	return err
}

// audit compares the books and says what is wrong with them, and not known.
func (p *player) audit(known map[string]bool) (broken []string) {
	books, err := p.d.Books()
	if err != nil {
		return []string{err.Error()}
	}
	_, all := books.Check()
	for _, b := range all {
		if !known[b] {
			known[b] = true
			broken = append(broken, b)
		}
	}
	// A computer that stalls answers one POLL late and is heard on the next
	// one: that may repeat a question, but never a dispense command.
	for _, b := range p.d.Cabinet.Counters().Breaches {
		if strings.Contains(b, "06") && !known[b] {
			known[b] = true
			broken = append(broken, "protocol: "+b)
		}
	}
	return broken
}

// learn records the frames of one undisturbed run of each phase: the places
// where a plug can be pulled.
func learn(t *testing.T, keys desk.Keys) (all []cut) {
	p := newPlayer(t, keys, flags.Seed, true)
	if p == nil {
		return nil
	}
	defer p.d.Close()
	p.d.Provider.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 0 })
	for _, phase := range phases {
		if err := p.ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var seen []desk.Passing
		p.d.Wire.SetRule(func(x desk.Passing) (int, bool) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, x)
			return 0, false
		})
		if err := phase.begin(p.d); err != nil {
			t.Fatal(err)
		}
		if _, err := p.customer(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.d.Wire.SetRule(nil)
		mu.Lock()
		for _, x := range worth(phase.name, seen) {
			for at := range x.Len {
				all = append(all, cut{phase.name, x.Name, x.Nth, at, 300 * time.Millisecond, true})
			}
		}
		mu.Unlock()
	}
	return all
}

// worth leaves out what comes again and again, and what another phase has.
func worth(phase string, seen []desk.Passing) (out []desk.Passing) {
	start := map[string]string{"plug": "05", "boot": "05", "jam": "06"}[phase]
	for _, x := range seen {
		most := 2
		if strings.HasSuffix(x.Name, "poll") || strings.HasSuffix(x.Name, "11") {
			most = 1
		}
		switch {
		case (phase == "plug" || phase == "boot") && strings.Contains(x.Name, start):
			return out // the sale of this phase is as every other
		case phase == "jam" && !strings.Contains(x.Name, "04"):
			continue
		case x.Nth <= most:
			out = append(out, x)
		}
	}
	return out
}

func TestPlugPulledAtEveryByte(t *testing.T) {
	t.Parallel()
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	cases := learn(t, keys)
	if len(cases) < 150 {
		t.Errorf("only %d bytes were seen in the exchanges of a sale", len(cases))
	}
	for _, c := range slices.Clone(cases) {
		// A board whose counters are not trusted can prove nothing afterwards.
		if c.counts = false; !strings.Contains(c.name, "item") {
			cases = append(cases, c)
		}
	}
	for _, c := range slices.Clone(cases) {
		// Out for long: the driver must not mind, the customer may be gone.
		if c.phase == "sale" && (strings.Contains(c.name, "06") || strings.Contains(c.name, "04")) {
			c.out = 5 * time.Second
			cases = append(cases, c)
		}
	}
	if !flags.Full && flags.Case == "" {
		cases = sample(cases)
	}
	cases = proof.Choose(flags, cases, len(cases))
	run(t, "line cuts", keys, cases, func(ctx context.Context, p *player, c cut) (outcome, error) {
		back, struck, err := p.play(ctx, c)
		if err == nil && struck && back > backWithin+7*time.Second {
			err = fmt.Errorf("the driver was back only %s after the plug", back.Round(time.Millisecond))
		}
		return outcome{struck, back}, err
	}, func(c cut) bool { return c.counts })
}

// sample keeps one byte of each frame, so that every exchange is cut.
func sample(cases []cut) []cut {
	seen := map[string]bool{}
	return slices.DeleteFunc(cases, func(c cut) bool {
		if c.out > time.Second || !c.counts {
			return true
		}
		c.at = 0
		key := c.String()
		was := seen[key]
		seen[key] = true
		return was
	})
}
