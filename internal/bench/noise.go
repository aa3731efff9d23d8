package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// listen measures what the machine itself adds to every other figure until the
// function it returns is called: how much later than asked a process wakes
// up, and how long the disk takes to keep 4 KiB.
func listen(ctx context.Context, dir string) (func() (timer, disk percentiles), error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var g errgroup.Group
	var late, synced []time.Duration
	g.Go(func() error {
		const nap = 10 * time.Millisecond
		for asked := time.Now(); pause(ctx, nap) == nil; asked = time.Now() {
			late = append(late, time.Since(asked)-nap)
		}
		return nil
	})
	g.Go(func() error {
		defer f.Close()
		page := make([]byte, 4096)
		for pause(ctx, 200*time.Millisecond) == nil {
			begun := time.Now()
			if _, err := f.WriteAt(page, 0); err != nil {
				return err
			}
			if err := syscall.Fdatasync(int(f.Fd())); err != nil {
				return err
			}
			synced = append(synced, time.Since(begun))
		}
		return nil
	})
	return func() (timer, disk percentiles) {
		stop()
		_ = g.Wait() // a disk that fails shows in the ledgers
		return rank(late), rank(synced)
	}, nil
}
