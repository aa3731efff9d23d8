package store

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"kioskd/sale"
)

// replay is the one transaction in which a ledger is made from its copy.
type replay struct {
	tx    *bbolt.Tx
	log   *slog.Logger
	t     totals
	at    time.Time
	known map[sale.Number]uint64 // number -> Order.Seq
}

func (p *replay) run(b base, traces map[sale.Number]uint64, r *Restored) (err error) {
	if p.t, err = readTotals(p.tx); err != nil {
		return err
	}
	for _, name := range []string{inOrders, inOpen} {
		if err := walkHeads(p.tx, name, func(seq uint64, h orderHead) { p.known[h.number] = seq }); err != nil {
			return err
		}
	}
	before, of := p.t.journal, p.t.seq
	if err := p.play(b.tape); err != nil {
		return err
	}
	r.Entries = int(p.t.journal - before)
	if r.Doubtful, err = p.doubt(); err != nil {
		return err
	}
	// The sequences of orders that left no trace must not come again.
	for _, seq := range traces {
		p.t.seq = max(p.t.seq, seq)
	}
	p.t.seq = max(p.t.seq, b.archived) + margin
	if r.Lost, err = p.takeLost(traces, of); err != nil {
		return err
	}
	r.Doubtful = append(r.Doubtful, r.Lost...)
	unmark := p.tx.Bucket([]byte(inMeta)).Delete([]byte(keyCopy))
	return errors.Join(unmark, newEpoch(p.tx, b.latest+1), writeTotals(p.tx, p.t))
}

// play takes the tape's steps as far as none is missing.
func (p *replay) play(tape []segment) error {
	for _, g := range tape {
		if g.base > p.t.journal {
			return nil
		}
		r, err := readSegment(g)
		if err != nil {
			p.log.Error("the tape cannot be read; what follows is known by number alone", "error", err)
			return nil
		}
		if err := p.playLines(r.lines); err != nil {
			return err
		}
	}
	return nil
}

// playLines takes each order as its newest step left it.
func (p *replay) playLines(lines []Archived) error {
	from := p.t.journal
	entries := map[uint64]Entry{}
	for _, a := range lines {
		for _, e := range a.Journal {
			entries[e.N] = e
		}
	}
	for to := unbroken(entries, lines, from); p.t.journal < to; {
		if err := journalEntry(p.tx, &p.t, entries[p.t.journal+1]); err != nil {
			return err
		}
	}
	newest := map[sale.Number]Archived{}
	for _, a := range lines {
		if last := a.last(); last > from && last <= p.t.journal && last >= newest[a.Order.Number].last() {
			newest[a.Order.Number] = a
		}
	}
	for _, number := range slices.Sorted(maps.Keys(newest)) {
		a := newest[number]
		if err := p.put(a.last(), a.Order); err != nil {
			return err
		}
	}
	if err := replayActions(p.tx, lines); err != nil {
		return err
	}
	// The slots are told as they were then, so what is missing before does not
	// matter; what the copy may have overtaken does.
	for _, a := range lines {
		if last := a.last(); last > from || last == 0 && a.Behind >= from {
			if err := putShelves(p.tx, a.Shelves...); err != nil {
				return err
			}
		}
	}
	return nil
}

// unbroken returns up to which entry none is missing behind from, and no line
// begins that ends later: of such an order nobody knows how it stood.
func unbroken(entries map[uint64]Entry, lines []Archived, from uint64) uint64 {
	to := from
	for _, ok := entries[to+1]; ok; _, ok = entries[to+1] {
		to++
	}
	for again := true; again; {
		again = false
		for _, a := range lines {
			if first := a.first(); first <= to && to < a.last() && to > from {
				to, again = max(from, first-1), true
			}
		}
	}
	return to
}

// first is the number of the oldest entry, 0 for none.
func (a Archived) first() (n uint64) {
	for _, e := range a.Journal {
		if n == 0 || e.N < n {
			n = e.N
		}
	}
	return n
}

// last is the number of the newest entry, 0 for none.
func (a Archived) last() (n uint64) {
	for _, e := range a.Journal {
		n = max(n, e.N)
	}
	return n
}

// put stores an order wherever it was.
func (p *replay) put(last uint64, o sale.Order) error {
	in, err := p.bucketOf(o.Number)
	if err != nil {
		return err
	}
	p.known[o.Number] = o.Seq
	return putOrder(p.tx, &p.t, in, last, o)
}

func (p *replay) bucketOf(number sale.Number) (string, error) {
	seq, ok := p.known[number]
	for _, name := range []string{inOpen, inOrders} {
		t, err := tableOf(p.tx, name)
		if err != nil {
			return "", err
		}
		if ok && t.Get(numberKey(seq)) != nil {
			return name, nil
		}
	}
	return "", nil
}

// doubt marks the orders that may have been paid, or served, in steps that are
// lost. What was closed or was being refunded is past that.
func (p *replay) doubt() (numbers []sale.Number, err error) {
	var open []standing
	err = walk(p.tx, inOpen, func(_, payload []byte) error {
		h, o, err := decodeOrder(payload)
		open = append(open, standing{&o, inOpen, h.last})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, s := range open {
		o := *s.order
		if o.State == sale.Closed || o.State == sale.Refunding {
			continue
		}
		o.Restored = true
		e := Entry{Prev: s.last, From: o.State, State: o.State, Detail: "later steps may be lost"}
		if err := p.note(e, o); err != nil {
			return nil, err
		}
		numbers = append(numbers, o.Number)
	}
	return numbers, nil
}

// takeLost makes orders of numbers that the ledger had and the copy has not.
// Sequences up to of were in the copy, if not gone to an archive since.
func (p *replay) takeLost(traces map[sale.Number]uint64, of uint64) (numbers []sale.Number, err error) {
	for number, seq := range traces {
		if _, known := p.known[number]; !known && seq > of {
			numbers = append(numbers, number)
		}
	}
	slices.SortFunc(numbers, func(a, b sale.Number) int { return cmp.Or(cmp.Compare(traces[a], traces[b]), cmp.Compare(a, b)) })
	for _, number := range numbers {
		p.t.seq++
		o := sale.Order{Number: number, Seq: p.t.seq, State: sale.Closing, Cause: sale.CauseRestored, CreatedAt: p.at, Restored: true}
		if err := p.note(Entry{State: sale.Closing, Detail: "only its number is known"}, o); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// note stores an order with one journal entry about the restore.
func (p *replay) note(e Entry, o sale.Order) error {
	e.N, e.Number, e.Seq = p.t.journal+1, o.Number, o.Seq
	e.Cause, e.At, e.Boot = sale.CauseRestored, p.at, p.t.boots
	if err := journalEntry(p.tx, &p.t, e); err != nil {
		return err
	}
	return p.put(e.N, o)
}
