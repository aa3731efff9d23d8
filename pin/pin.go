// Package pin asks a person for the PIN of the machine and bounds how many can
// be tried: [Guard]. The panel and whatever else wants the PIN share one guard,
// so that no door gives tries that another has used up.
//
// It promises that nobody gets a free try: a try is counted, durably, before it
// is judged, so that a power cut, a crash and a restart give nothing back. The
// clock on the wall has no say.
package pin

import (
	"fmt"
	"strings"

	"kioskd/internal/keyfile"
)

// The length of a PIN, in digits.
const (
	Shortest = 4
	Longest  = 12
)

const want = "write the path of a file that holds the PIN, 4 to 12 digits"

// Path makes the path of a PIN's file absolute, relative to dir.
func Path(dir, value string) string { return keyfile.Path(dir, value) }

// Read returns the PIN in a file, or says what is wrong with it and what to do.
// The text does not repeat the PIN.
func Read(path string) (pin, what string) {
	pin, what = keyfile.Line(path, want)
	if what == "" {
		what = Weakness(pin)
		if what != "" {
			what = fmt.Sprintf("%s holds %s", path, what)
		}
	}
	if what != "" {
		return "", what
	}
	return pin, ""
}

// Weakness says why a text is no PIN to rely on, "" if it is one.
func Weakness(pin string) string {
	switch {
	case pin == "":
		return "nothing: write a PIN of 4 to 12 digits into it"
	case strings.Trim(pin, "0123456789") != "":
		return "something else than digits: write a PIN of 4 to 12 digits into it"
	case len(pin) < Shortest || len(pin) > Longest:
		return fmt.Sprintf("%d digits: write a PIN of 4 to 12 digits into it", len(pin))
	case guessable(pin):
		return "a PIN that is guessed first, such as 1234 or 1111: write another into it"
	}
	return ""
}

// guessable reports whether the digits go up or down in equal steps of at most
// one, repeat a short piece, or are a keypad's middle column.
func guessable(pin string) bool {
	return evenSteps(pin) || repeats(pin) || pin == "2580" || pin == "0852"
}

func evenSteps(pin string) bool {
	step := (int(pin[1]) - int(pin[0]) + 10) % 10
	for i := 1; i < len(pin); i++ {
		if (int(pin[i])-int(pin[i-1])+10)%10 != step {
			return false
		}
	}
	return step <= 1 || step == 9
}

// repeats reports whether the PIN is a piece of at most two digits, over and over.
func repeats(pin string) bool {
	for i := 2; i < len(pin); i++ {
		if pin[i] != pin[i-2] {
			return false
		}
	}
	return true
}
