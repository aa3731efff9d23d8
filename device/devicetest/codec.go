package devicetest

import (
	hexadecimal "encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// Unhex reads bytes as documents write them: "AA 02 0D".
func Unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hexadecimal.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// InPieces feeds b to a parser as a whole and to another one in chunks, fails
// if they find other frames, and returns these. parser makes a fresh one.
func InPieces[F any](t testing.TB, parser func() (feed func([]byte) []F), b []byte, chunk int) []F {
	t.Helper()
	want := parser()(b)
	var got []F
	feed := parser()
	for rest := b; len(rest) > 0; {
		n := min(max(1, chunk), len(rest))
		got, rest = append(got, feed(rest[:n])...), rest[n:]
	}
	if len(want)+len(got) > 0 && !reflect.DeepEqual(want, got) {
		t.Fatalf("in one piece: %v\nin pieces: %v", want, got)
	}
	return want
}
