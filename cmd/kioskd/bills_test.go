package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// billDay is the day of the scripts: the newest whose bill is ready.
func billDay() reconcile.Day { return reconcile.Newest(time.Now()) }

// provider writes the files that machine writes, for a simulated WeChat Pay that
// runs, and sets $DAY. Its bill of that day has the lines of a file, each "pay
// NUMBER FEN" or "back NUMBER FEN STATUS": "provider LINES".
func provider(ts *testscript.TestScript, _ bool, args []string) {
	p, err := paytest.New(paytest.Options{})
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	ts.Defer(func() {
		stop()
		p.Close()
	})
	ts.Check(p.Start(ctx))
	day := billDay()
	ts.Setenv("DAY", day.String())
	ts.Setenv("BEFORE", day.Add(-1).String())
	var lines []paytest.BillLine
	for text := range strings.Lines(ts.ReadFile(args[0])) {
		lines = append(lines, billLine(ts, strings.Fields(text), day.Start().Add(12*time.Hour+time.Duration(len(lines))*time.Minute)))
	}
	p.EditBill(func(of string, none []paytest.BillLine) []paytest.BillLine {
		if of == day.String() {
			return lines
		}
		return none
	})
	// One of each kind of mishap that passes by itself.
	ts.Check(p.Queue(paytest.CallBill, paytest.Fault{Name: paytest.FaultSignTest}))
	configFor(ts, p, p.Settings())
}

func billLine(ts *testscript.TestScript, words []string, at time.Time) paytest.BillLine {
	fen, err := strconv.ParseInt(words[2], 10, 64)
	ts.Check(err)
	l := paytest.BillLine{At: at, OutTradeNo: words[1], TransactionID: "4200001234202603011234567890", Product: "水, 550ml"}
	if words[0] == "pay" {
		l.State, l.Total, l.Settled = "SUCCESS", fen, fen
		return l
	}
	l.State, l.RefundAsked, l.Refund = "REFUND", fen, fen
	l.OutRefundNo, l.RefundID, l.RefundWord = words[1]+"R", "50300012", words[3]
	return l
}

// sales makes an order of $DAY in each of the given last states, beginning with
// sequence 1: "sales STATE...".
func sales(ts *testscript.TestScript, _ bool, args []string) {
	s, err := store.Open(context.Background(), ts.MkAbs("kioskd.db"), store.Options{Reserve: 1})
	ts.Check(err)
	defer s.Close()
	ways := map[string][][]sale.State{
		"dispensed": {{sale.Awaiting}, {sale.Paid, sale.Dispensing}, {sale.Dispensed}},
		"refunded":  {{sale.Awaiting}, {sale.Paid, sale.Dispensing}, {sale.Refunding}, {sale.Refunded}},
		"closed":    {{sale.Awaiting}, {sale.Closing}, {sale.Closed}},
	}
	for i, last := range args {
		w, step := ledgertest.NewWalk(uint64(i + 1))
		at := billDay().Start().Add(12*time.Hour + time.Duration(i)*time.Minute)
		w.Order.CreatedAt, step.Order.CreatedAt, step.At = at, at, at
		ts.Check(s.Commit(step))
		for _, states := range ways[last] {
			ts.Check(s.Commit(w.To(states...)))
		}
	}
}
