package sale

import (
	"fmt"
	"io"
	"regexp"
)

var codeShape = regexp.MustCompile(`^[0-9A-Za-z]{1,12}$`)

func checkCode(code string) error {
	if !codeShape.MatchString(code) {
		return fmt.Errorf("machine code %q: 1 to 12 letters and digits, because it begins every order number", code)
	}
	return nil
}

// alphabet leaves out what is misread on a photo or misheard on the telephone.
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// newNumber makes an out_trade_no: machine code, sequence, six random
// characters. The random part matters: if the ledger is lost the sequence
// starts again, and a repeated number would find an old, paid order.
func newNumber(code string, seq uint64, random io.Reader) (Number, error) {
	var b [6]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("random part of an order number: %w", err)
	}
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return Number(fmt.Sprintf("%s-%d-%s", code, seq, b[:])), nil
}
