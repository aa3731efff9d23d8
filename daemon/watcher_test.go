package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
	"kioskd/store/ledgertest"
	"kioskd/watch"
	"kioskd/watch/alarm"
	"kioskd/watch/logs"
)

// watched is a machine that sells, with a watcher whose alarms land in a file.
type watched struct {
	*watcher
	board    *saletest.Board
	provider *saletest.Provider
	panel    *saletest.Panel
	told     string // path
}

func newWatched(t *testing.T, ledger *store.Store) *watched {
	t.Helper()
	x := &watched{board: saletest.NewBoard(), provider: saletest.NewProvider(), panel: &saletest.Panel{}, told: filepath.Join(t.TempDir(), "told")}
	x.board.VendTakes = 10 * time.Millisecond
	c := configs.Default()
	c.Machine = configs.Machine{ID: "T1", Name: "大厅", Language: configs.LanguageZH}
	c.Watch.Metrics = freeAddress(t)
	c.Watch.Alarms.Command = []string{"/bin/sh", "-c", `cat >> "$1"`, "tell", x.told}
	c.Watch.Alarms.After = 0
	log := logs.Open(logs.Options{Target: logs.Stderr, Level: slog.LevelInfo, Errs: io.Discard})
	x.watcher = newWatcher(&c, "test", log.Logger, log)
	m, err := sale.New(sale.Options{
		Ledger: x.ledger(ledger), Gateway: x.gateway(x.provider), Dispenser: x.board, Panel: x.panel, Clock: clock.New(time.Time{}),
		Code: "T1", Products: []sale.Product{{Slot: 11, Name: "水", Price: 200}}, PayWithin: time.Minute, DispenseWithin: time.Second,
		Policy: sale.Policy{OnUnknown: sale.UnknownHold}, Log: log.Logger, Alarm: x.needs,
	})
	if err != nil {
		t.Fatal(err)
	}
	unwatch := x.start(context.Background())
	t.Cleanup(unwatch)
	if err := x.begin(ledger, m, x.board, clock.New(time.Time{})); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return x
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wait waits until ok, for a while.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// buys is a customer who pays.
func (x *watched) buys(t *testing.T) {
	t.Helper()
	wait(t, "a code", func() bool {
		if k := x.panel.Now().Kind; k == sale.SceneIdle || k == sale.SceneTake { // the last customer may still stand there
			x.board.Press(11)
			time.Sleep(100 * time.Millisecond)
		}
		return x.panel.Now().Kind == sale.ScenePay
	})
	if err := x.provider.Pay(x.panel.Now().CodeURL); err != nil {
		t.Fatal(err)
	}
}

// messages are what was told so far, without times and numbers.
func (x *watched) messages(t *testing.T) (list []string) {
	t.Helper()
	b, _ := os.ReadFile(x.told)
	d := json.NewDecoder(bytes.NewReader(b))
	for {
		var m alarm.Message
		if err := d.Decode(&m); err != nil {
			return list
		}
		list = append(list, strings.Join([]string{string(m.Kind), string(m.Status), string(m.Code), m.Slot.String(), string(m.Cause)}, " "))
	}
}

func (x *watched) scrape(t *testing.T) string {
	t.Helper()
	r, err := http.Get("http://" + x.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A day at a machine: a sale, a vend that nobody can tell the end of, a board
// that goes away, a network that does, a bill that differs. One order waited from before.
func TestAMachineIsWatched(t *testing.T) {
	t.Parallel()
	ledger, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "k.db"), store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	old, step := ledgertest.NewWalk(1)
	for _, s := range []sale.Step{step, old.To(sale.Awaiting), old.To(sale.Paid, sale.Dispensing), old.To(sale.Unknown), old.To(sale.Attention)} {
		if err := ledger.Commit(s); err != nil {
			t.Fatal(err)
		}
	}
	x := newWatched(t, ledger)
	x.buys(t)
	wait(t, "the sale's end", func() bool { return strings.Contains(x.scrape(t), "kioskd_paid_to_dispensed_seconds_count 1\n") })
	x.board.Plan(saletest.Fate(saletest.Vend{Silent: true}))
	x.board.Mute(true)
	x.buys(t)
	wait(t, "the order that is held", func() bool { return strings.Contains(x.scrape(t), "kioskd_attention_orders 2\n") })
	wait(t, "word of it", func() bool { return len(x.messages(t)) >= 3 })
	x.board.Break()
	x.provider.Break(saletest.Down)
	x.nudge()
	wait(t, "word of the board", func() bool { return len(x.messages(t)) >= 4 })
	x.board.Mend()
	x.nudge()
	wait(t, "its end", func() bool { return len(x.messages(t)) >= 5 })
	x.billed(watch.Bills{Differ: []string{"2026-10-01"}})
	wait(t, "word of the bill", func() bool { return len(x.messages(t)) >= 6 })

	oldOrder, _ := ledger.Orders(store.Filter{Limit: 3})
	want := []string{
		"attention raised  " + oldOrder[2].Product.Slot.String() + " " + string(oldOrder[2].Cause),
		"unknown raised  11 no_proof", "attention raised  11 no_proof", "controller raised E-SERIAL-03 0 ", "controller over E-SERIAL-03 0 ", "bill raised E-BILL-01 0 ",
	}
	if diff := cmp.Diff(want, x.messages(t), cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	wait(t, "the count of what was told", func() bool {
		return strings.Contains(x.scrape(t), `kioskd_alarm_messages_total{result="sent",target="command"} 6`+"\n")
	})
	text := x.scrape(t)
	for _, sample := range []string{
		"kioskd_answering 1", "kioskd_attention_orders 2", "kioskd_paid_fen_total 400", `kioskd_orders_total{cause="dropped",state="dispensed"} 1`,
		`kioskd_vends_total{outcome="unknown",slot="11"} 1`, `kioskd_alarms{kind="attention"} 2`, `kioskd_alarms{kind="controller"} 0`,
		`kioskd_slot_closed{slot="11"} 0`, "kioskd_ledger_orders 3", "kioskd_clock_plausible 1", "kioskd_bills_differing 1",
	} {
		if !strings.Contains(text, sample+"\n") {
			t.Errorf("no sample %s", sample)
		}
	}
	if strings.Contains(text, "水") || strings.Contains(text, "T1-") {
		t.Error("a product or an order is among the metrics")
	}
	x.board.Break()
	x.nudge()
	wait(t, "word of the board, again", func() bool { return x.alarms.Active()[watch.Controller] == 1 })
	x.end() // the machine is wired anew: what holds is not over
	x.nudge()
	wait(t, "a look without a machine", func() bool { return len(x.news) == 0 })
	time.Sleep(50 * time.Millisecond)
	if n := x.alarms.Active()[watch.Controller]; n != 1 {
		t.Error("a fault of the board seems to be over while nobody can look at it")
	}
	if text := x.scrape(t); strings.Contains(text, "kioskd_controller_up") || !strings.Contains(text, "kioskd_attention_orders 2\n") {
		t.Error("what is known without a machine is wrong")
	}
}

// What the watcher is made of changes with the next start, and says so.
func TestWatchHoldsFromTheNextStart(t *testing.T) {
	now := configs.Default()
	next := now
	next.Watch.Metrics, next.Watch.Alarms.URL, next.Log.Target = ":9464", "https://example.com/hook", logs.Stderr
	next.Watch.Alarms.Temperature.Max = configs.Degrees{Celsius: 8, Set: true}
	want := []string{"log.target", "watch.metrics", "watch.alarms.url", "watch.alarms.temperature.max"}
	if diff := cmp.Diff(want, configs.Changed(within(&now, &next), &next)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// Who cannot open the ledger says so.
func TestALedgerThatCannotBeOpenedIsTold(t *testing.T) {
	t.Parallel()
	told := filepath.Join(t.TempDir(), "told")
	c := configs.Default()
	c.Watch.Alarms.Command, c.Watch.Alarms.After = []string{"/bin/sh", "-c", `cat > "$1"`, "tell", told}, 0
	w := newWatcher(&c, "test", slog.New(slog.DiscardHandler), nil)
	unwatch := w.start(t.Context())
	defer unwatch()
	w.cannotOpen(&sale.Fault{Code: sale.CodeStoreDamaged})
	w.nudge()
	var m alarm.Message
	wait(t, "the message", func() bool {
		b, _ := os.ReadFile(told)
		return json.Unmarshal(b, &m) == nil
	})
	if m.Kind != "store" || m.Code != sale.CodeStoreDamaged {
		t.Errorf("told %+v", m)
	}
	unwatch() // twice does no harm
}

// The metrics' server answers nothing but the question it is there for.
func TestMetricsServerAnswersOnly(t *testing.T) {
	t.Parallel()
	c := configs.Default()
	c.Watch.Metrics = freeAddress(t)
	w := newWatcher(&c, "test", slog.New(slog.DiscardHandler), nil)
	defer w.start(t.Context())()
	url := "http://" + w.address
	wait(t, "the server", func() bool {
		r, err := http.Get(url + "/metrics")
		if err == nil {
			r.Body.Close()
		}
		return err == nil && r.StatusCode == http.StatusOK
	})
	for _, q := range []struct {
		method, path string
		status       int
	}{{"POST", "/metrics", 405}, {"GET", "/", 404}, {"GET", "/debug/pprof/", 404}, {"GET", "/v1/orders", 404}} {
		r, err := http.NewRequestWithContext(t.Context(), q.method, url+q.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != q.status {
			t.Errorf("%s %s: %d, want %d", q.method, q.path, answer.StatusCode, q.status)
		}
	}
}
