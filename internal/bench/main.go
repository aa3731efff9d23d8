// Bench measures what a customer and a small board feel of kioskd: how soon a
// motor turns after a payment, beside two programs that do the same with a
// fixed interval, and what a sale, a start and an hour of standing there cost.
//
// All of it happens in one run, because no absolute time means anything on a
// machine that others use too: compare the rows with each other. A time over
// its goal is said and never fails the run; the exit code is 1 only if
// something could not be measured.
//
// The provider is payment/paytest, 80 ms away. The board is
// device/devicetest, which POLLs every 200 ms; it bears answers 190 ms late,
// where a real one bears 100 ms, so that a busy machine loses no command.
// Everything else is the real thing: kioskd's machine, ledger, client and
// driver, and for memory and start the built daemon as a process.
//
// Two rows are about boards alone, before the race: how soon a VMC's POLLs are
// answered, on a board that POLLs every 20 ms, beside a loop that does nothing
// else; and how soon a key on a polled keypad is known, on a bus where each byte
// takes its time at 9600 baud, beside a loop that looks every 50 ms.
//
// When a payment meets a contender's cycle is chance. The p50 of kioskd is good
// to about 45 ms with 24 sales, 30 ms with 60, 20 ms with 120.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The world of the goals.
const (
	latency      = 80 * time.Millisecond
	pollEvery    = 200 * time.Millisecond
	answerWithin = 190 * time.Millisecond
)

type options struct {
	sales    int
	seed     uint64
	json     bool
	daemon   string
	orders   int
	exported int
	commands string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.sales, "sales", 60, "sales of each contender; 30 take less than three minutes")
	f.Uint64Var(&o.seed, "seed", 1, "when the customers pay")
	f.BoolVar(&o.json, "json", false, "print the line of JSON alone")
	f.StringVar(&o.daemon, "daemon", "bin/kioskd", "the built daemon")
	f.StringVar(&o.commands, "commands", "bin/package/bin/kioskd", "kioskd for the terminal, where packages have it")
	f.IntVar(&o.orders, "orders", 10_000, "finished orders in the full ledger")
	f.IntVar(&o.exported, "exported", 100_000, "orders in the ledger that is exported; it takes a minute to fill")
	if err := f.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench: could not measure:", err)
		os.Exit(1)
	}
}

// run measures, then prints the table and the line of JSON to out. What it is
// doing goes to progress.
func run(ctx context.Context, o options, out, progress io.Writer) error {
	if o.sales < 1 || o.orders < 1 || o.exported < 1 {
		return errors.New("--sales, --orders and --exported are numbers of at least 1")
	}
	for flag, path := range map[string]string{"daemon": o.daemon, "commands": o.commands} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("--%s: %w; make bench makes it", flag, err)
		}
	}
	dir, err := os.MkdirTemp("", "kioskd-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	begun := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(progress, "%4.0f s  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	r, err := measure(ctx, o, dir, say)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(begun).Seconds()
	if !o.json {
		if err := r.print(out); err != nil {
			return err
		}
	}
	return json.NewEncoder(out).Encode(r)
}
