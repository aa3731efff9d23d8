package torture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/internal/audit"
)

// Figures are what a run has shown.
type Figures struct {
	Machines, Kills   int
	Random, Early     int // at random instants; of these, before the daemon was ready
	Aimed, Missed     int // at a commit; planned so, but the commit never came and the kill was a random one
	Points            map[string]int
	Audits, Customers int
	Books             audit.Figures
	Violations        []string
	Answers           Times // from the start of the process until the control socket answers
	Ready             Times // ... until it sells, or would but for an order in hand
	Selling           Times // ... until it sells, with nothing in hand
	Settled           Times // ... until it sells, with an order in hand to settle first
	Breaches          int   // of the serial protocol, by the cabinet's count
	Took              time.Duration
	seen              map[string]bool
}

// Times are durations of one sort.
type Times []time.Duration

// P is the duration that p of a hundred do not exceed; 0 if there is none.
func (t Times) P(p int) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(len(t)-1, (len(t)*p+99)/100-1)]
}

func (t Times) String() string {
	return fmt.Sprintf("p50 %.2f s p99 %.2f s (%d)", t.P(50).Seconds(), t.P(99).Seconds(), len(t))
}

// violation notes a broken promise once.
func (f *Figures) violation(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	if !f.seen[what] {
		f.seen[what] = true
		f.Violations = append(f.Violations, what)
	}
}

// add sums figures.
func (f *Figures) add(g Figures) {
	f.Machines += g.Machines
	f.Kills += g.Kills
	f.Random += g.Random
	f.Early += g.Early
	f.Aimed += g.Aimed
	f.Missed += g.Missed
	f.Audits += g.Audits
	f.Customers += g.Customers
	f.Breaches += g.Breaches
	f.Books.Add(g.Books)
	f.Violations = append(f.Violations, g.Violations...)
	f.Answers = append(f.Answers, g.Answers...)
	f.Ready = append(f.Ready, g.Ready...)
	f.Selling = append(f.Selling, g.Selling...)
	f.Settled = append(f.Settled, g.Settled...)
	if f.Points == nil {
		f.Points = map[string]int{}
	}
	for p, n := range g.Points {
		f.Points[p] += n
	}
}

// String is the one line.
func (f Figures) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d kills (%d aimed at %d commits, %d random, %d of them before the daemon was ready) on %d machines in %.0f s; ",
		f.Kills, f.Aimed, len(f.Points), f.Random, f.Early, f.Machines, f.Took.Seconds())
	k := f.Books
	fmt.Fprintf(&b, "%d customers with a code, %d orders: %d dispensed, %d refunded, %d closed, %d for a person, %d open; ",
		f.Customers, k.Orders, k.Dispensed, k.Refunded, k.Closed, k.Attention, k.Open)
	fmt.Fprintf(&b, "%d once in doubt, %d dropped and refunded; paid %d fen, refunded %d fen; ", k.Doubted, k.DroppedAndRefunded, k.PaidFen, k.RefundedFen)
	fmt.Fprintf(&b, "%d aimed kills missed their commit, %d breaches of the serial protocol; %d audits, %d violations; answers %v, ready %v, sells with nothing in hand %v, with an order in hand %v",
		f.Missed, f.Breaches, f.Audits, len(f.Violations), f.Answers, f.Ready, f.Selling, f.Settled)
	return b.String()
}
