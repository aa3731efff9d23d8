package trade

import (
	"fmt"
	"regexp"
)

// private is what an answer may say and a log may not: a transaction's or a
// refund's number, an openid, the text of a QR code.
var private = regexp.MustCompile(`[0-9]{20,}|\bo[0-9A-Za-z_-]{27}|weixin://[!-~]+`)

// Discreet leaves the last six characters of what is private.
func Discreet(text string) string { return private.ReplaceAllStringFunc(text, ending) }

func ending(text string) string { return "…" + text[max(0, len(text)-6):] }

// SameTransaction compares two transaction numbers, which must not be told.
func SameTransaction(got, want string) error {
	if got != want {
		return fmt.Errorf("the answer's transaction_id is %q, the order's is %q", ending(got), ending(want))
	}
	return nil
}
