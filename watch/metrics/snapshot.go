package metrics

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kioskd/sale"
	"kioskd/watch"
)

// answerWithin bounds the wait for the machine at a scrape.
const answerWithin = 2 * time.Second

// snapshot collects the state at the moment of the scrape.
type snapshot struct {
	o     Options
	descs map[string]*prometheus.Desc
}

var _ prometheus.Collector = (*snapshot)(nil)

func newSnapshot(o Options) *snapshot {
	s := &snapshot{o, map[string]*prometheus.Desc{}}
	for _, f := range families() {
		s.descs[f.name] = prometheus.NewDesc(f.name, f.help, f.labels, nil)
	}
	return s
}

type family struct {
	name, help string
	labels     []string
}

// families are the metrics of the state. Those that end in _total are counters.
func families() []family {
	return []family{
		{"kioskd_answering", "1 if the machine answers, 0 while it starts or hangs.", nil},
		{"kioskd_up_seconds", "How long the machine has been running.", nil},
		{"kioskd_selling", "1 if the next customer can buy.", nil},
		{"kioskd_fault", "1 for the code that keeps the machine from selling; absent while it sells.", []string{"code"}},
		{"kioskd_open_orders", "Orders with work to do, by state.", []string{"state"}},
		{"kioskd_attention_orders", "Orders that need a person.", nil},
		{"kioskd_doubts_last_day", "Vends of the last 24 hours that ended without an answer.", nil},
		{"kioskd_controller_up", "1 while the controller answers.", nil},
		{"kioskd_controller_good_timestamp_seconds", "When the controller was last well; absent if never.", nil},
		{"kioskd_door_open", "1 while the door is open; absent if the controller does not say.", nil},
		{"kioskd_temperature_celsius", "Inside the cabinet; absent if the controller does not say.", nil},
		{"kioskd_provider_up", "1 if the last call to the payment provider was answered.", nil},
		{"kioskd_provider_good_timestamp_seconds", "When the payment provider last answered; absent if never.", nil},
		{"kioskd_clock_plausible", "1 if requests may be signed with the clock's time.", nil},
		{"kioskd_clock_skew_seconds", "How far the clock is ahead of the provider's; absent if not known.", nil},
		{"kioskd_bills_differing", "Days whose bill and ledger differ, as of the newest daily comparison; absent before the first.", nil},
		{"kioskd_slot_stock", "Products left in a slot that is counted.", []string{"slot"}},
		{"kioskd_slot_closed", "1 while the slot is closed.", []string{"slot"}},
		{"kioskd_slot_sold_out", "1 while the slot is empty.", []string{"slot"}},
		{"kioskd_ledger_size_bytes", "The ledger's file.", nil},
		{"kioskd_ledger_used_bytes", "The ledger up to its last page in use.", nil},
		{"kioskd_ledger_free_bytes", "Free space on the ledger's disk.", nil},
		{"kioskd_ledger_written_bytes_total", "What this process has written to the ledger.", nil},
		{"kioskd_ledger_orders", "Orders in the ledger.", nil},
		{"kioskd_ledger_journal_entries", "Entries in the ledger's journal.", nil},
		{"kioskd_ledger_starts_total", "Starts of the daemon on this ledger.", nil},
		{"kioskd_log_lines_total", "Lines of the log that were written, by level.", []string{"level"}},
		{"kioskd_log_repeated_total", "Lines of the log that were counted instead of written, by level.", []string{"level"}},
		{"kioskd_log_dropped_total", "Lines of the log that nobody took.", nil},
		{"kioskd_alarms", "Conditions that somebody was told about and that hold, by kind.", []string{"kind"}},
		{"kioskd_alarm_messages_total", "Messages to a target: sent, failed attempts, lost.", []string{"target", "result"}},
	}
}

// Describe is part of [prometheus.Collector].
func (s *snapshot) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		ch <- d
	}
}

// Collect is part of [prometheus.Collector].
func (s *snapshot) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	put := func(name string, v float64, labels ...string) {
		kind := prometheus.GaugeValue
		if strings.HasSuffix(name, "_total") {
			kind = prometheus.CounterValue
		}
		ch <- prometheus.MustNewConstMetric(s.descs[name], kind, v, labels...)
	}
	state := s.o.State(ctx)
	machine(put, state)
	around(put, state)
	slots(put, state.Slots)
	ledger(put, state.Ledger)
	s.log(put)
	s.alarms(put)
}

