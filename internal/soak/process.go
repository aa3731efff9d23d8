package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// Process says how long the built daemon runs.
type Process struct {
	For         time.Duration
	Seed        uint64
	Daemon, Sim string // the built kioskd and kiosk-sim
	Progress    io.Writer
}

// Footprint is what a process has taken, as /proc tells it.
type Footprint struct {
	RSS, Anonymous int64 // bytes; anonymous is without pages of files, such as the ledger's
	Descriptors    int
	Threads        int
}

// Report is what the minutes came to. Warm and Last are medians: of the second
// fifth of the time, and of the last one.
type Report struct {
	Warm, Last Footprint
	Goroutines [2]int // soon after a start, and at the end
	Customers  int
	Samples    int
	Books      audit.Figures
	Took       time.Duration
}

func (r Report) String() string {
	percent := func(from, to int64) float64 { return 100 * float64(to-from) / float64(max(1, from)) }
	return fmt.Sprintf("the built daemon for %.0f s with %d orders (%d dispensed, %d closed, %d refunded): memory %d to %d KiB (%+.1f %%), of it anonymous %d to %d KiB (%+.1f %%), descriptors %d to %d, threads %d to %d, goroutines %d to %d, by the medians of %d samples",
		r.Took.Seconds(), r.Books.Orders, r.Books.Dispensed, r.Books.Closed, r.Books.Refunded,
		r.Warm.RSS>>10, r.Last.RSS>>10, percent(r.Warm.RSS, r.Last.RSS),
		r.Warm.Anonymous>>10, r.Last.Anonymous>>10, percent(r.Warm.Anonymous, r.Last.Anonymous),
		r.Warm.Descriptors, r.Last.Descriptors, r.Warm.Threads, r.Last.Threads, r.Goroutines[0], r.Goroutines[1], r.Samples)
}

// Minutes runs the daemon as a process while customers buy all the time. An
// error is a broken promise, or says that it could not be run.
func Minutes(ctx context.Context, p Process) (r Report, err error) {
	dir, err := os.MkdirTemp("", "kioskd-soak-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	w, err := crashtest.NewWorld(ctx, dir, p.Sim, p.Seed)
	if err != nil {
		return r, err
	}
	defer w.Close()
	m := &machine{
		daemon: crashtest.NewDaemon(dir, p.Daemon), world: w, progress: p.Progress,
		crowd: crashtest.Crowd{World: w, Random: rand.New(rand.NewPCG(p.Seed, 3)), Calm: true},
	}
	m.crowd.Daemon = m.daemon
	// Go lets a small heap double before it tidies up, in steps that look like
	// growth for the first half hour. What is kept for ever shows sooner so.
	m.daemon.Env = []string{"GOGC=20"}
	defer m.daemon.Kill()
	if r.Goroutines[0], err = m.stands(ctx, min(p.For/4, 30*time.Second)); err != nil {
		return r, err
	}
	m.samples = nil
	begun := time.Now()
	if r.Goroutines[1], err = m.stands(ctx, p.For); err != nil {
		return r, err
	}
	r.Took, r.Customers, r.Samples = time.Since(begun), int(m.crowd.Served.Load()), len(m.samples)
	fifth := max(1, len(m.samples)/5)
	r.Warm = median(m.samples[min(fifth, len(m.samples)-1):min(2*fifth, len(m.samples))])
	r.Last = median(m.samples[len(m.samples)-fifth:])
	r.Books, err = m.audit()
	return r, err
}

type machine struct {
	daemon   *crashtest.Daemon
	world    *crashtest.World
	crowd    crashtest.Crowd
	progress io.Writer
	samples  []Footprint
}

// sampleEvery is how often /proc is read.
const sampleEvery = time.Second

// stands lets one process sell for some time, and returns how many goroutines
// it has when nobody is there any more.
func (m *machine) stands(ctx context.Context, length time.Duration) (goroutines int, err error) {
	if err := m.daemon.Start(""); err != nil {
		return 0, err
	}
	here, leave := context.WithTimeout(ctx, length)
	defer leave()
	gone := make(chan error, 1)
	go func() { gone <- m.crowd.Run(here) }()
	for n := 1; here.Err() == nil && err == nil; n++ {
		if n%60 == 0 {
			f := m.samples[len(m.samples)-1]
			fmt.Fprintf(m.progress, "soak: %d s: memory %d KiB (%d anonymous), %d descriptors, %d threads, %d customers\n",
				n, f.RSS>>10, f.Anonymous>>10, f.Descriptors, f.Threads, m.crowd.Served.Load())
		}
		select {
		case <-time.After(sampleEvery):
			err = m.sample()
		case <-here.Done():
		case <-m.daemon.Dead():
			err = fmt.Errorf("the daemon ended by itself:\n%s", m.daemon.Log())
		}
	}
	leave()
	if err := errors.Join(err, <-gone); err != nil {
		return 0, err
	}
	if err := m.quiet(); err != nil {
		return 0, err
	}
	said := len(m.daemon.Log())
	m.daemon.Signal(syscall.SIGQUIT)
	dump := m.daemon.Log()[said:]
	return strings.Count("\n"+dump, "\ngoroutine "), nil
}

// quiet waits until every order has ended and idle connections are closed.
func (m *machine) quiet() error {
	err := m.daemon.Until(3*time.Minute, "the end of every order", func() bool {
		time.Sleep(200 * time.Millisecond)
		orders, err := m.daemon.List()
		return err == nil && !slices.ContainsFunc(orders, func(o sale.Order) bool { return !o.State.Final() })
	})
	time.Sleep(3 * time.Second)
	return err
}

func (m *machine) sample() error {
	proc := filepath.Join("/proc", strconv.Itoa(m.daemon.PID()))
	text, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return err
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return err
	}
	f := Footprint{Descriptors: len(open)}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			f.RSS = n << 10
		case "RssAnon":
			f.Anonymous = n << 10
		case "Threads":
			f.Threads = int(n)
		}
	}
	m.samples = append(m.samples, f)
	return nil
}

// median is the middle of each figure by itself.
func median(all []Footprint) Footprint {
	middle := func(of func(Footprint) int64) int64 {
		var list []int64
		for _, f := range all {
			list = append(list, of(f))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return Footprint{
		RSS:         middle(func(f Footprint) int64 { return f.RSS }),
		Anonymous:   middle(func(f Footprint) int64 { return f.Anonymous }),
		Descriptors: int(middle(func(f Footprint) int64 { return int64(f.Descriptors) })),
		Threads:     int(middle(func(f Footprint) int64 { return int64(f.Threads) })),
	}
}

// audit compares the books of both processes.
func (m *machine) audit() (audit.Figures, error) {
	orders, err := m.daemon.ReadLedger()
	if err != nil {
		return audit.Figures{}, err
	}
	books, err := m.world.Books(orders)
	if err != nil {
		return audit.Figures{}, err
	}
	f, broken := books.Check()
	if there, here := books.Balance(); there != here {
		broken = append(broken, fmt.Sprintf("kept %d fen by the provider's books and %d fen by the ledger", there, here))
	}
	for _, b := range broken {
		err = errors.Join(err, errors.New(b))
	}
	return f, err
}
