package logs_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/watch/logs"
)

// limited is a logger behind a Limit, and what is written without times.
func limited(to io.Writer) (*slog.Logger, *logs.Limit) {
	l := logs.NewLimit(slog.NewTextHandler(to, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return slog.New(l), l
}

func silent(port int) error {
	return &sale.Fault{Code: sale.CodeSerialSilent, What: fmt.Sprintf("silent for %d s", port)}
}

func TestLimitCountsWhatRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		log, limit := limited(&out)
		for i := range 57 {
			log.Warn("serial port closed", "error", silent(i))
		}
		if n := strings.Count(out.String(), "\n"); n != 10 {
			t.Errorf("%d lines at once, want 10", n)
		}
		out.Reset()
		time.Sleep(61 * time.Second)
		synctest.Wait()
		want := `level=WARN msg="serial port closed" error="E-SERIAL-03: silent for 56 s" repeated=47 within=1m0s` + "\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("the count (-want +got):\n%s", diff)
		}
		written, repeated := limit.Lines()
		if written[slog.LevelWarn] != 11 || repeated[slog.LevelWarn] != 47 {
			t.Errorf("%d lines written and %d counted, want 11 and 47", written[slog.LevelWarn], repeated[slog.LevelWarn])
		}
		// A minute of silence ends it: the next line is news.
		time.Sleep(2 * time.Minute)
		out.Reset()
		log.Warn("serial port closed", "error", silent(1))
		if out.String() == "" {
			t.Error("a line after a pause was swallowed")
		}
		limit.Flush()
	})
}

func TestLimitTellsThingsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		log, limit := limited(&out)
		for range 11 {
			log.Warn("call", "order", "A", "call", "query", "error", io.EOF)
			log.Warn("call", "order", "B", "call", "query", "error", io.EOF)
			log.Warn("call", "order", "B", "call", "close", "error", io.EOF)
			log.Error("call", "order", "A", "call", "query", "error", io.EOF)
			log.Warn("call", "order", "A", "call", "query", "error", silent(1))
			log.With("order", "C").Warn("call", "call", "query")
		}
		if n := strings.Count(out.String(), "\n"); n != 6*10 {
			t.Errorf("%d lines, want 10 of each of 6 kinds", n)
		}
		limit.Flush()
		if n := strings.Count(out.String(), "repeated=1 "); n != 6 {
			t.Errorf("%d counts, want one for each of 6 kinds:\n%s", n, out.String())
		}
	})
}

func TestLimitNeverSwallowsTheStepsOfOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		log, _ := limited(&out)
		for range 1000 {
			log.Info("order", "order", "A", "from", "created", "to", "awaiting")
		}
		if n := strings.Count(out.String(), "\n"); n != 1000 {
			t.Errorf("%d lines, want 1000", n)
		}
	})
}

func TestLimitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		log, limit := limited(&out)
		for i := range 10_000 {
			log.Warn("selection refused", "slot", i)
		}
		// 256 slots are kinds of their own; all others share one.
		if n := strings.Count(out.String(), "\n"); n != 256+10 {
			t.Errorf("%d lines, want %d", n, 256+10)
		}
		limit.Flush()
	})
}

// A broken board must not wear a card out: a line every second for a day, and
// the same with another number in each, are hundreds of lines.
func TestAStormIsFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		log, limit := limited(&out)
		const rate, day = time.Second, 24 * time.Hour
		for i := range int(day / rate) {
			log.Warn("a frame without use", "error", silent(i))
			time.Sleep(rate)
		}
		limit.Flush()
		text := out.String()
		lines, size := strings.Count(text, "\n"), len(text)
		t.Logf("%d lines in, %d lines out, %d bytes", int(day/rate), lines, size)
		if lines > 120 || size > 20_000 {
			t.Errorf("%d lines and %d bytes in a day, want at most 120 and 20,000", lines, size)
		}
		if !strings.Contains(out.String(), "within=15m0s") {
			t.Error("the counts do not become rarer")
		}
	})
}