// put emits one figure.
type put func(name string, v float64, labels ...string)

func machine(put put, s watch.State) {
	put("kioskd_answering", flag(s.Sale != nil))
	put("kioskd_selling", flag(s.Sale != nil && s.Sale.Selling))
	put("kioskd_attention_orders", float64(count(s.Waiting)))
	if f := s.Starting; f != nil {
		put("kioskd_fault", 1, string(f.Code))
	}
	if s.Sale == nil {
		return
	}
	put("kioskd_up_seconds", s.Sale.Up.Seconds())
	put("kioskd_doubts_last_day", float64(s.Sale.Doubts))
	if c := s.Sale.Code; c != "" {
		put("kioskd_fault", 1, string(c))
	}
	open := map[sale.State]int{}
	for _, o := range s.Sale.Open {
		open[o.State]++
	}
	for _, state := range sale.States() {
		if !state.Final() || state == sale.Closed {
			put("kioskd_open_orders", float64(open[state]), string(state))
		}
	}
}

// count leaves out orders that need a person and go on all the same.
func count(waiting []sale.Order) (n int) {
	for _, o := range waiting {
		if o.State == sale.Attention {
			n++
		}
	}
	return n
}

func around(put put, s watch.State) {
	if !s.Opened {
		return
	}
	put("kioskd_controller_up", flag(s.Board == nil))
	since(put, "kioskd_controller_good_timestamp_seconds", s.BoardGood)
	put("kioskd_provider_up", flag(s.Provider == nil && !s.ProviderGood.IsZero()))
	since(put, "kioskd_provider_good_timestamp_seconds", s.ProviderGood)
	put("kioskd_clock_plausible", flag(s.Clock == nil))
	if s.Skew != nil {
		put("kioskd_clock_skew_seconds", s.Skew.Seconds())
	}
	if s.Bills != nil {
		put("kioskd_bills_differing", float64(len(s.Bills.Differ)))
	}
	if open := s.Cabinet.DoorOpen; open != nil {
		put("kioskd_door_open", flag(*open))
	}
	if c := s.Cabinet.Celsius; c != nil {
		put("kioskd_temperature_celsius", float64(*c))
	}
}

func slots(put put, list []sale.SlotStatus) {
	for _, s := range list {
		slot := strconv.Itoa(int(s.Product.Slot))
		put("kioskd_slot_closed", flag(s.State == sale.SlotClosed), slot)
		put("kioskd_slot_sold_out", flag(s.State == sale.OutOfStock), slot)
		if s.Shelf.Counted {
			put("kioskd_slot_stock", float64(s.Shelf.Stock), slot)
		}
	}
}

func ledger(put put, l *watch.Ledger) {
	if l == nil {
		return
	}
	put("kioskd_ledger_size_bytes", float64(l.Size))
	put("kioskd_ledger_used_bytes", float64(l.Used))
	put("kioskd_ledger_free_bytes", float64(l.Free))
	put("kioskd_ledger_written_bytes_total", float64(l.Written))
	put("kioskd_ledger_orders", float64(l.Orders))
	put("kioskd_ledger_journal_entries", float64(l.Journal))
	put("kioskd_ledger_starts_total", float64(l.Starts))
}

func (s *snapshot) log(put put) {
	lines := s.o.Lines()
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		name := strings.ToLower(level.String())
		put("kioskd_log_lines_total", float64(lines.Written[level]), name)
		put("kioskd_log_repeated_total", float64(lines.Repeated[level]), name)
	}
	put("kioskd_log_dropped_total", float64(lines.Dropped))
}

func (s *snapshot) alarms(put put) {
	active := s.o.Alarms()
	for _, kind := range watch.Kinds() {
		put("kioskd_alarms", float64(active[kind]), string(kind))
	}
	for _, d := range s.o.Deliveries() {
		put("kioskd_alarm_messages_total", float64(d.Sent), d.Target, "sent")
		put("kioskd_alarm_messages_total", float64(d.Failed), d.Target, "failed")
		put("kioskd_alarm_messages_total", float64(d.Lost), d.Target, "lost")
	}
}

func since(put put, name string, t time.Time) {
	if !t.IsZero() {
		put(name, float64(t.UnixMilli())/1000)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
