package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/store"
	"kioskd/store/ledgertest"
)

// checker is the command that examines a ledger, as the daemon starts it.
func checker(daemon string) []string { return []string{daemon, "check-store"} }

// fill makes a ledger of finished orders and returns its path. It is made in
// memory where there is such a place: forty thousand syncs wear out a disk.
func fill(ctx context.Context, dir string, orders int, say func(string, ...any)) (path string, err error) {
	path = filepath.Join(dir, "full.db")
	scratch := dir
	if shm, err := os.MkdirTemp("/dev/shm", "kioskd-bench-"); err == nil {
		defer os.RemoveAll(shm)
		scratch = shm
	}
	made := filepath.Join(scratch, "filling.db")
	say("filling a ledger with %d finished orders", orders)
	s, err := store.Open(ctx, made, store.Options{Reserve: 1})
	if err != nil {
		return "", err
	}
	for seq := range uint64(orders) {
		for _, step := range ledgertest.Happy(seq + 1) {
			if err == nil {
				err = s.Commit(step)
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			_ = s.Close()
			return "", err
		}
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	return path, copyFile(path, made)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	if err == nil {
		// Leave it as a boot finds it. Written at once it lies in the cache in
		// large pieces, of which the kernel counts all when a page is written.
		err = unix.Fadvise(int(out.Fd()), 0, 0, unix.FADV_DONTNEED)
	}
	if e := out.Close(); err == nil {
		err = e
	}
	return err
}

// ledgerFigures is the ledger's share of a start, without the daemon.
type ledgerFigures struct {
	Orders  int   `json:"orders"`
	Size    int64 `json:"size_bytes"`
	Process span  `json:"process_ms"` // a process of the daemon that does nothing
	Check   span  `json:"check_ms"`   // the child that examines the file
	Open    span  `json:"open_ms"`    // all of store.Open, the child included
}

// openings opens a copy of the full ledger several times.
func openings(ctx context.Context, o options, full string) (f ledgerFigures, err error) {
	copied := filepath.Join(filepath.Dir(full), "opened.db")
	if err := copyFile(copied, full); err != nil {
		return f, err
	}
	info, err := os.Stat(copied)
	if err != nil {
		return f, err
	}
	f.Orders, f.Size = o.orders, info.Size()
	for _, part := range []struct {
		into *span
		do   func() error
	}{
		{&f.Process, func() error { return exec.CommandContext(ctx, o.daemon, "version").Run() }},
		{&f.Check, func() error { return store.CheckFile(ctx, checker(o.daemon), copied) }},
		{&f.Open, func() error {
			s, err := store.Open(ctx, copied, store.Options{Reserve: 1, Checker: checker(o.daemon)})
			if err != nil {
				return err
			}
			defer s.Close()
			_, err = s.Open()
			return err
		}},
	} {
		if *part.into, err = repeat(part.do); err != nil {
			return f, err
		}
	}
	return f, nil
}

func repeat(do func() error) (span, error) {
	var all []time.Duration
	for range runs {
		begun := time.Now()
		if err := do(); err != nil {
			return span{}, err
		}
		all = append(all, time.Since(begun))
	}
	return spanOf(all), nil
}
