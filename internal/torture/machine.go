package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// What may be expected of a machine on a noisy host: limits that only a hang
// exceeds.
const (
	answersWithin = 20 * time.Second
	sellsWithin   = 90 * time.Second
	hitsWithin    = 40 * time.Second // an aimed kill, after the daemon is ready
	settlesWithin = 3 * time.Minute
	slow          = 6 * time.Second // a start that is worth a line
)

// machine is one kiosk whose daemon is killed.
type machine struct {
	name     string
	daemon   *crashtest.Daemon
	world    *crashtest.World
	crowd    *crashtest.Crowd
	random   *rand.Rand
	offset   int // of its first kill in the plan
	kept     string
	progress io.Writer
	figures  Figures
}

// newMachine starts the simulators in a new folder.
func newMachine(ctx context.Context, o Options, n int) (*machine, error) {
	dir, err := os.MkdirTemp("", "kioskd-torture-")
	if err != nil {
		return nil, err
	}
	seed := o.Seed*1000 + uint64(n)
	m := &machine{
		name: fmt.Sprintf("machine %d", n), daemon: crashtest.NewDaemon(dir, o.Daemon),
		random: rand.New(rand.NewPCG(seed, 1)), offset: n * 14, kept: o.Keep, progress: o.Progress, figures: Figures{Machines: 1, Points: map[string]int{}},
	}
	if m.world, err = crashtest.NewWorld(ctx, dir, o.Sim, seed); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	m.crowd = &crashtest.Crowd{World: m.world, Daemon: m.daemon, Random: rand.New(rand.NewPCG(seed, 2))}
	return m, nil
}

func (m *machine) close() {
	m.daemon.Kill()
	m.world.Close()
	os.RemoveAll(m.daemon.Dir)
}

// run kills the daemon kills times, then lets every order come to its end.
func (m *machine) run(ctx context.Context, kills, every int, done func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	crowd := make(chan error, 1)
	go func() {
		err := m.crowd.Run(ctx)
		crowd <- err
	}()
	var err error
	for n := 0; n < kills && err == nil && ctx.Err() == nil; n++ {
		if err = m.kill(ctx, plan(m.offset+n, m.random)); err == nil && (n+1)%every == 0 {
			err = m.audit(false)
		}
		done()
	}
	stop()
	if e := <-crowd; err == nil {
		err = e
	}
	if err == nil {
		err = m.settle()
	}
	m.figures.Customers = int(m.crowd.Served.Load())
	if err != nil || len(m.figures.Violations) > 0 {
		m.keep()
	}
	return err
}

// kill starts the daemon and lives through the plan of its end.
func (m *machine) kill(ctx context.Context, k kill) error {
	m.crowd.Prefer(k.habits...)
	defer m.crowd.Prefer()
	pause(ctx, nil, k.dark)
	if err := m.world.Mend(); err != nil {
		return err
	}
	fmt.Fprintf(m.daemon, "=== %s %s: start, to be killed %s\n", time.Now().UTC().Format(time.RFC3339Nano), m.name, k)
	begun := time.Now()
	if err := m.daemon.Start(k.point); err != nil {
		return err
	}
	dead := m.daemon.Dead()
	if k.point == "" && k.early {
		pause(ctx, dead, k.after)
	} else if err := m.ready(begun); err != nil && !errors.Is(err, crashtest.ErrDied) {
		m.figures.violation("%s: %s: %v", m.name, k, err)
	} else if k.point != "" {
		pause(ctx, dead, hitsWithin)
	} else {
		pause(ctx, dead, k.after)
	}
	m.count(k, closed(dead))
	m.daemon.Kill()
	return nil
}

func (m *machine) count(k kill, died bool) {
	f := &m.figures
	f.Kills++
	switch {
	case k.point != "" && died:
		f.Aimed++
		f.Points[k.point]++
		return
	case died:
		f.violation("%s: the daemon ended by itself, %s", m.name, k)
	case k.point != "":
		f.Missed++
	}
	f.Random++
	if k.point == "" && k.early {
		f.Early++
	}
}

