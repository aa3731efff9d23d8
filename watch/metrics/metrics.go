package metrics

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"kioskd/sale"
	"kioskd/watch"
)

// Options is what metrics are taken from. Every function is called at a scrape
// and must not block for long.
type Options struct {
	Version, Machine string
	State            func(context.Context) watch.State // with Slots and Ledger
	Lines            func() Lines
	Alarms           func() map[watch.Kind]int // that somebody was told about and that hold
	Deliveries       func() []Delivery
}

// Lines counts the log.
type Lines struct {
	Written, Repeated map[slog.Level]int
	Dropped           int
}

// Delivery counts the messages of one target.
type Delivery struct {
	Target             string
	Sent, Failed, Lost int
}

// Metrics has a registry of its own. SawStep and SawCall feed it.
type Metrics struct {
	registry *prometheus.Registry

	orders           *prometheus.CounterVec
	vends            *prometheus.CounterVec
	paid, refunded   prometheus.Counter
	payTakes, served prometheus.Histogram
	calls            *prometheus.HistogramVec
	failures         *prometheus.CounterVec
	commits          prometheus.Histogram

	mu     sync.Mutex
	paidAt map[sale.Number]time.Duration // Step.Since of orders that are paid and in hand
}

// New makes the registry.
func New(o Options) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		paidAt:   map[sale.Number]time.Duration{},

		orders:   counter("kioskd_orders_total", "Orders that reached an end, by state (closed, dispensed, refunded, attention) and cause.", "state", "cause"),
		vends:    counter("kioskd_vends_total", "Dispense commands by slot and outcome (dispensed, not_dispensed, unknown), test vends too.", "slot", "outcome"),
		paid:     prometheus.NewCounter(prometheus.CounterOpts{Name: "kioskd_paid_fen_total", Help: "Verified payments, in fen."}),
		refunded: prometheus.NewCounter(prometheus.CounterOpts{Name: "kioskd_refunded_fen_total", Help: "Refunds that the provider has finished, in fen."}),
		payTakes: prometheus.NewHistogram(histogram("kioskd_pay_seconds", "How long a code was up until it was paid.", 5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 900)),
		served:   prometheus.NewHistogram(histogram("kioskd_paid_to_dispensed_seconds", "From the verified payment to the board's word that the product fell.", 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120)),
		calls:    prometheus.NewHistogramVec(histogram("kioskd_provider_call_seconds", "Calls to the payment provider.", .05, .1, .2, .4, .8, 1.5, 3, 6, 15), []string{"call"}),
		failures: counter("kioskd_provider_failures_total", "Calls to the payment provider that brought an error, by class. Not every class is a fault: a query may say not_found.", "call", "class"),
		commits:  prometheus.NewHistogram(histogram("kioskd_ledger_commit_seconds", "Synced transactions of the ledger.", .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5)),
	}
	for _, call := range watch.CallNames() {
		m.calls.WithLabelValues(call)
	}
	m.registry.MustRegister(m.orders, m.vends, m.paid, m.refunded, m.payTakes, m.served, m.calls, m.failures, m.commits,
		newSnapshot(o), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "kioskd_build_info", Help: "Always 1; the labels say which program runs and on which machine.",
			ConstLabels: prometheus.Labels{"version": o.Version, "goversion": runtime.Version(), "machine": o.Machine},
		}, func() float64 { return 1 }))
	return m
}

// Gatherer is where the figures are read.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// SawStep learns from a step of the ledger. It does not block.
func (m *Metrics) SawStep(s sale.Step, took time.Duration) {
	m.commits.Observe(took.Seconds())
	o, from := s.Order, s.From
	for _, l := range s.Trail {
		m.vended(o, from, l)
		from = l.State
	}
	if o.Test() {
		return
	}
	ended := o.State.Final() && s.From != o.State
	if ended {
		m.orders.WithLabelValues(string(o.State), string(o.Cause)).Inc()
	}
	m.money(s, ended)
}

// money counts what came in and what went back. A payment is in the first step
// that leads out of the states of an unpaid order.
func (m *Metrics) money(s sale.Step, ended bool) {
	o := s.Order
	if unpaid(s.From) && !unpaid(o.State) {
		m.paid.Add(float64(o.Product.Price))
		if o.Shown > 0 && !o.Late {
			m.payTakes.Observe(o.Shown.Seconds())
		}
	}
	if o.State == sale.Refunded && s.From != sale.Refunded {
		m.refunded.Add(float64(o.Product.Price))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	begun, waits := m.paidAt[o.Number]
	switch {
	case ended:
		delete(m.paidAt, o.Number)
		if waits && o.State == sale.Dispensed && !o.Presumed {
			m.served.Observe((s.Since - begun).Seconds())
		}
	case !waits && (o.State == sale.Paid || o.State == sale.Dispensing):
		m.paidAt[o.Number] = s.Since
	}
}

func unpaid(s sale.State) bool {
	switch s {
	case "", sale.Created, sale.Awaiting, sale.Closing, sale.Closed:
		return true
	}
	return false
}

// vended counts a line that tells the outcome of a command.
func (m *Metrics) vended(o sale.Order, from sale.State, l sale.Line) {
	outcome := ""
	switch {
	case from != sale.Dispensing:
	case l.State == sale.Unknown:
		outcome = "unknown"
	case l.Cause == sale.CauseDropped:
		outcome = "dispensed"
	case l.Cause == sale.CauseNotDropped, l.Cause == sale.CauseNotSent:
		outcome = "not_dispensed"
	}
	if outcome != "" {
		m.vends.WithLabelValues(strconv.Itoa(int(o.Product.Slot)), outcome).Inc()
	}
}

// SawCall learns from a call to the provider. It does not block.
func (m *Metrics) SawCall(c watch.Call) {
	if errors.Is(c.Err, context.Canceled) {
		return
	}
	m.calls.WithLabelValues(c.Name).Observe(c.Took.Seconds())
	if c.Err != nil {
		m.failures.WithLabelValues(c.Name, class(c.Err)).Inc()
	}
}

func class(err error) string {
	for _, c := range []struct {
		err  error
		name string
	}{
		{sale.ErrNotFound, "not_found"}, {sale.ErrPaid, "paid"}, {sale.ErrPaying, "paying"}, {sale.ErrAlreadyClosed, "already_closed"},
		{sale.ErrRefused, "refused"}, {sale.ErrMerchant, "merchant"}, {sale.ErrNotEnough, "not_enough"},
	} {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	switch watch.CodeOf(err, "") {
	case sale.CodeNetDown:
		return "network"
	case sale.CodePayVerify:
		return "unverified"
	}
	return "temporary"
}
