package terminal_test

import (
	"slices"
	"strings"
	"testing"

	"kioskd/display/terminal"
)

func TestCells(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "Cola 330ml": 10, "¥3.50": 5, "农夫山泉": 8, "水，2": 5, "（中）": 6, "A·B": 3, "カ": 2, "…": 1,
	} {
		if got := terminal.Cells(text); got != want {
			t.Errorf("%q takes %d cells, want %d", text, got, want)
		}
	}
}

func TestAlign(t *testing.T) {
	got := terminal.Align([][]string{
		{"1", "农夫山泉 550ml", "¥2.00", ""},
		{"12", "Cola", "¥128.00", "售罄"},
		{"3", "乌龙茶"},
	}, 0, 2)
	want := []string{
		" 1  农夫山泉 550ml    ¥2.00",
		"12  Cola            ¥128.00  售罄",
		" 3  乌龙茶",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
