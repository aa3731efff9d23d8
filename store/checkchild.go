package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// What the child says. Without the first line it never was our child; without
// the last one, the file has crashed it.
const (
	saysHello = "kioskd examines"
	saysSound = "sound"
)

// ErrUnchecked is wrapped by errors of [CheckFile] that say nothing about the
// file: the child could not be run or did not come to an end.
var ErrUnchecked = errors.New("the ledger could not be examined")

// CheckCommand is what the child process does with the path it is given: it
// runs [VerifyFile] and prints the result, for [CheckFile] to read, to out. The
// caller exits with the code it returns. It lowers limits of its process.
func CheckCommand(path string, out io.Writer) (exit int) {
	debug.SetMaxStack(64 << 20) // a circle of pages recurses for ever
	fmt.Fprintln(out, saysHello)
	var f *Finding
	switch err := VerifyFile(path); {
	case err == nil:
		fmt.Fprintln(out, saysSound)
		return 0
	case errors.As(err, &f):
		fmt.Fprintf(out, "%s %s\n", f.Kind, strings.ReplaceAll(f.Text, "\n", "; "))
	}
	return 1
}

// CheckFile examines a file in a child process: checker is the command and
// its first arguments, the path is appended; the command must call
// [CheckCommand]. Without a checker it examines in this process, which a
// damaged file may kill; that is for tests.
//
// The error is a *[Finding], wraps [ErrUnchecked], or is that of ctx. A child
// that takes longer than a sound file of that size can take is ended.
func CheckFile(ctx context.Context, checker []string, path string) error {
	if len(checker) == 0 {
		return VerifyFile(path)
	}
	limit := 5 * time.Second
	if info, err := os.Stat(path); err == nil {
		limit += time.Duration(info.Size()>>21) * time.Second
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out, report bytes.Buffer
	c := exec.CommandContext(limited, checker[0], append(checker[1:len(checker):len(checker)], path)...)
	c.Stdout, c.Stderr = &out, &report
	c.WaitDelay = time.Second
	err := c.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("%w: it took longer than %s", ErrUnchecked, limit)
	}
	return childVerdict(out.String(), report.String(), err)
}

func childVerdict(out, report string, err error) error {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	reason := "no error"
	if err != nil {
		reason = err.Error()
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(report), "\n"); line != "" {
		reason += ": " + line
	}
	if lines[0] != saysHello {
		return fmt.Errorf("%w: the checker is not kioskd's: %s", ErrUnchecked, reason)
	}
	if len(lines) < 2 {
		if killed(err) {
			return fmt.Errorf("%w: %s", ErrUnchecked, reason)
		}
		return found(Damaged, "reading the file crashed its reader: %s", reason)
	}
	kind, text, _ := strings.Cut(lines[1], " ")
	switch k := FindingKind(kind); k {
	case Damaged, NotALedger, Newer, Locked, Unreadable:
		return &Finding{k, text}
	case saysSound:
		return nil
	}
	return fmt.Errorf("%w: the checker said %q", ErrUnchecked, lines[1])
}

// killed reports whether the child ended by a signal from outside, such as
// that of the system running out of memory, which proves nothing.
func killed(err error) bool {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return false
	}
	s, ok := e.Sys().(syscall.WaitStatus)
	if !ok || !s.Signaled() {
		return false
	}
	switch s.Signal() {
	case syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP:
		return true
	}
	return false
}
