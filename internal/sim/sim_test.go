package sim_test

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/internal/sim"
)

var (
	sales   = flag.Int("sales", 2000, "sales to play in the safety mode")
	healing = flag.Int("healing", 100, "seeds to play in the liveness mode")
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

// play runs episodes with consecutive seeds, one after the other: a bubble has
// one world, and go test runs the two tests beside each other.
func play(t *testing.T, mode string, episodes, customers int, liveness bool) {
	t.Parallel()
	if *only {
		episodes = 1
	}
	var sum sim.Figures
	begun, said := time.Now(), time.Now()
	for i := range episodes {
		s := *seed + uint64(i)
		t.Run(fmt.Sprint("seed ", s), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, err := sim.Episode(s, customers, liveness)
				sum.Add(f)
				if err != nil {
					t.Errorf("replay with: go test ./internal/sim -run (?i)%s -seed %d -only\n%v", mode, s, err)
				}
			})
		})
		if time.Since(said) > 10*time.Second {
			said = time.Now()
			fmt.Printf("%s: %d of %d episodes, %+v\n", mode, i+1, episodes, sum)
		}
	}
	fmt.Printf("%s: %d episodes in %.0fs from seed %d: %+v\n", mode, episodes, time.Since(begun).Seconds(), *seed, sum)
}
