package terminal_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"kioskd/display/keypad"
	"kioskd/display/terminal"
)

func TestReadKeys(t *testing.T) {
	in := strings.NewReader("12\nc\n\n  7 \r\nC\nhello\n0\n-3\n+4\n1 2\n99999999999\n05\n3")
	var got []keypad.Key
	for k := range terminal.ReadKeys(t.Context(), in) {
		got = append(got, k)
	}
	want := []keypad.Key{{Slot: 12}, {Cancel: true}, {Slot: 7}, {Cancel: true}, {Zeros: 1}, {Slot: 5, Zeros: 1}, {Slot: 3}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestReadKeysEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		keys := terminal.ReadKeys(ctx, r)
		if _, err := io.WriteString(w, "1\n"); err != nil {
			t.Fatal(err)
		}
		if k := <-keys; k != (keypad.Key{Slot: 1}) {
			t.Errorf("got %v", k)
		}
		stop()
		if k, open := <-keys; open {
			t.Errorf("got %v after the end", k)
		}
		_ = w.Close()
	})
}
