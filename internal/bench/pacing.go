package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"kioskd/sale/habit"
)

// pacing compares, in computed time, when kioskd asks about a payment with a
// poller that asks every two seconds. Customers pay log-normally, the median
// after 12 s and four in five between 5 and 29 s; some walk away from a code
// that stays up for 90 s.
type pacing struct {
	Gone float64 `json:"customers_who_walk_away"`
	// Same is the pace that asks as often as the poller, over all sales.
	Same pace `json:"as_many_questions"`
	// Own is the pace that the daemon uses.
	Own pace `json:"the_daemons_own"`
	// Bound is the ratio that no schedule can go below which asks as often as
	// the poller and never twice within a second.
	Bound float64 `json:"bound_of_the_median_ratio"`
}

type pace struct {
	Median    float64 `json:"median_ms"`
	P90       float64 `json:"p90_ms"`
	RatioP50  float64 `json:"ratio_p50"`
	RatioP90  float64 `json:"ratio_p90"`
	Questions float64 `json:"questions_per_sale"`
	RatioAsks float64 `json:"ratio_questions"`
}

const (
	paceMedian = 12.0 // seconds
	paceSpread = 0.69 // of the logarithm
	paceWindow = 90 * time.Second
	every      = 2 * time.Second // of the poller
)

// goals are its rows: ratios to the poller.
func (p pacing) goals() []goal {
	who := "all pay"
	if p.Gone > 0 {
		who = fmt.Sprintf("%.0f %% walk away", 100*p.Gone)
	}
	say := func(x pace) string {
		return fmt.Sprintf("%.2f of a 2 s poller's (p90 %.2f) with %.2f of its questions", x.RatioP50, x.RatioP90, x.RatioAsks)
	}
	return []goal{
		{"learned, payment to knowing, p50, " + who, "", 0, 0, say(p.Own)},
		{"... asking as often as the poller", "0.60", p.Same.RatioP50, 0.6, fmt.Sprintf("%s; no schedule gets below %.2f", say(p.Same), p.Bound)},
	}
}

// paceOf lets customers come to a machine that has learned from others of
// their kind.
func paceOf(gone float64, seed uint64) pacing {
	rng := rand.New(rand.NewPCG(seed, 12))
	visit := func() (time.Duration, bool) {
		at := time.Duration(paceMedian * math.Exp(paceSpread*rng.NormFloat64()) * float64(time.Second))
		if rng.Float64() < gone || at > paceWindow {
			return paceWindow, false
		}
		return at, true
	}
	var h habit.Habit
	for range 400 {
		h.Add(visit())
	}
	crowd := make([]customerVisit, 20_000)
	for i := range crowd {
		crowd[i].at, crowd[i].pays = visit()
	}
	fixed := serve(crowd, func(time.Duration) time.Duration { return every })
	own := serve(crowd, h.Pace(habit.Price).Next)
	low, high := 0.0, 10.0 // a dear question is asked less often
	for range 40 {
		if price := (low + high) / 2; serve(crowd, h.Pace(price).Next).Questions > fixed.Questions {
			low = price
		} else {
			high = price
		}
	}
	p := pacing{Gone: gone, Same: serve(crowd, h.Pace(high).Next), Own: own, Bound: bound(crowd, fixed)}
	for _, x := range []*pace{&p.Same, &p.Own} {
		x.RatioP50, x.RatioP90 = round(x.Median/fixed.Median), round(x.P90/fixed.P90)
		x.RatioAsks = round(x.Questions / fixed.Questions)
	}
	return p
}

type customerVisit struct {
	at   time.Duration // pays, or goes
	pays bool
}

// serve asks as next says, from one pause after the code came up.
func serve(crowd []customerVisit, next func(time.Duration) time.Duration) pace {
	var asks []time.Duration
	for t := next(0); t < paceWindow+habit.Slow; t += next(t) {
		asks = append(asks, t)
	}
	var late []float64
	questions := 0
	for _, v := range crowd {
		n, _ := slices.BinarySearch(asks, v.at)
		n = min(n, len(asks)-1)
		questions += n + 1
		if v.pays {
			late = append(late, (asks[n]-v.at+latency).Seconds()*1000)
		}
	}
	slices.Sort(late)
	return pace{Median: round(late[len(late)/2]), P90: round(late[len(late)*9/10]), Questions: round(float64(questions) / float64(len(crowd)))}
}

// bound spends the poller's questions where they are worth most: at the
// moments at which the largest part of those who still stand there pays. With a
// second between two questions, a payment in that time is noticed within d with
// probability d; elsewhere never.
func bound(crowd []customerVisit, fixed pace) float64 {
	const step = 250 * time.Millisecond
	type cell struct{ paid, stood float64 }
	cells := make([]cell, int(paceWindow/step))
	everybody, paying := 0.0, 0.0
	for _, v := range crowd {
		everybody++
		last := min(int(v.at/step), len(cells)-1)
		if v.pays {
			cells[last].paid++
			paying++
		}
		for i := range last {
			cells[i].stood += step.Seconds()
		}
		cells[last].stood += step.Seconds() / 2
	}
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(b.paid*a.stood, a.paid*b.stood) })
	budget, covered := fixed.Questions*everybody, 0.0
	for _, c := range cells {
		if budget -= c.stood; budget < 0 {
			break
		}
		covered += c.paid
	}
	return round((paying/covered*500 + float64(latency.Milliseconds())) / fixed.Median)
}
