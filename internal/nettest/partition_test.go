package nettest_test

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/sale/saletest"
)

func sortCases[C fmt.Stringer](cases []C) {
	slices.SortFunc(cases, func(a, b C) int { return cmp.Compare(a.String(), b.String()) })
}

// partition takes the network away.
type partition struct {
	mode desk.Mode
	from string // the stage of the sale in which it begins
	way  string
	long time.Duration
}

func (c partition) in() desk.Mode { return c.mode }

func (c partition) String() string { return fmt.Sprintf("%s/%s/%s/%s", c.mode, c.from, c.way, c.long) }

var (
	stages = []string{"idle", "create", "awaiting", "awaiting and pays", "paid", "close", "refund", "refund-query"}
	ways   = map[string]desk.Delivery{"refused": {Refuse: true}, "vanishing": {Hang: true}, "answers vanishing": {Lose: true}, "answers cut": {Cut: true}}
	longs  = []time.Duration{time.Second, 10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
)

func TestPartition(t *testing.T) {
	for _, c := range columns {
		bubbles(t, "net partitions, "+string(c.Mode), partitions(c), playPartition)
	}
}

func partitions(c column) (cases []partition) {
	from := stages
	if c.Certified() {
		from = append(slices.Clone(stages), "change-over")
	}
	for _, s := range from {
		for way := range ways {
			for _, l := range longs {
				if l > time.Hour && way != "refused" && way != "vanishing" {
					continue // the other two differ while a call is under way
				}
				cases = append(cases, partition{c.Mode, s, way, l})
			}
		}
	}
	sortCases(cases)
	if !flags.Full && flags.Case == "" { // a day takes seconds
		var days []partition
		if c.Mode == desk.PublicKey {
			days = slices.DeleteFunc(slices.Clone(cases), func(c partition) bool { return c.long != 24*time.Hour })
		}
		cases = slices.DeleteFunc(cases, func(c partition) bool { return c.long > 10*time.Minute })
		return append(proof.Choose(flags, days, 1), proof.Choose(flags, cases, c.partitions)...)
	}
	return proof.Choose(flags, cases, len(cases))
}

func playPartition(w *desk.World, c partition, y *tally) (broken []string) {
	if !w.Shown(time.Minute, sale.SceneIdle) {
		return []string{"the machine did not begin to sell"}
	}
	time.Sleep(10 * time.Second)
	down := &outage{w: w, c: c}
	told := down.begin()
	time.Sleep(time.Until(down.began().Add(c.long)))
	w.Courier.SetRule(nil)
	for _, d := range told {
		if d > tellWithin {
			broken = append(broken, fmt.Sprintf("the customer was told only after %s", d.Round(time.Millisecond)))
		}
	}
	return append(broken, judge(w, y, 15*time.Minute, told...)...)
}

// outage is a partition under way.
type outage struct {
	w *desk.World
	c partition

	mu sync.Mutex
	at time.Time // when it began
}

func (d *outage) began() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *outage) cut() {
	d.mu.Lock()
	d.at = time.Now()
	d.mu.Unlock()
	d.w.Courier.SetRule(func(desk.Parcel) desk.Delivery { return ways[d.c.way] })
}

// on takes the network away when the first such call is made.
func (d *outage) on(call paytest.Call) {
	d.at = time.Now().Add(time.Hour)
	var open bool
	d.w.Courier.SetRule(func(p desk.Parcel) desk.Delivery {
		d.mu.Lock()
		defer d.mu.Unlock()
		if p.Call == call && !open {
			open, d.at = true, time.Now()
		}
		if open {
			return ways[d.c.way]
		}
		return desk.Delivery{}
	})
}

// begin plays a customer up to the outage and some seconds into it. It returns
// how long the customer was left in the dark.
func (d *outage) begin() (told []time.Duration) {
	w := d.w
	switch d.c.from {
	case "idle":
		d.cut()
		time.Sleep(min(2*time.Second, d.c.long/2))
		pressed := time.Now()
		w.Board.Press(11)
		return d.told(pressed)
	case "create":
		d.on(paytest.CallCreate)
		w.Board.Press(11)
		return d.told(time.Now().Add(200 * time.Millisecond)) // the board is asked first
	case "awaiting", "awaiting and pays":
		code, _ := order(w, 11)
		time.Sleep(2500 * time.Millisecond)
		d.cut()
		if d.c.from == "awaiting and pays" {
			_ = w.Pay(code)
		}
		return d.told(d.began())
	case "change-over":
		time.Sleep(time.Minute) // so long after the first download
		d.on(paytest.CallCertificates)
		code, _ := order(w, 11)
		_ = renew(w)
		_ = w.Pay(code)
		time.Sleep(5 * time.Second)
	case "paid":
		code, _ := order(w, 11)
		_ = w.Pay(code)
		w.Until(5*time.Second, func() bool { return w.Newest().State == sale.Dispensing })
		d.cut()
		time.Sleep(5 * time.Second)
	case "close":
		d.on(paytest.CallClose)
		order(w, 11)
		w.Board.Cancel()
		time.Sleep(5 * time.Second)
	case "refund", "refund-query":
		w.Board.Plan(saletest.Fate(saletest.Vend{}))
		d.on(paytest.Call(d.c.from))
		code, _ := order(w, 11)
		_ = w.Pay(code)
		time.Sleep(15 * time.Second)
		w.Board.Plan(nil)
	}
	return nil
}

// told waits for the scene that tells, for as long as the outage lasts.
func (d *outage) told(from time.Time) []time.Duration {
	if time.Until(d.began().Add(d.c.long)) < tellWithin && d.c.from != "create" || d.c.long < 10*time.Second {
		time.Sleep(time.Second)
		return nil // over before anybody need be told
	}
	dark := func() bool {
		_, ok := d.w.Panel.First(from, telling)
		return ok
	}
	if !d.w.Until(min(d.c.long, time.Minute), dark) {
		return []time.Duration{time.Since(from)}
	}
	s, _ := d.w.Panel.First(from, telling)
	return []time.Duration{s.At.Sub(from)}
}
