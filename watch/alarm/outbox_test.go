package alarm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/watch"
	"kioskd/watch/alarm"
)

// target fails as often as it is told to.
type target struct {
	fails int
	slow  time.Duration
	begun time.Time
	got   []string
}

func (*target) Name() string { return "test" }

func (t *target) Send(ctx context.Context, m alarm.Message) error {
	select {
	case <-time.After(t.slow):
	case <-ctx.Done():
		return ctx.Err()
	}
	what := fmt.Sprintf("%s %s %s %d", time.Since(t.begun).Round(time.Second), m.Kind, m.Status, m.Times)
	if t.fails > 0 {
		t.fails--
		t.got = append(t.got, what+" failed")
		return errors.New("nobody there")
	}
	t.got = append(t.got, what)
	return nil
}

func run(t *testing.T, to *target, play func(o *alarm.Outbox)) *alarm.Outbox {
	t.Helper()
	to.begun = time.Now()
	o := alarm.NewOutbox(to, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { o.Run(ctx); close(done) }()
	play(o)
	stop()
	<-done
	return o
}

func message(k watch.Kind, s alarm.Status, times int) alarm.Message {
	return alarm.Message{Kind: k, Status: s, Times: times, At: time.Now()}
}

func TestOutboxTriesAgainEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &target{fails: 7}
		o := run(t, to, func(o *alarm.Outbox) {
			o.Put(message(watch.Door, alarm.Raised, 1))
			time.Sleep(time.Minute)
			o.Put(message(watch.Store, alarm.Raised, 1))
			o.Put(message(watch.Door, alarm.Over, 2)) // in the place of the first
			time.Sleep(2 * time.Hour)
		})
		want := []string{
			"0s door raised 1 failed", "30s door raised 1 failed", "1m30s store raised 1 failed", "3m30s store raised 1 failed",
			"7m30s store raised 1 failed", "15m30s store raised 1 failed", "30m30s store raised 1 failed", "45m30s store raised 1", "45m30s door over 2",
		}
		if diff := cmp.Diff(want, to.got); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(alarm.Deliveries{Sent: 2, Failed: 7}, o.Counts()); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	})
}

// News that comes while its forerunner is being delivered is delivered, too.
func TestOutboxKeepsNewsThatComesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &target{slow: 5 * time.Second}
		run(t, to, func(o *alarm.Outbox) {
			o.Put(message(watch.Door, alarm.Raised, 1))
			time.Sleep(time.Second)
			o.Put(message(watch.Door, alarm.Over, 2))
			time.Sleep(time.Minute)
		})
		if diff := cmp.Diff([]string{"5s door raised 1", "10s door over 2"}, to.got); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
	})
}

func TestOutboxIsBoundedAndNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &target{slow: time.Hour}
		o := run(t, to, func(o *alarm.Outbox) {
			for i := range 1000 {
				m := message(watch.Attention, alarm.Raised, 1)
				m.Order = fmt.Sprint(i)
				o.Put(m)
			}
			if took := time.Since(to.begun); took > 0 {
				t.Errorf("1000 messages took %s", took)
			}
		})
		if n := o.Counts().Lost; n != 900 {
			t.Errorf("%d messages were lost, want all but 100", n)
		}
	})
}
