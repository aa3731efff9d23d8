package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"kioskd/sale"
	"kioskd/store/ledgertest"
	"kioskd/watch"
	"kioskd/watch/metrics"
)

// full is a state in which everything is known.
func full() watch.State {
	at := time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC)
	return watch.State{
		At: at, Opened: true,
		Sale: &sale.Status{Code: sale.CodeNetDown, Doubts: 2, Up: 90 * time.Second, Open: []sale.OpenOrder{
			{State: sale.Awaiting}, {State: sale.Closed}, {State: sale.Closed}, {State: sale.Attention},
		}},
		Waiting: []sale.Order{{Number: "A", State: sale.Attention}, {Number: "B", State: sale.Refunding}},
		Board:   errors.New("silent"), BoardGood: at, Provider: io.EOF, ProviderGood: at.Add(-time.Minute),
		Cabinet: watch.Cabinet{DoorOpen: new(true), Celsius: new(-3)},
		Clock:   errors.New("wrong"), Skew: new(-1500 * time.Millisecond),
		Bills: &watch.Bills{Differ: []string{"2026-11-26", "2026-11-27"}},
		Slots: []sale.SlotStatus{
			{Product: sale.Product{Slot: 11, Name: "农夫山泉"}, Shelf: sale.Shelf{Slot: 11, Counted: true, Stock: 7}},
			{Product: sale.Product{Slot: 12}, State: sale.SlotClosed}, {Product: sale.Product{Slot: 13}, State: sale.OutOfStock},
		},
		Ledger: &watch.Ledger{Size: 4 << 20, Used: 1 << 20, Free: 9 << 30, Written: 4096, Orders: 3, Journal: 12, Starts: 5},
	}
}

func newMetrics(state func() watch.State) *metrics.Metrics {
	return metrics.New(metrics.Options{
		Version: "v1.2", Machine: "SH0042",
		State: func(context.Context) watch.State { return state() },
		Lines: func() metrics.Lines {
			return metrics.Lines{Written: map[slog.Level]int{slog.LevelWarn: 3}, Repeated: map[slog.Level]int{slog.LevelWarn: 40}, Dropped: 1}
		},
		Alarms:     func() map[watch.Kind]int { return map[watch.Kind]int{watch.Door: 1} },
		Deliveries: func() []metrics.Delivery { return []metrics.Delivery{{Target: "command", Sent: 4, Failed: 2, Lost: 1}} },
	})
}

// busy has seen all that can be seen.
func busy() *metrics.Metrics {
	m := newMetrics(full)
	for _, s := range ledgertest.Happy(1) {
		m.SawStep(s, 3*time.Millisecond)
	}
	m.SawStep(sale.Step{From: sale.Dispensing, Order: sale.Order{State: sale.Unknown}, Trail: []sale.Line{{State: sale.Unknown}}}, 0)
	m.SawCall(watch.Call{Name: "query", Took: 100 * time.Millisecond, Err: sale.ErrNotFound})
	return m
}

func TestTheState(t *testing.T) {
	m := newMetrics(full)
	expect(t, m, `
kioskd_alarm_messages_total{result="failed",target="command"} 2
kioskd_alarm_messages_total{result="lost",target="command"} 1
kioskd_alarm_messages_total{result="sent",target="command"} 4
kioskd_alarms{kind="attention"} 0
kioskd_alarms{kind="bill"} 0
kioskd_alarms{kind="clock"} 0
kioskd_alarms{kind="controller"} 0
kioskd_alarms{kind="door"} 1
kioskd_alarms{kind="offline"} 0
kioskd_alarms{kind="stopped"} 0
kioskd_alarms{kind="store"} 0
kioskd_alarms{kind="temperature"} 0
kioskd_alarms{kind="unknown"} 0
kioskd_answering 1
kioskd_attention_orders 1
kioskd_bills_differing 2
kioskd_clock_plausible 0
kioskd_clock_skew_seconds -1.5
kioskd_controller_good_timestamp_seconds 1.7958996e+09
kioskd_controller_up 0
kioskd_door_open 1
kioskd_doubts_last_day 2
kioskd_fault{code="E-NET-01"} 1
kioskd_ledger_free_bytes 9.663676416e+09
kioskd_ledger_journal_entries 12
kioskd_ledger_orders 3
kioskd_ledger_size_bytes 4.194304e+06
kioskd_ledger_starts_total 5
kioskd_ledger_used_bytes 1.048576e+06
kioskd_ledger_written_bytes_total 4096
kioskd_log_dropped_total 1
kioskd_log_lines_total{level="debug"} 0
kioskd_log_lines_total{level="error"} 0
kioskd_log_lines_total{level="info"} 0
kioskd_log_lines_total{level="warn"} 3
kioskd_log_repeated_total{level="debug"} 0
kioskd_log_repeated_total{level="error"} 0
kioskd_log_repeated_total{level="info"} 0
kioskd_log_repeated_total{level="warn"} 40
kioskd_open_orders{state="awaiting"} 1
kioskd_open_orders{state="closed"} 2
kioskd_open_orders{state="closing"} 0
kioskd_open_orders{state="created"} 0
kioskd_open_orders{state="dispensing"} 0
kioskd_open_orders{state="paid"} 0
kioskd_open_orders{state="refunding"} 0
kioskd_open_orders{state="unknown"} 0
kioskd_provider_good_timestamp_seconds 1.79589954e+09
kioskd_provider_up 0
kioskd_selling 0
kioskd_slot_closed{slot="11"} 0
kioskd_slot_closed{slot="12"} 1
kioskd_slot_closed{slot="13"} 0
kioskd_slot_sold_out{slot="11"} 0
kioskd_slot_sold_out{slot="12"} 0
kioskd_slot_sold_out{slot="13"} 1
kioskd_slot_stock{slot="11"} 7
kioskd_temperature_celsius -3
kioskd_up_seconds 90
`, func(name string) bool { return !strings.HasPrefix(name, "kioskd_build") && !counted(name) })
}

