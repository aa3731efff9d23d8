package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
	"kioskd/store"
)

// memorySales is after how many sales the daemon's memory is looked at.
const memorySales = 50

// runs is how often what is done once is repeated.
const runs = 5

// child is the built daemon as a process, in a world of its own.
type child struct {
	name    string
	rig     *crashtest.Rig
	client  http.Client
	seen    sight
	figures childFigures
}

// childFigures is what the process shows of itself.
type childFigures struct {
	StartToSocket  span    `json:"start_to_socket_ms"`  // until it answers at all
	StartToSelling span    `json:"start_to_selling_ms"` // until it says that it sells
	RSSIdle        int64   `json:"rss_idle_bytes"`
	RSSSales       int64   `json:"rss_after_sales_bytes"`
	RSSPeak        int64   `json:"rss_peak_bytes"`
	AnonIdle       int64   `json:"rss_anonymous_idle_bytes"` // without pages of files, which the system can take back
	AnonSales      int64   `json:"rss_anonymous_after_sales_bytes"`
	Sales          int     `json:"sales"`
	Lost           int     `json:"lost"`
	Commits        float64 `json:"commits_per_sale"`
	Bytes          int64   `json:"bytes_written_per_sale"` // by the ledger's own count
	// KernelBytes is write_bytes of /proc/PID/io, 0 where there is none: whole
	// pieces of the page cache, even if less of them goes to the disk.
	KernelBytes int64  `json:"kernel_bytes_per_sale"`
	Traced      traced `json:"traced"`
}

// newChild writes the config. ledger is a file to begin with, or empty.
func newChild(ctx context.Context, dir, name string, o options, ledger string) (*child, error) {
	dir = filepath.Join(dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	binary, err := filepath.Abs(o.daemon)
	if err != nil {
		return nil, err
	}
	c := &child{name: name}
	c.rig, err = crashtest.New(ctx, dir, binary, o.seed, crashtest.Config{Latency: latency, PollEvery: pollEvery, AnswerWithin: answerWithin})
	if err != nil {
		return nil, fmt.Errorf("the world of the daemon: %w", err)
	}
	c.client = http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", c.rig.Socket())
		},
	}}
	if ledger != "" {
		err = copyFile(c.rig.Ledger(), ledger)
	}
	return c, err
}

// said is what /v1/status answers.
type said struct {
	Sale  sale.Status `json:"sale"`
	Store store.Stats `json:"store"`
}

func (c *child) status(ctx context.Context) (s said, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kioskd/v1/status", nil)
	if err != nil {
		return s, err
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return s, fmt.Errorf("the daemon answered %s", answer.Status)
	}
	return s, json.NewDecoder(answer.Body).Decode(&s)
}

// starts kills the daemon and starts it again; the last one stays.
func (c *child) starts(ctx context.Context) error {
	var socket, selling []time.Duration
	for i := range runs {
		if i > 0 {
			c.rig.Kill()
			c.client.CloseIdleConnections()
			// The board frees the port of a process that was killed when it
			// has missed two answers.
			if err := pause(ctx, 1500*time.Millisecond); err != nil {
				return err
			}
		}
		up, ready, err := c.start(ctx)
		if err != nil {
			return fmt.Errorf("%w\n%s", err, c.rig.Log())
		}
		socket, selling = append(socket, up), append(selling, ready)
	}
	c.figures.StartToSocket, c.figures.StartToSelling = spanOf(socket), spanOf(selling)
	return nil
}

// start measures one start. Each question makes the daemon look at the board
// and the provider at once; unasked it does so four times a second.
func (c *child) start(ctx context.Context) (up, ready time.Duration, err error) {
	begun := time.Now()
	if err := c.rig.Start(""); err != nil {
		return 0, 0, err
	}
	err = c.rig.Until(30*time.Second, "the daemon that sells", func() bool {
		s, err := c.status(ctx)
		if err != nil {
			return false
		}
		ready = time.Since(begun)
		if up == 0 {
			up = ready
		}
		return s.Sale.Selling
	})
	return up, ready, err
}

// waitFor implements shop.
func (c *child) waitFor(ctx context.Context, within time.Duration, kinds ...sale.SceneKind) (sight, error) {
	err := c.rig.Until(within, "a scene", func() bool {
		s, err := c.status(ctx)
		if err == nil && s.Sale.Scene != c.seen.kind {
			c.seen = sight{s.Sale.Scene, time.Now()}
		}
		if ctx.Err() != nil || err == nil && slices.Contains(kinds, c.seen.kind) {
			return true
		}
		return pause(ctx, 40*time.Millisecond) != nil
	})
	switch {
	case ctx.Err() != nil:
		return c.seen, ctx.Err()
	case err != nil:
		return c.seen, fmt.Errorf("%w; %w", err, unseen(c.seen.kind, kinds, within))
	}
	return c.seen, nil
}

// tracedSales is how many of the last sales strace watches.
const tracedSales = 5

// sells serves n customers who pay at once.
func (c *child) sells(ctx context.Context, n int, say func(string, ...any)) error {
	before, err := c.footprint(ctx)
	if err != nil {
		return err
	}
	who := customer{c, c.rig.Provider, c.rig.Cabinet}
	f := &c.figures
	var t *tracer
	watched := min(n, tracedSales)
	for i := range n {
		if i == n-watched {
			t = trace(c.rig.PID(), filepath.Join(c.rig.Dir, "trace"), say)
		}
		_, err := who.buys(ctx, sale.Slot(crashtest.Slots[i%len(crashtest.Slots)]), 0)
		switch {
		case ctx.Err() != nil:
			t.end(0)
			return ctx.Err()
		case err != nil:
			f.Lost++
			say("the daemon with the %s ledger: a sale that went wrong: %v", c.name, err)
		}
	}
	f.Traced = t.end(watched)
	if f.Lost > n/2 {
		return fmt.Errorf("%d of %d sales of the daemon with the %s ledger went wrong", f.Lost, n, c.name)
	}
	after, err := c.footprint(ctx)
	if err != nil {
		return err
	}
	say("%d sales by the daemon with the %s ledger", n, c.name)
	f.AnonIdle, f.AnonSales = before.anon, after.anon
	f.Sales, f.RSSIdle, f.RSSSales, f.RSSPeak = n, before.rss, after.rss, after.peak
	f.Commits = round(float64(after.ledger.Commits-before.ledger.Commits) / float64(n))
	f.Bytes = (after.ledger.Written - before.ledger.Written) / int64(n)
	f.KernelBytes = (after.written - before.written) / int64(n)
	return nil
}

// footprint is what the process has taken so far.
type footprint struct {
	rss, peak, anon int64 // bytes
	written         int64 // bytes, by the kernel's count
	ledger          store.Stats
}

func (c *child) footprint(ctx context.Context) (f footprint, err error) {
	s, err := c.status(ctx)
	if err != nil {
		return f, err
	}
	f.ledger = s.Store
	proc := filepath.Join("/proc", strconv.Itoa(c.rig.PID()))
	memory, err := fields(filepath.Join(proc, "status"))
	if err != nil {
		return f, err
	}
	f.rss, f.peak, f.anon = memory["VmRSS"]<<10, memory["VmHWM"]<<10, memory["RssAnon"]<<10
	if io, err := fields(filepath.Join(proc, "io")); err == nil { // some kernels have none
		f.written = io["write_bytes"]
	}
	return f, nil
}

// fields reads the lines "name: number" of a file in /proc.
func fields(path string) (map[string]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]int64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			all[name] = n
		}
	}
	return all, nil
}
