package main

import (
	"strings"
	"testing"

	"kioskd/control"
	"kioskd/sale"
)

// An order that was served from another slot says where it failed before.
func TestStoryTellsFailedSlots(t *testing.T) {
	s := control.Story{Order: sale.Order{
		Number: "M1-7-ABCDEF", State: sale.Dispensed, Cause: sale.CauseDropped,
		Product: sale.Product{Slot: 22, Name: "water", Price: 200}, Failed: []sale.Slot{11, 21},
	}}
	var b strings.Builder
	printStory(&b, s)
	const want = `order      M1-7-ABCDEF
product    water (slot 22)
failed in  slot 11, slot 21
price      2.00 yuan
state      dispensed (dropped)
`
	if got, _, _ := strings.Cut(b.String(), "\n\n"); got+"\n" != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