// counted are the metrics that steps and calls make.
func counted(name string) bool {
	return regexp.MustCompile(`^kioskd_(orders_total|vends|paid|refunded|pay_|provider_(call|failures)|ledger_commit)`).MatchString(name)
}

// Before the ledger is open little is known, and nothing is made up.
func TestTheStateOfAMachineThatStarts(t *testing.T) {
	m := newMetrics(func() watch.State { return watch.State{Starting: &sale.Fault{Code: sale.CodeStoreDamaged}} })
	expect(t, m, `
kioskd_answering 0
kioskd_attention_orders 0
kioskd_fault{code="E-STORE-03"} 1
kioskd_selling 0
`, func(name string) bool {
		return !counted(name) && !regexp.MustCompile(`^kioskd_(build|alarm|log)`).MatchString(name)
	})
}

func TestStepsAreCounted(t *testing.T) {
	m := newMetrics(full)
	at := time.Duration(0)
	saw := func(from sale.State, o sale.Order, trail ...sale.Line) {
		at += 2 * time.Second
		m.SawStep(sale.Step{From: from, Order: o, Trail: trail, Since: at}, 7*time.Millisecond)
	}
	line := func(s sale.State, c sale.Cause) sale.Line { return sale.Line{State: s, Cause: c} }
	o := sale.Order{Number: "SH-00000001-AAAAAA", Product: sale.Product{Slot: 11, Price: 350}}

	o.State = sale.Created // a sale
	saw("", o, line(sale.Created, sale.CauseSelected))
	o.State = sale.Awaiting
	saw(sale.Created, o, line(sale.Awaiting, sale.CauseCodeReady))
	o.State, o.Shown = sale.Dispensing, 12*time.Second
	saw(sale.Awaiting, o, line(sale.Paid, sale.CausePaid), line(sale.Dispensing, sale.CauseReady))
	o.State, o.Cause = sale.Dispensed, sale.CauseDropped
	saw(sale.Dispensing, o, line(sale.Dispensed, sale.CauseDropped))
	o.State, o.Cause = sale.Refunding, sale.CausePerson // whose money goes back after all
	saw(sale.Dispensed, o, line(sale.Refunding, sale.CausePerson))
	o.State, o.Cause = sale.Refunded, sale.CauseRefunded
	saw(sale.Refunding, o, line(sale.Refunded, sale.CauseRefunded))

	o = sale.Order{Number: "SH-00000002-BBBBBB", Product: sale.Product{Slot: 12, Price: 200}} // a jam, another slot, a doubt
	o.State = sale.Paid
	saw(sale.Awaiting, o, line(sale.Paid, sale.CausePaid))
	o.State = sale.Dispensing
	saw(sale.Paid, o, line(sale.Dispensing, sale.CauseReady))
	o.State = sale.Paid
	saw(sale.Dispensing, o, line(sale.Paid, sale.CauseNotDropped))
	o.State, o.Product.Slot = sale.Dispensing, 22
	saw(sale.Paid, o, line(sale.Dispensing, sale.CauseOtherSlot))
	o.State = sale.Unknown
	saw(sale.Dispensing, o, line(sale.Unknown, sale.CauseNoProof))
	o.State, o.Cause = sale.Attention, sale.CauseNoProof
	saw(sale.Unknown, o, line(sale.Attention, sale.CauseNoProof))

	o = sale.Order{Number: "SH-00000003-CCCCCC", Product: sale.Product{Slot: 11, Price: 999}} // nobody pays, and looks at it
	o.State, o.Cause = sale.Closed, sale.CauseTimeout
	saw(sale.Closing, o, line(sale.Closed, sale.CauseTimeout))
	saw(sale.Closed, o, line(sale.Closed, sale.CauseSwept))
	o.State, o.Late = sale.Refunding, true // until it was paid all the same
	saw(sale.Closed, o, line(sale.Refunding, sale.CauseLate))

	o = sale.Order{Number: "SH-00000004-T-DDDDDD", Product: sale.Product{Slot: 13}} // a test vend
	o.State = sale.Dispensing
	saw("", o, line(sale.Created, sale.CauseTest), line(sale.Dispensing, sale.CauseTest))
	o.State, o.Cause = sale.Dispensed, sale.CauseDropped
	saw(sale.Dispensing, o, line(sale.Dispensed, sale.CauseDropped))

	expect(t, m, `
kioskd_ledger_commit_seconds_count 17
kioskd_orders_total{cause="dropped",state="dispensed"} 1
kioskd_orders_total{cause="no_proof",state="attention"} 1
kioskd_orders_total{cause="refunded",state="refunded"} 1
kioskd_orders_total{cause="timeout",state="closed"} 1
kioskd_paid_fen_total 1549
kioskd_paid_to_dispensed_seconds_count 1
kioskd_paid_to_dispensed_seconds_sum 2
kioskd_pay_seconds_count 1
kioskd_pay_seconds_sum 12
kioskd_refunded_fen_total 350
kioskd_vends_total{outcome="dispensed",slot="11"} 1
kioskd_vends_total{outcome="dispensed",slot="13"} 1
kioskd_vends_total{outcome="not_dispensed",slot="12"} 1
kioskd_vends_total{outcome="unknown",slot="22"} 1
`, func(name string) bool {
		return counted(name) && !strings.Contains(name, "_bucket") && !strings.Contains(name, "provider") && name != "kioskd_ledger_commit_seconds_sum"
	})
}

