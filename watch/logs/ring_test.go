package logs_test

import (
	"fmt"
	"strings"
	"testing"

	"kioskd/watch/logs"
)

func TestRingKeepsTheNewest(t *testing.T) {
	var r logs.Ring
	if got := r.Lines(10); len(got) != 0 {
		t.Errorf("an empty ring has %q", got)
	}
	for i := range logs.RingHolds + 3 {
		fmt.Fprintf(&r, "line %d\n", i)
	}
	all := r.Lines(10_000)
	if len(all) != logs.RingHolds || all[0] != "line 3" || all[logs.RingHolds-1] != "line 502" {
		t.Errorf("%d lines from %q to %q", len(all), all[0], all[len(all)-1])
	}
	if got := strings.Join(r.Lines(2), " | "); got != "line 501 | line 502" {
		t.Errorf("the last two are %q", got)
	}
	fmt.Fprint(&r, strings.Repeat("x", 100_000)+"\n")
	if n := len(r.Lines(1)[0]); n != 2048 {
		t.Errorf("a long line has %d bytes in the ring, want 2048", n)
	}
}
