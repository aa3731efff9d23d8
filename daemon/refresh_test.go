package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asked is a gateway that notes when it is refreshed.
type asked struct {
	mu  sync.Mutex
	at  []time.Time
	err error
}

func (a *asked) Refresh(context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
	return a.err
}

// become changes what refreshes come to, and returns when there were any.
func (a *asked) become(err error) []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
	return slices.Clone(a.at)
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		begun := time.Now()
		var log strings.Builder
		g := &asked{}
		go refresh(ctx, g, slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(7 * 24 * time.Hour)
		synctest.Wait()
		week := g.become(errors.New("no network"))
		if first := week[0].Sub(begun); first > time.Minute {
			t.Errorf("the first one came after %v", first)
		}
		for i, at := range week[1:] {
			if gap := at.Sub(week[i]); gap < 5*time.Hour || gap > 12*time.Hour {
				t.Errorf("%v between two refreshes", gap)
			}
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		day := g.become(nil)
		if tries := len(day) - len(week); tries < 60 || tries > 144 {
			t.Errorf("%d tries in a day without network", tries)
		}
		time.Sleep(time.Hour)
		stop()
		synctest.Wait()
		if w, i := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=INFO"); w != 1 || i != 1 {
			t.Errorf("the log says\n%s", &log)
		}
		ended := len(g.become(nil))
		time.Sleep(24 * time.Hour)
		if len(g.become(nil)) != ended {
			t.Error("refreshed after the end")
		}
	})
}
