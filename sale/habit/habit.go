// Package habit learns when the customers of one machine pay after the code
// came up, and says from that how often the provider is to be asked.
package habit

import "time"

// Fast and Slow are the two paces. No order is asked about more than once a
// second. A code that nobody can ask about must leave the screen within five
// seconds, which a slow pause and two more attempts just allow.
const (
	Fast = time.Second
	Slow = 3 * time.Second
)

// Price is how many seconds of a customer's waiting one question may cost.
// Asking fast spares each payment (Slow-Fast)/2 on the mean and costs two more
// questions in three seconds: at this price it is worth it where at least one
// in fifty of those who still stand at the machine pays within a second.
const Price = 0.03

const (
	// enough is how many orders must be known before they are trusted.
	enough = 30
	// memory bounds the weight of the past: at twice as many orders all counts
	// are halved, so that a machine that was moved elsewhere learns anew.
	memory = 200
)

// edges are where the cells of the histogram begin, in seconds. The last cell
// has no end.
var edges = [...]int{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 22, 24, 26, 28, 30, 33, 36, 40, 45, 50, 60, 70, 80, 90, 120, 180, 300,
}

func cellOf(in time.Duration) int {
	for i := len(edges) - 1; i > 0; i-- {
		if in >= time.Duration(edges[i])*time.Second {
			return i
		}
	}
	return 0
}

// Habit is what is known of one machine's customers. Its zero value knows
// nothing. It is for one goroutine.
type Habit struct {
	paid, gone [len(edges)]float64
	known      float64
}

// Add tells how one code ended: paid after so long, or gone unpaid.
func (h *Habit) Add(shown time.Duration, paid bool) {
	c := cellOf(shown)
	if paid {
		h.paid[c]++
	} else {
		h.gone[c]++
	}
	if h.known++; h.known < 2*memory {
		return
	}
	for i := range h.paid {
		h.paid[i] /= 2
		h.gone[i] /= 2
	}
	h.known /= 2
}

// Pace is how often to ask while a code is up.
type Pace struct {
	learned bool
	fast    [len(edges)]bool
}

// Pace makes the best of a price, see [Price]. As long as too few orders are
// known it is fast for a minute and then slower.
func (h *Habit) Pace(price float64) Pace {
	p := Pace{learned: h.known >= enough}
	worth := price * (1/Fast.Seconds() - 1/Slow.Seconds()) / ((Slow - Fast).Seconds() / 2)
	for i := range p.fast {
		p.fast[i] = h.rate(i) > worth
	}
	return p
}

// rate is which part of those who stand at the machine pays, each second,
// around a cell. Few orders make a ragged histogram, so the neighbours count.
func (h *Habit) rate(cell int) float64 {
	const around = 2
	var paid, stood float64
	here := h.known
	for i := range h.paid {
		left := h.paid[i] + h.gone[i]
		if i >= cell-around && i <= cell+around {
			length := float64(edges[i]) // the last cell is as long again as it is far away
			if i+1 < len(edges) {
				length = float64(edges[i+1] - edges[i])
			}
			paid += h.paid[i]
			stood += (here - left/2) * length
		}
		here -= left
	}
	if stood <= 0 {
		return 0
	}
	return paid / stood
}

// Next returns the pause between a question asked so long after the code came
// up and the one that follows it.
func (p Pace) Next(in time.Duration) time.Duration {
	switch {
	case !p.learned && in < time.Minute:
		return Fast
	case !p.learned:
		return 2 * time.Second
	}
	for i := cellOf(in); i < len(edges); i++ {
		if !p.fast[i] {
			continue
		}
		return min(Slow, max(Fast, time.Duration(edges[i])*time.Second-in))
	}
	return Slow
}