func TestCallsAreCounted(t *testing.T) {
	m := newMetrics(full)
	for _, err := range []error{
		nil, nil, context.Canceled, sale.ErrNotFound, sale.ErrPaid, sale.ErrPaying, sale.ErrAlreadyClosed, sale.ErrRefused,
		errors.Join(sale.ErrMerchant, &sale.Fault{Code: sale.CodePayMerchant}), sale.ErrNotEnough,
		&sale.Fault{Code: sale.CodeNetDown}, &sale.Fault{Code: sale.CodePayVerify}, &sale.Fault{Code: sale.CodePayProvider}, io.EOF,
	} {
		m.SawCall(watch.Call{Name: "query", Took: 100 * time.Millisecond, Err: err})
	}
	expect(t, m, `
kioskd_provider_call_seconds_count{call="close"} 0
kioskd_provider_call_seconds_count{call="create"} 0
kioskd_provider_call_seconds_count{call="ping"} 0
kioskd_provider_call_seconds_count{call="query"} 13
kioskd_provider_call_seconds_count{call="query_refund"} 0
kioskd_provider_call_seconds_count{call="refund"} 0
kioskd_provider_failures_total{call="query",class="already_closed"} 1
kioskd_provider_failures_total{call="query",class="merchant"} 1
kioskd_provider_failures_total{call="query",class="network"} 1
kioskd_provider_failures_total{call="query",class="not_enough"} 1
kioskd_provider_failures_total{call="query",class="not_found"} 1
kioskd_provider_failures_total{call="query",class="paid"} 1
kioskd_provider_failures_total{call="query",class="paying"} 1
kioskd_provider_failures_total{call="query",class="refused"} 1
kioskd_provider_failures_total{call="query",class="temporary"} 2
kioskd_provider_failures_total{call="query",class="unverified"} 1
`, func(name string) bool {
		return strings.HasPrefix(name, "kioskd_provider_call_seconds_count") || strings.HasPrefix(name, "kioskd_provider_failures")
	})
}

// scrape is what Prometheus gets.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// expect compares the samples whose names are of interest.
func expect(t *testing.T, m *metrics.Metrics, want string, of func(name string) bool) {
	t.Helper()
	var got []string
	for line := range strings.Lines(scrape(t, m)) {
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		if strings.HasPrefix(line, "kioskd_") && of(name) {
			got = append(got, line)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), strings.Join(got, "")); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

// Prometheus' own linter finds nothing.
func TestLint(t *testing.T) {
	problems, err := testutil.GatherAndLint(busy().Gatherer())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", err, problems)
	}
	problems, err = promlint.New(strings.NewReader(scrape(t, busy()))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", err, problems)
	}
}

// described are name, labels and help of every metric of kioskd's own.
func described(t *testing.T) (rows []string) {
	t.Helper()
	families, err := busy().Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "kioskd_") {
			continue
		}
		var labels []string
		for _, l := range f.Metric[0].Label {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		rows = append(rows, "| `"+f.GetName()+"` | "+strings.Join(labels, ", ")+" | "+strings.TrimSuffix(f.GetHelp(), ".")+" |")
	}
	return rows
}

// The manual's table is the metrics, all of them and no other.
func TestTheManualListsEveryMetric(t *testing.T) {
	page, err := os.ReadFile("../../docs/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `kioskd_") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff(described(t), rows); diff != "" {
		t.Errorf("docs/watching.md (-metrics +manual):\n%s", diff)
	}
}
