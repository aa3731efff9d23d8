package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/creack/pty"
)

// Columns stand one below the other in Chinese too, and a narrow terminal cuts
// the last one. Colours are for terminals.
func TestTable(t *testing.T) {
	fill := func() *table {
		tb := newTable("SLOT", "PRODUCT", "WHY")
		tb.row("11", "农夫山泉 550ml", "closed by a person: 玻璃裂了，明天换")
		tb.row("12", "Cola", "-")
		tb.mark = func(row, column int, _ string) string {
			if row == 0 && column == 0 {
				return red
			}
			return ""
		}
		return tb
	}
	var plainText bytes.Buffer
	fill().print(&plainText)
	want := "SLOT  PRODUCT         WHY\n" +
		"11    农夫山泉 550ml  closed by a person: 玻璃裂了，明天换\n" +
		"12    Cola            -\n"
	if plainText.String() != want {
		t.Errorf("%q", plainText.String())
	}

	p, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer tty.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 50, Rows: 10}); err != nil {
		t.Fatal(err)
	}
	const last = "12    Cola            -\r\n"
	for _, c := range []struct{ env, want string }{
		{"", "SLOT  PRODUCT         WHY\r\n\x1b[31m11\x1b[0m    农夫山泉 550ml  closed by a person: 玻璃裂…\r\n"},
		{"1", "SLOT  PRODUCT         WHY\r\n11    农夫山泉 550ml  closed by a person: 玻璃裂…\r\n"},
	} {
		t.Setenv("NO_COLOR", c.env)
		t.Setenv("TERM", "xterm")
		fill().print(tty)
		got := make([]byte, len(c.want)+len(last))
		if _, err := io.ReadFull(p, got); err != nil || string(got) != c.want+last {
			t.Errorf("NO_COLOR=%q: %q, %v", c.env, got, err)
		}
	}
}
