package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kioskd/clock"
	"kioskd/reconcile"
	"kioskd/sale"
)

// printReport writes each day with its findings, and at the end what the kinds
// of findings mean.
func printReport(out io.Writer, r reconcile.Report) {
	var met []reconcile.Kind
	for i, d := range r.Days {
		if i > 0 {
			fmt.Fprintln(out)
		}
		printDay(out, d)
		for _, x := range slices.Concat(d.Differences, d.Open) {
			if !slices.Contains(met, x.Kind) {
				met = append(met, x.Kind)
			}
		}
	}
	for _, k := range met {
		fmt.Fprintf(out, "\n%s:\n%s%s", k, wrapped("It means: "+k.Means()+"."), wrapped("To do: "+k.Do()+"."))
	}
	if len(r.Unread) > 0 {
		fmt.Fprintln(out, "\nNot all of the ledger could be read; orders in what follows look unknown:")
		for _, u := range r.Unread {
			fmt.Fprintln(out, "  "+u)
		}
	}
	if len(r.Days) > 1 {
		fmt.Fprintf(out, "\n%s: %s\n", counted(len(r.Days), "day"), counted(r.Differences(), "difference"))
	}
}

func printDay(out io.Writer, d reconcile.DayReport) {
	verdict := "no difference"
	if n := len(d.Differences); n > 0 {
		verdict = counted(n, "difference")
	}
	fmt.Fprintf(out, "%s  %s\n", d.Day, verdict)
	if d.NoBill {
		fmt.Fprint(out, wrapped("WeChat Pay says that it has no bill of this day. Nothing proves that: what only the bill could tell is not known."))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	rows := func(list []reconcile.Difference, title string) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(w, "%s\tORDER\tTIME\tTHERE\tHERE\tSTATE\n", title)
		for _, x := range list {
			state := cmp.Or(string(x.State), "-")
			if x.Restored {
				state += ", from a copy"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x.Kind, x.Number, timeOf(x.At, d.Day), amount(x.There), amount(x.Here), state)
		}
	}
	rows(d.Differences, "DIFFERENCE")
	rows(d.Open, "OPEN")
	w.Flush()
	fmt.Fprintf(out, "there: %s\nhere:  %s\n", totals(d.There), totals(d.Here))
	if d.Others > 0 {
		fmt.Fprintf(out, "left out: %s about orders of others\n", counted(d.Others, "line"))
	}
}

// timeOf leaves out a date that is the day's.
func timeOf(t time.Time, day reconcile.Day) string {
	switch {
	case t.IsZero():
		return "-"
	case day.Has(t):
		return t.In(clock.Beijing).Format(time.TimeOnly)
	}
	return clock.Short(t)
}

func amount(f sale.Fen) string {
	if f == 0 {
		return "-"
	}
	return f.String()
}

func totals(t reconcile.Totals) string {
	return fmt.Sprintf("%s, %s yuan; %s, %s yuan", counted(t.Payments, "payment"), t.Paid, counted(t.Refunds, "refund"), t.Refunded)
}

// wrapped indents a text and breaks it for a terminal.
func wrapped(s string) string {
	const width = 78
	text, line := "", " "
	for word := range strings.FieldsSeq(s) {
		if len(line)+1+len(word) > width {
			text, line = text+line+"\n", " "
		}
		line += " " + word
	}
	return text + line + "\n"
}
