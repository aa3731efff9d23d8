package soak_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/internal/need"
	"kioskd/internal/soak"
)

var (
	days    = flag.Int("days", 2, "simulated days")
	sales   = flag.Int("sales", 200, "customers on each of them")
	minutes = flag.Float64("minutes", 1.0/3, "real minutes of the built daemon")
	seed    = flag.Uint64("seed", 1, "of the customers and the accidents")
)

const (
	bearable = 5  // how much may grow, in a hundredth
	steady   = 5  // days that a mean is taken over
	enough   = 20 // days from which growth can be told from warming up
)

func growth(from, to int64) float64 { return 100 * float64(to-from) / float64(from) }

// TestDays compares the last days with those when everything has warmed up and
// the first orders have gone to the archives: the seventh of thirty.
func TestDays(t *testing.T) {
	dir, err := os.MkdirTemp(need.Memory(), "kioskd-soak-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	begun := time.Now()
	var sum soak.Summary
	synctest.Test(t, func(t *testing.T) {
		sum, err = soak.Days(*seed, *days, *sales, dir, func(s soak.Sample) {
			fmt.Printf("soak: day %d: %d goroutines, %d descriptors, heap %d KiB, ledger %d KiB (%d used) with %d orders\n",
				s.Day, s.Goroutines, s.Descriptors, s.Heap>>10, s.Ledger>>10, s.Used>>10, s.Orders)
		})
	})
	if err != nil {
		t.Fatalf("replay with -seed %d: %v", *seed, err)
	}
	warm, last := sum.Samples[max(1, *days/4)-1], sum.Samples[len(sum.Samples)-1]
	from, to := heap(sum.Samples[warm.Day-1:]), heap(sum.Samples[max(0, len(sum.Samples)-steady):])
	fmt.Printf("soak: seed %d: %d days with %d orders in %.0f s: %d dispensed, %d refunded, %d closed, %d for a person, %d once in doubt; from day %d to day %d goroutines %d to %d, descriptors %d to %d, heap %d to %d KiB (%+.1f %%), ledger %d to %d KiB used (%d to %d orders in it); %.1f commits and %d KiB written an order\n",
		*seed, *days, sum.Orders, time.Since(begun).Seconds(), sum.Dispensed, sum.Refunded, sum.Closed, sum.Attention, sum.Doubted,
		warm.Day, last.Day, warm.Goroutines, last.Goroutines, warm.Descriptors, last.Descriptors, from>>10, to>>10, growth(from, to),
		warm.Used>>10, last.Used>>10, warm.Orders, last.Orders, float64(sum.Commits)/float64(sum.Orders), sum.Written>>10/int64(sum.Orders))
	if sum.Orders < *days**sales*8/10 || sum.Dispensed < sum.Orders/2 {
		t.Errorf("too little was sold: %d orders, %d dispensed", sum.Orders, sum.Dispensed)
	}
	if last.Goroutines != warm.Goroutines || last.Descriptors != warm.Descriptors {
		t.Errorf("goroutines %d, then %d; descriptors %d, then %d", warm.Goroutines, last.Goroutines, warm.Descriptors, last.Descriptors)
	}
	if *days < enough {
		return // it has not warmed up yet
	}
	if g := growth(from, to); g >= bearable {
		t.Errorf("the heap has grown by %.1f %%", g)
	}
	if g := growth(warm.Used, last.Used); g >= 2*bearable {
		t.Errorf("the ledger has grown by %.1f %%, with old orders archived", g)
	}
}

// heap is the mean of the first days: how many people bought, and how much of
// the two newest days' books the world keeps, differs from day to day.
func heap(samples []soak.Sample) (mean int64) {
	n := min(len(samples), steady)
	for _, s := range samples[:n] {
		mean += s.Heap / int64(n)
	}
	return mean
}

// TestMinutes does the same with the built daemon.
func TestMinutes(t *testing.T) {
	t.Parallel() // it waits much more than it works
	dir := t.TempDir()
	length := time.Duration(*minutes * float64(time.Minute))
	r, err := soak.Minutes(t.Context(), soak.Process{
		For: length, Seed: *seed, Daemon: build(t, dir, "kioskd"), Sim: build(t, dir, "kiosk-sim"), Progress: os.Stdout,
	})
	fmt.Printf("soak: seed %d: %v\n", *seed, r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Books.Orders == 0 {
		t.Error("nothing was sold")
	}
	if r.Goroutines[1] > r.Goroutines[0] {
		t.Errorf("%d goroutines soon after the start, %d at the end", r.Goroutines[0], r.Goroutines[1])
	}
	if length < 4*time.Minute {
		return // it has not warmed up yet
	}
	if r.Last.Descriptors > r.Warm.Descriptors || r.Last.Threads > r.Warm.Threads+1 {
		t.Errorf("descriptors %d, then %d; threads %d, then %d", r.Warm.Descriptors, r.Last.Descriptors, r.Warm.Threads, r.Last.Threads)
	}
	if g := growth(r.Warm.Anonymous, r.Last.Anonymous); g >= bearable {
		t.Errorf("the memory has grown by %.1f %%", g)
	}
}

func build(t *testing.T, dir, name string, flags ...string) string {
	t.Helper()
	binary, err := crashtest.Build(dir, name, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
