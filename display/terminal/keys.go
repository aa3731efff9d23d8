package terminal

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"

	"kioskd/display/keypad"
	"kioskd/sale"
)

// ReadKeys reads a line for each key: a slot number, or "c" to cancel. Other
// lines are ignored. A key waits until it is taken. The channel is closed when
// ctx or r ends.
//
// A read that has begun cannot be called back: one goroutine stays in r.Read
// until that returns. On the process's own standard input this is its end.
func ReadKeys(ctx context.Context, r io.Reader) <-chan keypad.Key {
	read, keys := make(chan keypad.Key), make(chan keypad.Key)
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			k, ok := parseKey(lines.Text())
			if !ok {
				continue
			}
			select {
			case read <- k:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		defer close(keys)
		for {
			select {
			case <-ctx.Done():
				return
			case k, open := <-read:
				if !open {
					return
				}
				select {
				case keys <- k:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return keys
}

// parseKey reads a line that a person typed.
func parseKey(line string) (keypad.Key, bool) {
	line = strings.TrimSpace(line)
	if strings.EqualFold(line, "c") {
		return keypad.Key{Cancel: true}, true
	}
	n, err := strconv.ParseUint(line, 10, 31)
	zeros := len(line) - len(strings.TrimLeft(line, "0"))
	return keypad.Key{Slot: sale.Slot(n), Zeros: zeros}, err == nil
}
