package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/text/width"

	"kioskd/sale"
)

// table is text in columns. Chinese takes two places a letter, and a terminal
// that is too narrow cuts the last column instead of breaking lines.
type table struct {
	rows [][]string
	// mark, if set, says in which colour a cell of a terminal is; "" is plain.
	mark func(row, column int, cell string) string
}

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

const gap = 2 // between two columns

func (t *table) print(out io.Writer) {
	widths := t.widths()
	room := columnsOf(out)
	colours := room > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	for y, cells := range t.rows {
		var line strings.Builder
		at := 0
		for x, cell := range cells {
			last := x == len(cells)-1
			if last && room > 0 {
				cell = cut(cell, max(room-at, 8))
			}
			shown := cell
			if c := ""; t.mark != nil && y > 0 && colours {
				if c = t.mark(y-1, x, cell); c != "" {
					shown = c + cell + uncoloured
				}
			}
			line.WriteString(shown)
			if !last {
				line.WriteString(strings.Repeat(" ", widths[x]+gap-placesIn(cell)))
				at += widths[x] + gap
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}

func (t *table) widths() []int {
	widths := make([]int, len(t.rows[0]))
	for _, cells := range t.rows {
		for x, cell := range cells {
			widths[x] = max(widths[x], placesIn(cell))
		}
	}
	return widths
}

// placesIn is how many places a text takes on a terminal.
func placesIn(s string) (n int) {
	for _, r := range s {
		n += placesOf(r)
	}
	return n
}

func placesOf(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cut shortens a text to some places.
func cut(s string, room int) string {
	if placesIn(s) <= room {
		return s
	}
	var b strings.Builder
	left := room - 1
	for _, r := range s {
		if left -= placesOf(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// columnsOf is the width of a terminal, 0 of anything else.
func columnsOf(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return cmp.Or(int(size.Col), 80)
}

// Colours of a terminal.
const (
	uncoloured = "\x1b[0m"
	red        = "\x1b[31m"
	green      = "\x1b[32m"
	yellow     = "\x1b[33m"
	faint      = "\x1b[2m"
)

// colourOf is how a state of an order looks.
func colourOf(s sale.State) string {
	switch s {
	case sale.Attention, sale.Unknown:
		return red
	case sale.Dispensed:
		return green
	case sale.Closed, sale.WrittenOff:
		return faint
	}
	return yellow
}
