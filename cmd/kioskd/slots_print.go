package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"

	"kioskd/control"
	"kioskd/sale"
)

func printSlots(out io.Writer, t control.SlotTable) {
	rows := newTable("SLOT", "STATE", "STOCK", "BOARD", "YUAN", "PRODUCT", "REMARK")
	for _, r := range t.Slots {
		rows.row(r.Number.String(), string(r.State), boardStock(r), yuan(r.Price), yuan(r.Sold), cmp.Or(r.Product, "-"), cmp.Or(r.Remark, "-"))
	}
	rows.print(out)
	for _, r := range t.Slots {
		if r.Detail != "" {
			fmt.Fprintf(out, "slot %s: %s\n", r.Number, r.Detail)
		}
	}
	for _, n := range t.Notes {
		fmt.Fprintln(out, n)
	}
}

func boardStock(r control.SlotRow) string {
	switch {
	case r.Stock == nil:
		return "-"
	case r.Capacity == nil:
		return strconv.Itoa(*r.Stock)
	}
	return fmt.Sprintf("%d/%d", *r.Stock, *r.Capacity)
}

func yuan(f *sale.Fen) string {
	if f == nil {
		return "-"
	}
	return f.String()
}

func printTest(w io.Writer, o sale.Order) {
	said := map[sale.State]string{
		sale.Dispensed: "the product fell",
		sale.Closed:    "it is not known that a product fell",
	}[o.State]
	if o.Cause == sale.CauseNotDropped {
		said = "nothing fell"
		if o.Product.Name != "" { // a slot that no product has cannot be opened either
			said = fmt.Sprintf("nothing fell; the slot is closed until kioskd open %s", o.Product.Slot)
		}
	}
	fmt.Fprintf(w, "slot %s: %s\n  %s\n  recorded as %s, %s (%s); see it with: kioskd orders %s\n",
		o.Product.Slot, said, o.Detail, o.Number, o.State, o.Cause, o.Number.Tail())
}
