package daemon

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch"
	"kioskd/watch/alarm"
	"kioskd/watch/logs"
	"kioskd/watch/metrics"
)

// lookEvery is how often the watcher looks at the machine.
const lookEvery = 5 * time.Second

// watcher looks at a daemon from outside: for Prometheus, for the technician's
// commands, and for whoever gets the alarms. It begins before the ledger is
// open, for that may be what somebody should know.
type watcher struct {
	address  string // of the metrics, may be empty
	limits   watch.Limits
	log      *slog.Logger
	lines    *logs.Log // may be nil
	metrics  *metrics.Metrics
	alarms   *alarm.Alarms
	outboxes []*alarm.Outbox

	cases watch.Cases
	reach watch.Reach
	news  chan struct{}

	mu        sync.Mutex
	seen      *seen       // nil until begin
	starting  *sale.Fault // why the ledger is not open yet
	boardGood time.Time
	bills     *watch.Bills // nil: none was compared yet
	// unanswered is when the machine last left a question without an answer.
	unanswered time.Time
}

// seen is what the watcher looks at once the ledger is open.
type seen struct {
	store   *store.Store
	machine *sale.Machine
	board   sale.Dispenser
	clock   clock.Clock
}

func newWatcher(c *configs.Config, version string, log *slog.Logger, lines *logs.Log) *watcher {
	w := &watcher{address: c.Watch.Metrics, limits: c.Watch.Alarms.Limits(), log: log, lines: lines, news: make(chan struct{}, 1)}
	if argv := c.Watch.Alarms.Command; len(argv) > 0 {
		w.outboxes = append(w.outboxes, alarm.NewOutbox(alarm.Command{Argv: argv}, log))
	}
	if url := c.Watch.Alarms.URL; url != "" {
		w.outboxes = append(w.outboxes, alarm.NewOutbox(alarm.NewURL(url, version), log))
	}
	lang := alarm.Chinese
	if strings.HasPrefix(string(c.Machine.Language), "en") {
		lang = alarm.English
	}
	w.alarms = alarm.New(alarm.Machine{ID: c.Machine.ID, Name: c.Machine.Name}, lang, c.Watch.Alarms.Repeat, func(m alarm.Message) {
		for _, o := range w.outboxes {
			o.Put(m)
		}
	})
	w.metrics = metrics.New(metrics.Options{
		Version: version, Machine: c.Machine.ID, Lines: w.counts, Alarms: w.alarms.Active, Deliveries: w.deliveries,
		State: func(ctx context.Context) watch.State { return w.figures(ctx, w.state(ctx)) },
	})
	return w
}

// start begins to look. The stop that it returns ends that, whatever is not
// delivered yet, and may be called again.
func (w *watcher) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx) })
	for _, o := range w.outboxes {
		running.Go(func() { o.Run(ctx) })
	}
	if w.address != "" {
		running.Go(func() { w.metrics.Serve(ctx, w.address, w.log) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func (w *watcher) run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s := w.state(ctx)
		if ctx.Err() == nil && (s.Opened || s.Starting != nil) { // else what was told would seem to be over
			w.alarms.Look(s.At, s.Conditions(w.limits))
		}
		select {
		case <-tick.C:
		case <-w.news:
		case <-ctx.Done():
			return
		}
	}
}

// cannotOpen notes why the ledger is not open yet.
func (w *watcher) cannotOpen(f *sale.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starting = f
}

// begin is called with a machine before it runs.
func (w *watcher) begin(s *store.Store, m *sale.Machine, board sale.Dispenser, c clock.Clock) error {
	waiting, err := s.Orders(store.Filter{States: []sale.State{sale.Attention}})
	if err != nil {
		return err
	}
	w.cases.Begin(waiting)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.starting = &seen{s, m, board, c}, nil
	return nil
}

// end is called before what begin has told of is closed. Another machine may
// begin after it.
func (w *watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = nil
}

// billed is told what the newest comparison of bills came to.
func (w *watcher) billed(b watch.Bills) {
	w.mu.Lock()
	w.bills = &b
	w.mu.Unlock()
	w.nudge()
}

// ledger and gateway let the watcher see what passes.
func (w *watcher) ledger(l sale.Ledger) sale.Ledger {
	return watch.ObserveLedger(l, func(s sale.Step, took time.Duration) {
		w.metrics.SawStep(s, took)
		if w.cases.Saw(s) {
			w.nudge()
		}
	})
}

func (w *watcher) gateway(g sale.Gateway) sale.Gateway {
	return watch.ObserveGateway(g, func(c watch.Call) {
		w.metrics.SawCall(c)
		w.reach.Saw(c)
	})
}

// needs is the machine's Alarm.
func (w *watcher) needs(o sale.Order) {
	w.cases.Needs(o)
	w.nudge()
}

func (w *watcher) nudge() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *watcher) counts() (n metrics.Lines) {
	if w.lines != nil {
		n.Written, n.Repeated = w.lines.Limit.Lines()
		n.Dropped = w.lines.Dropped()
	}
	return n
}

func (w *watcher) deliveries() (list []metrics.Delivery) {
	for _, o := range w.outboxes {
		n := o.Counts()
		list = append(list, metrics.Delivery{Target: o.Name(), Sent: n.Sent, Failed: n.Failed, Lost: n.Lost})
	}
	return list
}
