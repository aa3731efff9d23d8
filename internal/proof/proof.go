// Package proof is what the harnesses have in common: the flags by which a
// case is chosen and replayed, and what they print: the state of things every
// ten seconds, and one line of figures at the end.
package proof

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Flags choose among the cases of a harness.
type Flags struct {
	Seed uint64
	Full bool
	Case string
}

// NewFlags defines -seed, -full and -case, before flags are parsed.
func NewFlags() *Flags {
	f := &Flags{}
	flag.Uint64Var(&f.Seed, "seed", 1, "of the sample and of everything drawn in it")
	flag.BoolVar(&f.Full, "full", false, "every case instead of a sample")
	flag.StringVar(&f.Case, "case", "", "play only this case, as a failure names it")
	return f
}

// Choose shuffles the cases and returns a sample of at most n, or all of them,
// or the one that was asked for.
func Choose[C fmt.Stringer](f *Flags, cases []C, n int) []C {
	rng := rand.New(rand.NewPCG(f.Seed, 0))
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	switch {
	case f.Case != "":
		return slices.DeleteFunc(cases, func(c C) bool { return c.String() != f.Case })
	case f.Full:
		return cases
	}
	return cases[:min(n, len(cases))]
}

// Progress prints what a harness has done. Its methods may be called from any
// goroutine.
type Progress struct {
	title string
	seed  uint64
	begun time.Time

	mu   sync.Mutex
	said time.Time
}

// Begin prints nothing yet.
func Begin(title string, seed uint64) *Progress {
	now := time.Now()
	return &Progress{title: title, seed: seed, begun: now, said: now}
}

// Say prints a line if the last one was ten seconds ago.
func (p *Progress) Say(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.said) < 10*time.Second {
		return
	}
	p.said = time.Now()
	fmt.Printf("%s: %s\n", p.title, fmt.Sprintf(format, a...))
}

// End prints the line of figures.
func (p *Progress) End(format string, a ...any) {
	fmt.Printf("%s: seed %d, %.0f s: %s\n", p.title, p.seed, time.Since(p.begun).Seconds(), fmt.Sprintf(format, a...))
}

// Bubbles plays cases one after another, each as a subtest in a bubble of its
// own. sum is printed while it works and at the end.
func Bubbles[C fmt.Stringer](t *testing.T, p *Progress, cases []C, sum fmt.Stringer, play func(*testing.T, C)) {
	for i, c := range cases {
		t.Run(c.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, c) })
		})
		p.Say("%d of %d: %v", i+1, len(cases), sum)
	}
	p.End("%v", sum)
}

// Wrong reports what a case broke, with the words that replay it.
func Wrong[C fmt.Stringer](t *testing.T, c C, broken []string) {
	t.Helper()
	for _, b := range broken {
		t.Errorf("%s: %s (replay: -case '%s')", c, b, c)
	}
}
