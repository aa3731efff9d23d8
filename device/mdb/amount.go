package mdb

import (
	"errors"
	"fmt"
	"strings"

	"kioskd/sale"
)

// money is how the vending machine counts: a number on the bus times scale is
// an amount in the last of so many decimal places of a yuan.
type money struct {
	scale    int // 1 to 100
	decimals int // 0 to 3
}

// fenOf10 is how many fen ten of the smallest amounts with so many decimals
// are: with three decimals one alone is no whole fen.
var fenOf10 = [4]int64{1000, 100, 10, 1}

// most is the highest number on the bus; in a session it means "not known".
const most = 0xFFFF

var errNotFen = errors.New("no whole fen")

// fen is what a number on the bus is worth.
func (m money) fen(units uint16) (sale.Fen, error) {
	ten := int64(units) * int64(m.scale) * fenOf10[m.decimals]
	if ten%10 != 0 {
		return 0, fmt.Errorf("%d at scale %d and %d decimals is %w", units, m.scale, m.decimals, errNotFen)
	}
	return sale.Fen(ten / 10), nil
}

// units is the number on the bus for an amount, which must be exact.
func (m money) units(f sale.Fen) (uint16, error) {
	each := int64(m.scale) * fenOf10[m.decimals]
	ten := int64(f) * 10
	switch {
	case f < 0 || ten%each != 0:
		return 0, fmt.Errorf("%v yuan is no multiple of scale %d with %d decimals", f, m.scale, m.decimals)
	case ten/each > most:
		return 0, fmt.Errorf("%v yuan is more than scale %d with %d decimals can say", f, m.scale, m.decimals)
	}
	return uint16(ten / each), nil
}

// text writes an amount with the decimals of the machine.
func (m money) text(f sale.Fen) (string, error) {
	if _, err := m.units(f); err != nil {
		return "", err
	}
	ten := int64(f) * 10 // thousandths of a yuan
	whole, rest := ten/1000, fmt.Sprintf("%03d", ten%1000)
	if m.decimals == 0 {
		return fmt.Sprint(whole), nil
	}
	return fmt.Sprintf("%d.%s", whole, rest[:m.decimals]), nil
}

// parse reads an amount as text: digits, and at most three decimals that make
// whole fen. An adapter may write more decimals than the machine has.
func parse(s string) (sale.Fen, error) {
	whole, part, point := strings.Cut(s, ".")
	if whole == "" || point && part == "" || len(whole) > 9 || len(part) > 3 || !digits(whole) || !digits(part) {
		return 0, fmt.Errorf("%q is no amount", s)
	}
	var ten int64
	for _, c := range whole + part + strings.Repeat("0", 3-len(part)) {
		ten = ten*10 + int64(c-'0')
	}
	if ten%10 != 0 {
		return 0, fmt.Errorf("%s yuan is %w", s, errNotFen)
	}
	return sale.Fen(ten / 10), nil
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
