package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/books"
	"kioskd/clock"
	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/watch"
)

// moved is a clock that stands somewhere else than the test's.
type moved struct {
	by  time.Duration
	bad atomic.Bool
}

func (m *moved) Now() time.Time { return time.Now().Add(m.by).In(clock.Beijing) }

func (m *moved) Plausible() error {
	if m.bad.Load() {
		return &sale.Fault{Code: sale.CodeClock}
	}
	return nil
}

// aProvider has a bill with one payment that nobody knows of on one day.
type aProvider struct {
	odd string

	mu    sync.Mutex
	asked []string
	errs  map[string]error // by day
}

func (p *aProvider) TradeBill(_ context.Context, day reconcile.Day, w io.Writer) error {
	p.mu.Lock()
	p.asked = append(p.asked, day.String())
	err := p.errs[day.String()]
	p.mu.Unlock()
	if err != nil {
		return err
	}
	var lines []paytest.BillLine
	if day.String() == p.odd {
		lines = append(lines, paytest.BillLine{At: day.Start(), OutTradeNo: "T1-7-ABCDEF", State: "SUCCESS", Total: 350})
	}
	_, err = w.Write(paytest.RenderBill(lines))
	return err
}

// fail makes the bill of a day fail, or not any more.
func (p *aProvider) fail(day string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs[day] = err
}

func (p *aProvider) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := strings.Join(p.asked, " ")
	p.asked = nil
	return asked
}

type noOrders struct{}

func (noOrders) Records(context.Context, time.Time, func(sale.Order) bool, func(reconcile.Record)) ([]string, error) {
	return nil, nil
}

// lines are a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// aDaily starts the daily work at a moment, and returns its log. What it has found
// stands there as well.
func aDaily(t *testing.T, at time.Time, p *aProvider, path string) (*daily, *moved, *lines) {
	clock, log := &moved{by: time.Until(at)}, new(lines)
	d := &daily{
		Books: &books.Books{Reconciler: &reconcile.Reconciler{Code: "T1", Biller: p, Ledger: noOrders{}, Now: clock.Now}, Path: path},
		clock: clock, log: slog.New(slog.NewTextHandler(log, nil)), busy: func() bool { return false },
		found: func(b watch.Bills) { fmt.Fprintln(log, "found", b.Differ) },
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		d.run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return d, clock, log
}

// at9 is 9:00 of a day in Beijing.
var at9 = time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)

func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestDailyReconciliation: a new machine makes up for a week, then each day is
// done once, after 10:00 and this machine's own delay; a restart repeats none.
func TestDailyReconciliation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kioskd.db")
	week := "2026-11-20 2026-11-21 2026-11-22 2026-11-23 2026-11-24 2026-11-25 2026-11-26"
	p := &aProvider{odd: "2026-11-27"}
	synctest.Test(t, func(t *testing.T) {
		d, _, log := aDaily(t, at9, p, path)
		sleep(upkeepAfter - time.Second)
		if got := p.take(); got != "" {
			t.Errorf("before the clock can be right: %s", got)
		}
		sleep(time.Minute)
		if got := p.take(); got != week || strings.Count(log.String(), "agree") != 7 {
			t.Errorf("asked for %s\n%s", got, log)
		}
		sleep(time.Hour - upkeepAfter + d.spread() - 2*time.Minute)
		if got := p.take(); got != "" {
			t.Errorf("too early: %s", got)
		}
		sleep(2*reconcileEvery + time.Minute)
		if got := p.take(); got != "2026-11-27" {
			t.Errorf("asked for %s", got)
		}
		if want := `level=ERROR msg="the provider's bill and the ledger differ" code=E-BILL-01 date=2026-11-27 differences=1 kinds="1 paid_there_unknown_here" hint="kioskd reconcile --date 2026-11-27"`; !strings.Contains(log.String(), want) {
			t.Errorf("%s", log)
		}
		if !strings.Contains(log.String(), "found []\n") || !strings.HasSuffix(log.String(), "found [2026-11-27]\n") {
			t.Errorf("who raises the alarm is told\n%s", log)
		}
		sleep(12 * time.Hour)
		if got := p.take(); got != "" {
			t.Errorf("again: %s", got)
		}
		last, err := books.LastReport(path)
		if err != nil || len(last.Days) != 1 || last.Days[0].Day.String() != "2026-11-27" || last.Differences() != 1 {
			t.Errorf("%+v, %v", last, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, _, log := aDaily(t, at9.Add(49*time.Hour), p, path) // two days later, 10:00
		sleep(time.Second)
		if log.String() != "found [2026-11-27]\n" {
			t.Errorf("after a restart it is forgotten: %s", log)
		}
		sleep(time.Hour)
		if got := p.take(); got != "2026-11-28 2026-11-29" {
			t.Errorf("after a restart: %s", got)
		}
	})
	if err := os.WriteFile(books.MemoryFile(path), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		_, _, log := aDaily(t, at9, p, path)
		sleep(time.Hour)
		if got := p.take(); got != week || !strings.Contains(log.String(), "they are done again") {
			t.Errorf("with a lost memory: %s\n%s", got, log)
		}
	})
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

// What fails is tried again, said once, and keeps the other days from nothing.
func TestDailyReconciliationFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kioskd.db")
		p := &aProvider{errs: map[string]error{"2026-11-24": fmt.Errorf("odd")}}
		_, clock, log := aDaily(t, at9, p, path)
		sleep(upkeepAfter + time.Second)
		if got := strings.Count(p.take(), " "); got != 6 {
			t.Errorf("%d other days", got)
		}
		sleep(2 * time.Hour) // 11:10, and one more day
		if got := p.take(); strings.Count(got, "2026-11-24") != 4 || strings.Count(got, "2026-11-27") != 1 {
			t.Errorf("asked for %s", got)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), `error="bill of 2026-11-24: odd"`) {
			t.Errorf("%s", log)
		}
		p.fail("2026-11-24", fmt.Errorf("%w: no", sale.ErrMerchant))
		sleep(time.Hour)
		p.fail("2026-11-24", nil)
		sleep(time.Hour)
		if got := p.take(); !strings.HasSuffix(got, "2026-11-24") || strings.Contains(got, "2026-11-25") {
			t.Errorf("asked for %s", got)
		}
		if m, err := books.ReadMemory(path); err != nil || len(m.Done) != 8 {
			t.Errorf("%+v, %v", m.Done, err)
		}
		clock.bad.Store(true)
		sleep(48 * time.Hour)
		if got := p.take(); got != "" {
			t.Errorf("with a clock that cannot be right: %s", got)
		}
	})
}

// The machines of a fleet do not ask at once.
func TestReconciliationIsSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for i := range 50 {
		d := &daily{Books: &books.Books{Reconciler: &reconcile.Reconciler{Code: fmt.Sprintf("SH%04d", i)}}}
		if s := d.spread(); s < 0 || s >= reconcileSpread || s != d.spread() {
			t.Errorf("%s", s)
		}
		seen[d.spread()/time.Minute] = true
	}
	if len(seen) < 20 {
		t.Errorf("50 machines ask in %d minutes", len(seen))
	}
}
