package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// asked is a gateway that counts when it is refreshed.
type asked struct {
	at  []time.Time
	err error
}

func (a *asked) Refresh(context.Context) error {
	a.at = append(a.at, time.Now())
	return a.err
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
		if first := g.at[0].Sub(begun); first > time.Minute {
			t.Errorf("the first one came after %v", first)
		}
		for i, at := range g.at[1:] {
			if gap := at.Sub(g.at[i]); gap < 5*time.Hour || gap > 12*time.Hour {
				t.Errorf("%v between two refreshes", gap)
			}
		}
		g.err = errors.New("no network")
		n := len(g.at)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if tries := len(g.at) - n; tries < 60 || tries > 144 {
			t.Errorf("%d tries in a day without network", tries)
		}
		g.err = nil
		time.Sleep(time.Hour)
		stop()
		synctest.Wait()
		if w, i := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=INFO"); w != 1 || i != 1 {
			t.Errorf("the log says\n%s", &log)
		}
		n = len(g.at)
		time.Sleep(24 * time.Hour)
		if len(g.at) != n {
			t.Error("refreshed after the end")
		}
	})
}