// ready measures the start. It waits until the daemon sells or has died. A
// daemon that has begun an order has sold, whatever it says a moment later.
func (m *machine) ready(begun time.Time) error {
	var answers, ready time.Duration
	held := false
	last, sequence := "nothing", uint64(0)
	err := m.daemon.Until(sellsWithin, "a daemon that sells", func() bool {
		s, err := m.daemon.Status()
		in := time.Since(begun)
		if err != nil {
			return in > answersWithin
		}
		if !s.Selling {
			last = s.Fault + ", in hand" + inHand(s)
		}
		if answers == 0 {
			answers, sequence = in, s.Sequence
		}
		sells := s.Selling || s.Sequence > sequence
		held = held || s.Code == sale.CodeUnsettled && !sells
		if ready == 0 && (sells || held) {
			ready = in
		}
		return sells
	})
	f := &m.figures
	if answers > 0 {
		f.Answers = append(f.Answers, answers)
	} else if err == nil {
		err = fmt.Errorf("no answer within %s", answersWithin)
	}
	if ready > 0 {
		f.Ready = append(f.Ready, ready)
	}
	switch sells := time.Since(begun); {
	case err != nil:
		return fmt.Errorf("%w; last it said %s", err, last)
	case held:
		f.Settled = append(f.Settled, sells)
	default:
		f.Selling = append(f.Selling, sells)
	}
	if sells := time.Since(begun); sells > slow {
		fmt.Fprintf(m.progress, "torture: %s sold %.1f s after its start; before that it said %s\n", m.name, sells.Seconds(), last)
	}
	return nil
}

// inHand tells the orders that are more than waiting for a sweep.
func inHand(s sale.Status) (list string) {
	for _, o := range s.Open {
		if o.State != sale.Closed {
			list += fmt.Sprintf(" %s (%s by %s)", o.Number, o.State, o.Cause)
		}
	}
	return list
}

// audit compares the books while the daemon is dead. At the end nothing may be
// open, and the money must agree.
func (m *machine) audit(end bool) error {
	m.daemon.Kill()
	time.Sleep(300 * time.Millisecond) // calls under way end
	orders, err := m.daemon.ReadLedger()
	if err != nil {
		m.figures.violation("%s: the ledger cannot be read: %v", m.name, err)
		return nil
	}
	books, err := m.world.Books(orders)
	if err != nil {
		return err
	}
	m.figures.Audits++
	sums, broken := books.Check()
	for _, b := range broken {
		m.figures.violation("%s: %s", m.name, b)
	}
	if !end {
		return nil
	}
	m.figures.Books = sums
	if sums.Open > 0 {
		m.figures.violation("%s: %d orders never came to an end", m.name, sums.Open)
	}
	if there, here := books.Balance(); there != here {
		m.figures.violation("%s: kept %d fen by the provider's books and %d fen by the ledger", m.name, there, here)
	}
	cabinet, err := m.world.Look()
	m.figures.Breaches = len(cabinet.Counters.Breaches)
	return err
}

// settle starts the daemon once more, without customers, and audits when every
// order has ended.
func (m *machine) settle() error {
	if err := m.world.Mend(); err != nil {
		return err
	}
	if err := m.daemon.Start(""); err != nil {
		return err
	}
	err := m.daemon.Until(settlesWithin, "the end of every order", func() bool {
		time.Sleep(200 * time.Millisecond)
		orders, err := m.daemon.List()
		return err == nil && !slices.ContainsFunc(orders, func(o sale.Order) bool { return !o.State.Final() })
	})
	if err != nil {
		m.figures.violation("%s: %v", m.name, err)
	}
	return m.audit(true)
}

// keep saves what an explanation needs: the log, the ledger and the config.
func (m *machine) keep() {
	if m.kept == "" {
		return
	}
	dir := filepath.Join(m.kept, m.name)
	_ = os.MkdirAll(dir, 0o700)
	_ = os.WriteFile(filepath.Join(dir, "log"), []byte(m.daemon.Log()), 0o600)
	if ledger, err := os.ReadFile(m.daemon.Ledger()); err == nil {
		_ = os.WriteFile(filepath.Join(dir, "kioskd.db"), ledger, 0o600)
	}
}

// pause waits for d, or until dead is closed or ctx ends.
func pause(ctx context.Context, dead <-chan struct{}, d time.Duration) {
	select {
	case <-time.After(d):
	case <-dead:
	case <-ctx.Done():
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
