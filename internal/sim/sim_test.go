package sim_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"kioskd/internal/proof"
	"kioskd/internal/sim"
)

var (
	sales   = flag.Int("sales", 1000, "sales to play in the safety mode")
	healing = flag.Int("healing", 60, "seeds to play in the liveness mode")
	seed    = flag.Uint64("seed", 1, "the first seed")
	only    = flag.Bool("only", false, "play nothing but -seed, in both modes")
)

// perEpisode is how many customers one world sees.
const perEpisode = 25

func TestSafety(t *testing.T) {
	play(t, "safety", max(1, *sales/perEpisode), perEpisode, false)
}

func TestLiveness(t *testing.T) {
	play(t, "liveness", *healing, 4, true)
}

// play runs episodes with consecutive seeds, as many at a time as there are
// processors; each has a bubble and a world of its own.
func play(t *testing.T, mode string, episodes, customers int, liveness bool) {
	if *only {
		episodes = 1
	}
	p := &progress{Progress: proof.Begin("sim "+mode, *seed), mode: mode, of: episodes}
	t.Run("workers", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for i := int(p.next.Add(1)) - 1; i < episodes; i = int(p.next.Add(1)) - 1 {
					s := *seed + uint64(i)
					t.Run(fmt.Sprint("seed ", s), func(t *testing.T) { p.episode(t, s, customers, liveness) })
				}
			})
		}
	})
	p.End("%d episodes: %+v", episodes, p.sum)
}

type progress struct {
	*proof.Progress
	mode string
	of   int
	next atomic.Int64

	mu   sync.Mutex
	done int
	sum  sim.Figures
}

func (p *progress) episode(t *testing.T, seed uint64, customers int, liveness bool) {
	var f sim.Figures
	synctest.Test(t, func(t *testing.T) {
		var err error
		if f, err = sim.Episode(seed, customers, liveness); err != nil {
			t.Errorf("replay with: go test ./internal/sim -run '(?i)%s' -seed %d -only\n%v", p.mode, seed, err)
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.sum.Add(f)
	p.Say("%d of %d episodes, %+v", p.done, p.of, p.sum)
}

// A seed plays the same episode each time, also while others play beside it.
func TestReplay(t *testing.T) {
	for s := *seed; s < *seed+4; s++ {
		var first sim.Figures
		t.Run(fmt.Sprint("seed ", s), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { first = episode(t, s) })
			for range 3 {
				t.Run("again", func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						if again := episode(t, s); again != first {
							t.Errorf("first %+v\nagain %+v", first, again)
						}
					})
				})
			}
		})
	}
}

func episode(t *testing.T, seed uint64) sim.Figures {
	f, err := sim.Episode(seed, perEpisode, false)
	if err != nil {
		t.Error(err)
	}
	return f
}
