package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"kioskd/sale"
)

// How long a loop may be away before it counts as hung. The kernel may hold a
// serial adapter for 30 s as it closes, and a worn memory card a commit.
const (
	loopWithin   = 45 * time.Second
	ledgerWithin = 10 * time.Minute // opening one: examined, or made again from its copies
)

// loop is one that a machine cannot sell without. beat is when it went round
// last; the zero time means that it does not run, which is no hang.
type loop struct {
	name   string
	within time.Duration
	beat   func() time.Time
}

// watchdog tells the service manager that the daemon is ready, how it is, and,
// for as long as no loop hangs, that it lives. All methods may be called from
// any goroutine.
type watchdog struct {
	log *slog.Logger
	// say sends a message of sd_notify(3). Where no service manager listens it
	// does nothing.
	say    func(state string) error
	within time.Duration // how soon the manager kills a silent daemon, 0: never

	mu    sync.Mutex
	loops map[*loop]bool // true: it hangs, and that was logged
	shown func() bool    // the screen is up
	word  string         // how the machine is; "" until that is known
	vend  time.Time      // a vend may be under way until then
}

func newWatchdog(log *slog.Logger) *watchdog {
	within, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("no watchdog", "error", err)
	}
	say := func(state string) error { _, err := systemd.SdNotify(false, state); return err }
	return &watchdog{log: log, say: say, within: within, loops: map[*loop]bool{}, shown: func() bool { return true }}
}

// watch adds a loop until it is removed.
func (w *watchdog) watch(l *loop) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loops[l] = false
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.loops, l)
	}
}

// readyWith makes the screen a part of being ready.
func (w *watchdog) readyWith(shown func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown = shown
}

// report says how the machine is, for systemctl status. A machine that runs and
// does not sell is ready: a new start would not mend it.
func (w *watchdog) report(word string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word = word
}

// vending begins a vend, which is not cut short for a loop that hangs: until
// then, or until it is over, the watchdog is fed.
func (w *watchdog) vending(until time.Time) (over func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.vend = until
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.vend = time.Time{}
	}
}

// stopping tells how long the end may take, because of a vend.
func (w *watchdog) stopping(within time.Duration) {
	w.tell(fmt.Sprintf("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=%d", within.Microseconds()))
}

// run tells the service manager until ctx ends.
func (w *watchdog) run(ctx context.Context) {
	every := time.Second
	if w.within > 0 {
		every = min(every, w.within/4)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	ready, said := false, ""
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			well, word := w.look(now)
			if !ready && well && word != "" {
				ready = true
				w.tell("READY=1")
			}
			if word != said {
				said = word
				w.tell("STATUS=" + word)
			}
			if well && w.within > 0 {
				w.tell("WATCHDOG=1")
			}
		}
	}
}

// look finds what hangs. word is empty until the screen is up as well.
func (w *watchdog) look(now time.Time) (well bool, word string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	well = true
	for l, logged := range w.loops {
		beat := l.beat()
		hangs := !beat.IsZero() && now.Sub(beat) > l.within
		if hangs && !logged {
			w.log.Error("a part of kioskd hangs", "error", &sale.Fault{
				Code: sale.CodeHang, What: fmt.Sprintf("the %s has not answered for more than %v", l.name, l.within),
				Hint: "the service manager starts kioskd anew; if it comes again, report it with this log",
			})
		}
		if logged && !hangs {
			w.log.Info("what hung goes on", "part", l.name)
		}
		w.loops[l] = hangs
		well = well && !hangs
	}
	if w.shown() {
		word = w.word
	}
	return well || now.Before(w.vend), word
}

func (w *watchdog) tell(state string) {
	if err := w.say(state); err != nil {
		w.log.Warn("the service manager cannot be told", "error", err)
	}
}

// machineEvery is how often the machine is asked how it is.
const machineEvery = 2 * time.Second

// watchMachine asks the machine until it ends: an answer has been through the
// goroutine that owns the orders.
func (w *watchdog) watchMachine(ctx context.Context, status func(context.Context) (sale.Status, error)) {
	var p pulse
	p.beat()
	defer w.watch(&loop{name: "machine", within: loopWithin, beat: p.last})()
	for {
		s, err := status(ctx)
		if err != nil {
			return
		}
		p.beat()
		w.report(wordOf(s))
		select {
		case <-ctx.Done():
			return
		case <-time.After(machineEvery):
		}
	}
}

func wordOf(s sale.Status) string {
	switch {
	case s.Selling:
		return "selling"
	case s.Fault != "":
		return "out of service: " + s.Fault
	}
	return "stopping"
}

// pulse is when something went round last.
type pulse struct {
	mu sync.Mutex
	at time.Time
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = time.Now()
}

func (p *pulse) last() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// vendMargin is what a driver may need behind the time for a vend.
const vendMargin = 15 * time.Second

// guardVends tells the watchdog of each vend.
func (w *watchdog) guardVends(d sale.Dispenser, within time.Duration) sale.Dispenser {
	g := guarded{d, w, within + vendMargin}
	if decliner, ok := d.(sale.Decliner); ok {
		return struct {
			guarded
			sale.Decliner
		}{g, decliner}
	}
	return g
}

type guarded struct {
	sale.Dispenser
	watchdog *watchdog
	within   time.Duration
}

// Dispense implements sale.Dispenser.
func (g guarded) Dispense(ctx context.Context, c sale.Command) sale.Verdict {
	defer g.watchdog.vending(time.Now().Add(g.within))()
	return g.Dispenser.Dispense(ctx, c)
}
