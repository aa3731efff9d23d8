package daemon

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/sale"
)

// told is what a service manager hears.
type told struct {
	mu    sync.Mutex
	lines []string
	fed   time.Time
}

func (h *told) say(state string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if state == "WATCHDOG=1" {
		h.fed = time.Now()
	} else {
		h.lines = append(h.lines, state)
	}
	return nil
}

// heard returns what was said since the last call.
func (h *told) heard() (lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines, h.lines = h.lines, nil
	return lines
}

func (h *told) hungry() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.fed)
}

// notes is a log that may be read while it is written.
type notes struct {
	mu sync.Mutex
	b  strings.Builder
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// besideOne runs f beside a watchdog of 30 s.
func besideOne(t *testing.T, f func(t *testing.T, w *watchdog, h *told, log *notes)) {
	synctest.Test(t, func(t *testing.T) {
		var h told
		var log notes
		w := newWatchdog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: noTime})))
		w.say, w.within = h.say, 30*time.Second
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.run(ctx) }()
		f(t, w, &h, &log)
		stop()
		<-done
	})
}

func noTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestReadyIsScreenAndMachine(t *testing.T) {
	besideOne(t, func(t *testing.T, w *watchdog, h *told, _ *notes) {
		up := false
		var mu sync.Mutex
		w.readyWith(func() bool { mu.Lock(); defer mu.Unlock(); return up })
		expect := func(when string, want ...string) {
			t.Helper()
			time.Sleep(2500 * time.Millisecond)
			if got := h.heard(); !slices.Equal(got, want) {
				t.Errorf("%s: told %q, want %q", when, got, want)
			}
		}
		expect("nothing is there")
		w.report("out of service: E-STORE-02: no room")
		expect("no screen")
		mu.Lock()
		up = true
		mu.Unlock()
		expect("both, out of service", "READY=1", "STATUS=out of service: E-STORE-02: no room")
		w.report("selling")
		expect("it sells", "STATUS=selling")
		w.report("selling")
		expect("nothing new")
		w.stopping(75 * time.Second)
		expect("the end", "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=75000000")
	})
}

// TestALoopThatHangs: one that hangs is named and starves the watchdog, one
// that has not begun or was removed does not, and one that comes back feeds it
// again.
func TestALoopThatHangs(t *testing.T) {
	besideOne(t, func(t *testing.T, w *watchdog, h *told, log *notes) {
		var goes, idle pulse
		goes.beat()
		remove := w.watch(&loop{name: "serial line", within: loopWithin, beat: goes.last})
		w.watch(&loop{name: "screen", within: loopWithin, beat: idle.last})
		time.Sleep(loopWithin)
		if h.hungry() > 2*time.Second || log.String() != "" {
			t.Fatalf("not fed for %v before the loop hangs, log %s", h.hungry(), log)
		}
		time.Sleep(20 * time.Second)
		if h.hungry() < 15*time.Second {
			t.Error("fed beside a loop that hangs")
		}
		const want = `level=ERROR msg="a part of kioskd hangs" error="E-HANG-01: the serial line has not answered for more than 45s ` +
			`(the service manager starts kioskd anew; if it comes again, report it with this log)"` + "\n"
		if log.String() != want {
			t.Errorf("log\n%swant\n%s", log, want)
		}
		goes.beat()
		time.Sleep(2 * time.Second)
		if h.hungry() > 2*time.Second {
			t.Error("not fed after the loop came back")
		}
		if !strings.HasSuffix(log.String(), "level=INFO msg=\"what hung goes on\" part=\"serial line\"\n") {
			t.Errorf("log %s", log)
		}
		remove()
		time.Sleep(2 * loopWithin)
		if h.hungry() > 2*time.Second {
			t.Error("starved by a loop that was removed")
		}
	})
}

// slowMotor vends until it is let go.
type slowMotor struct {
	sale.Dispenser
	let chan struct{}
}

func (m slowMotor) Dispense(context.Context, sale.Command) sale.Verdict {
	<-m.let
	return sale.Verdict{Outcome: sale.OutcomeDispensed}
}

func TestAVendIsNotCutByTheWatchdog(t *testing.T) {
	besideOne(t, func(t *testing.T, w *watchdog, h *told, _ *notes) {
		var p pulse
		p.beat()
		w.watch(&loop{name: "machine", within: loopWithin, beat: p.last})
		time.Sleep(loopWithin - time.Second)
		m := slowMotor{let: make(chan struct{})}
		d := w.guardVends(m, time.Minute)
		done := make(chan sale.Verdict)
		go func() { done <- d.Dispense(t.Context(), sale.Command{}) }()
		time.Sleep(74 * time.Second)
		if h.hungry() > 2*time.Second {
			t.Errorf("not fed for %v in a vend", h.hungry())
		}
		time.Sleep(20 * time.Second) // longer than a vend may take
		if h.hungry() < 15*time.Second {
			t.Error("fed for a vend that has no end")
		}
		close(m.let)
		if v := <-done; v.Outcome != sale.OutcomeDispensed {
			t.Errorf("the vend ends with %v", v)
		}
	})
}

// The machine asks whether its dispenser is one that waits for the end of a
// sale: the guard must not make one of it, nor hide it.
func TestGuardKeepsWhatADispenserIs(t *testing.T) {
	w := newWatchdog(slog.New(slog.DiscardHandler))
	if _, ok := w.guardVends(slowMotor{}, time.Minute).(sale.Decliner); ok {
		t.Error("a dispenser became a decliner")
	}
	d, ok := w.guardVends(decliner{}, time.Minute).(sale.Decliner)
	if !ok {
		t.Fatal("a decliner is none any more")
	}
	d.Decline(nil)
}

type decliner struct{ slowMotor }

func (decliner) Decline(sale.Evidence) {}

// A machine that does not come to an answer is a hang; one that has ended is not.
func TestTheMachineIsAsked(t *testing.T) {
	besideOne(t, func(t *testing.T, w *watchdog, h *told, log *notes) {
		ctx, stop := context.WithCancel(t.Context())
		answers, ended := make(chan sale.Status), make(chan struct{})
		go func() {
			defer close(ended)
			w.watchMachine(ctx, func(ctx context.Context) (sale.Status, error) {
				select {
				case s := <-answers:
					return s, nil
				case <-ctx.Done():
					return sale.Status{}, ctx.Err()
				}
			})
		}()
		answers <- sale.Status{Code: sale.CodeNetDown, Fault: "E-NET-01: no connection"}
		time.Sleep(2 * time.Second)
		if got, want := h.heard(), []string{"READY=1", "STATUS=out of service: E-NET-01: no connection"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		answers <- sale.Status{Selling: true}
		time.Sleep(loopWithin + 10*time.Second)
		if h.hungry() < 5*time.Second || !strings.Contains(log.String(), "E-HANG-01: the machine has not answered for more than 45s") {
			t.Errorf("a machine that does not answer feeds the watchdog; log %s", log)
		}
		stop()
		<-ended
		time.Sleep(2 * time.Second)
		if h.hungry() > 2*time.Second {
			t.Error("a machine that has ended starves the watchdog")
		}
	})
}
