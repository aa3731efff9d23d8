package link

import (
	"slices"
	"sync"
	"time"
)

// bases remembers which base URL works. The one in use stays in use until a
// connection to it fails.
type bases struct {
	urls []string
	away time.Duration

	mu   sync.Mutex
	at   int       // in use
	left time.Time // when the first was last found not to work
}

// plan returns the URLs that one call may try, one or two. If home is set and
// the first URL has been left alone for long enough, it is tried first.
func (b *bases) plan(home bool) []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if home && b.at != 0 && time.Since(b.left) >= b.away {
		return []int{0, b.at}
	}
	return slices.Compact([]int{b.at, (b.at + 1) % len(b.urls)})
}

func (b *bases) worked(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = i
}

// failed leaves plan[n] for what is next in the plan or, at its end, in the
// list: with three or more URLs the next call tries one that this one did not.
func (b *bases) failed(plan []int, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if plan[n] == 0 {
		b.left = time.Now()
	}
	if b.at != plan[n] {
		return
	}
	b.at = (plan[n] + 1) % len(b.urls)
	if n+1 < len(plan) {
		b.at = plan[n+1]
	}
}
