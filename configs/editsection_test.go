package configs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/configs"
)

func TestSetSection(t *testing.T) {
	const head, tail = "a: 1\n# about b\n", "\n# about c\nc:\n  d: 2\n"
	for _, tt := range []struct{ text, lines, want string }{
		{head + "b:\n  # in b\n  x: 1\n  # at the end of b\n" + tail, "b:\n  y: 2\n", head + "b:\n  y: 2\n" + tail},
		{head + "b: {x: 1,\n    z: 2}\n" + tail, "b: {y: 2}", head + "b: {y: 2}\n" + tail},
		{head + "b:\n- x: 1\n- x: 2\n" + tail, "b:\n  - {x: 3}\n", head + "b:\n  - {x: 3}\n" + tail},
		{head + "b:\n" + tail, "b:\n  - {x: 3}\n", head + "b:\n  - {x: 3}\n" + tail},
		{"a: 1", "b: {y: 2}", "a: 1\nb: {y: 2}\n"},
		{"a: 1\r\nb: 1\r\nc: 2\r\n", "b:\n  y: 2\n", "a: 1\r\nb:\r\n  y: 2\r\nc: 2\r\n"},
	} {
		after, err := configs.SetSection([]byte(tt.text), "b", []byte(tt.lines))
		if diff := cmp.Diff(tt.want, string(after)); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", tt.text, err, diff)
		}
	}
	for _, tt := range []struct{ text, lines, want string }{
		{"{a: 1, b: 2}\n", "b: 3", "b: cannot be changed by a program here: edit the file"},
		{"a: 1\nb: 2\n", "a: 3\n", "b: cannot be changed by a program here: edit the file"},
		{"a: 1\n", "b: [", "the config:1:4: a list that begins with [ is not closed: write ] at its end and a comma between its values"},
	} {
		if after, err := configs.SetSection([]byte(tt.text), "b", []byte(tt.lines)); err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %q, %v, want %s", tt.text, after, err, tt.want)
		}
	}
}

// Every example can take the place of the section that the reference file has.
func TestExamples(t *testing.T) {
	for _, name := range []string{"controller vmc", "controller modbus", "controller mdb", "payment wechat", "payment wechat-v2"} {
		section, driver, _ := strings.Cut(name, " ")
		lines, ok := configs.Example(section, driver)
		if !ok || !strings.HasPrefix(string(lines), section+":\n") || strings.Contains(string(lines), "\n\n") {
			t.Errorf("%s: %v\n%s", name, ok, lines)
			continue
		}
		after, err := configs.SetSection(configs.Reference(), section, lines)
		if got, _ := configs.Get(after, section+".driver"); err != nil || got != driver {
			t.Errorf("%s: driver %s, %v", name, got, err)
		}
		if back, ok := configs.Get(after, "products[1].price"); !ok || back != "3.50" {
			t.Errorf("%s: the rest has changed", name)
		}
	}
	if lines, ok := configs.Example("controller", "none"); ok {
		t.Errorf("no such driver: %s", lines)
	}
}
