package configs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kioskd/configs"
)

func TestSet(t *testing.T) {
	const file = `# the machine
machine:
  id: SH0042   # its number
  name: '楼 # 1'
  help: ""
screen:
  # all by itself
controller:
  driver: vmc
  settings:
    # baud: 57600
    # 默认 · default: true
    # drop_sensor: true
  # not a setting
  port: /dev/ttyS0
products:
  - slot: 11
    name: 可乐
    price: "2.00"
    spare: []
  - {slot: 12, name: x, price: 3.50}
  -
    name: z
    price:
    slot: 13
`
	for _, tt := range []struct{ field, value, old, new string }{
		{"machine.id", "SH0043", "id: SH0042   #", "id: SH0043   #"},
		{"machine.name", "it's 一号", `'楼 # 1'`, `'it''s 一号'`},
		{"machine.help", `say "a\b"`, `help: ""`, `help: "say \"a\\b\""`},
		{"products[0].price", "2.50", `"2.00"`, `"2.50"`},
		{"products[1].price", "4.00", "price: 3.50}", "price: 4.00}"},
		{"products[1].name", "a, b", "name: x,", `name: "a, b",`},
		{"products[1].name", "a: b", "name: x,", `name: "a: b",`},
		{"products[0].name", "雪碧 330ml", "name: 可乐", "name: 雪碧 330ml"},
		{"products[0].name", "null", "name: 可乐", `name: "null"`},
		{"products[0].name", " x ", "name: 可乐", `name: " x "`},
		{"products[0].name", "- x", "name: 可乐", `name: "- x"`},
		{"products[0].name", "5E10", "name: 可乐", `name: "5E10"`},
		{"products[0].name", "a #b", "name: 可乐", `name: "a #b"`},
		{"products[0].name", "", "name: 可乐", `name: ""`},
		{"products[2].price", "1.00", "    price:\n", "    price: 1.00\n"},
		// What is not there yet.
		{"products[0].image", "a.png", "    spare: []\n", "    spare: []\n    image: a.png\n"},
		{"products[1].image", "a.png", "price: 3.50}", "price: 3.50, image: a.png}"},
		{"products[2].image", "a.png", "    slot: 13\n", "    slot: 13\n    image: a.png\n"},
		{"controller.settings.baud", "9600", "    # baud: 57600\n", "    baud: 9600\n"},
		{"controller.settings.drop_sensor", "false", "    # drop_sensor: true\n", "    drop_sensor: false\n"},
		{"controller.settings.lift", "true", "  settings:\n", "  settings:\n    lift: true\n"},
		{"screen.driver", "none", "screen:\n", "screen:\n  driver: none\n"},
		{"machine.language", "en", "  help: \"\"\n", "  help: \"\"\n  language: en\n"},
		{"sale.pay_within", "2m", "    slot: 13\n", "    slot: 13\nsale:\n  pay_within: 2m\n"},
	} {
		after, err := configs.Set([]byte(file), tt.field, tt.value)
		if err != nil {
			t.Errorf("%s: %v", tt.field, err)
			continue
		}
		if strings.Count(file, tt.old) != 1 {
			t.Fatalf("%q stands in the file %d times", tt.old, strings.Count(file, tt.old))
		}
		if diff := cmp.Diff(strings.Replace(file, tt.old, tt.new, 1), string(after)); diff != "" {
			t.Errorf("%s = %q (-want +got):\n%s", tt.field, tt.value, diff)
		}
	}
}

func TestSetOfWhatCannotBe(t *testing.T) {
	const file = "machine: {id: A1}\nmachine: {id: A2}\nscreen: 5\nlog:\n  level: info\nproducts: [{slot: 1}]\n"
	for _, tt := range []struct{ text, field, value, want string }{
		{file, "machine.id", "x", "machine: stands in the file 2 times: keep one of them"},
		{file, "screen.driver", "x", "screen: has no keys of its own"},
		{file, "products[1].slot", "2", "products[1]: there is no such entry"},
		{file, "spare[0]", "2", "spare: there is no such list"},
		{file, "products[0].spare[0]", "2", "products[0].spare: there is no such list"},
		{file, "log", "2", "log: cannot be changed by a program here: edit the file"},
		{file, "log.level[0]", "2", "log.level[0]: there is no such entry"},
		{file, "log.level", "a\nb", "log.level: has a character that cannot be seen: write one line of plain text"},
		{file, "log.level", "\xff", "log.level: has a character that cannot be seen: write one line of plain text"},
		{file, "", "2", `"" is not the name of a key`},
		{file, "a..b", "2", `"a..b" is not the name of a key`},
		{file, ".a", "2", `".a" is not the name of a key`},
		{file, "[0]a", "2", `"[0]a" is not the name of a key`},
		{"a: b: c\n", "a", "2", `the config:1:4: a second ": " in one value: put quotes around the value, or align the next line with its neighbours`},
		{"# nothing\n", "a.b", "2", "the config:1:1: nothing is configured: begin with the reference file"},
	} {
		after, err := configs.Set([]byte(tt.text), tt.field, tt.value)
		if err == nil || err.Error() != tt.want || after != nil {
			t.Errorf("%s: got %q, %v, want %s", tt.field, after, err, tt.want)
		}
	}
}

func TestSetKeepsLineEnds(t *testing.T) {
	for _, tt := range []struct{ text, field, value, want string }{
		{"\ufeffa: 1\r\nb:\r\n  c: 2\r\n", "b.c", "3", "\ufeffa: 1\r\nb:\r\n  c: 3\r\n"},
		{"\ufeffa: 1\r\nb:\r\n  c: 2", "a", "3", "\ufeffa: 3\r\nb:\r\n  c: 2"},
		{"a: 1\r\nb:\r\n  c: 2\r\n", "b.d", "3", "a: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\n"},
		{"a: 1\nb:\n  c: 2", "b.d", "3", "a: 1\nb:\n  c: 2\n  d: 3\n"},
		{"a: 1\nb: {\n  c: 2,\n}\n", "b.d", "3", "a: 1\nb: {\n  c: 2, d: 3\n}\n"},
		{"a: 1\nb: {}\n", "b.d", "3", "a: 1\nb: {d: 3}\n"},
		{"a: 1\nb: {}\n", "b.c.d", "3", "a: 1\nb: {c: {d: 3}}\n"},
		{"a: 1\rb: 2\r", "b", "3", "a: 1\rb: 3\r"},
	} {
		after, err := configs.Set([]byte(tt.text), tt.field, tt.value)
		if string(after) != tt.want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", tt.text, after, err, tt.want)
		}
	}
}

func TestSetList(t *testing.T) {
	for _, tt := range []struct {
		text, field string
		values      []string
		want        string
	}{
		{"a: [x, y] # two\n", "a", []string{"http://h:1", `"`}, "a: [\"http://h:1\", \"\\\"\"] # two\n"},
		{"a: {b: []}\n", "a.b", []string{"x"}, "a: {b: [\"x\"]}\n"},
		{"a: {b: [1]}\n", "a.b", nil, "a: {b: []}\n"},
		{"a: {b: 1}\n", "a.c", []string{"x"}, "a: {b: 1, c: [\"x\"]}\n"},
	} {
		after, err := configs.SetList([]byte(tt.text), tt.field, tt.values)
		if string(after) != tt.want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", tt.text, after, err, tt.want)
		}
	}
	_, err := configs.SetList([]byte("a:\n  - 1\n"), "a", []string{"x"})
	if want := "a: cannot be changed by a program here: edit the file"; err == nil || err.Error() != want {
		t.Errorf("a list of lines: %v, want %s", err, want)
	}
}

func TestUnset(t *testing.T) {
	for _, tt := range []struct{ text, field, want string }{
		{"a:\n  b: 1 # x\n  c: 2\n", "a.b", "a:\n  # b: 1 # x\n  c: 2\n"},
		{"a:\n  b: 1\n", "a.b", "a:\n  # b: 1\n"},
		{"a: {b: 1, c: 2, d: 3}\n", "a.b", "a: {c: 2, d: 3}\n"},
		{"a: {b: 1, c: 2, d: 3}\n", "a.c", "a: {b: 1, d: 3}\n"},
		{"a: {b: 1, c: 2, d: 3}\n", "a.d", "a: {b: 1, c: 2}\n"},
		{"a: {b: 1}\n", "a.b", "a: {}\n"},
		{"a: {b: 1}\n", "a.c", "a: {b: 1}\n"},
	} {
		after, err := configs.Unset([]byte(tt.text), tt.field)
		if string(after) != tt.want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", tt.text, after, err, tt.want)
		}
	}
	// What was taken out comes back to its place.
	const file = "a:\n  # the number\n  b: 1\n  c: 2\n"
	out, _ := configs.Unset([]byte(file), "a.b")
	if back, err := configs.Set(out, "a.b", "1"); string(back) != file || err != nil {
		t.Errorf("got %q, %v", back, err)
	}
}

// aText is a value that a person may write.
func aText() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom([]string{
		"x", "可乐", "12", "3.50", "0", "true", "null", "~", "-", "- ", ": ", ":", " #", "#", ", ", ",", "{", "}", "[", "]", "'", "''", `"`, `\`, `\n`,
		"&", "*", "!", "|", ">", "%", "@", "`", "?", "? ", " ", "　", "é", "🥤", "0x", "_", "=", "<<", "...", "---", "/", "http://a", "$",
	}), rapid.StringMatching(`[a-zA-Z0-9]{1,6}`))
	return rapid.Map(rapid.SliceOfN(piece, 0, 5), func(list []string) string { return strings.Join(list, "") })
}

// written is a value as some person writes it.
func written(t *rapid.T, value string) string {
	double := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	ways := []string{double, "'" + strings.ReplaceAll(value, "'", "''") + "'"}
	if value != "" && strings.Trim(value, "abcdefghijklmnopqrstuvwxyz") == "" && value != "null" {
		ways = append(ways, value, value)
	}
	return rapid.SampledFrom(ways).Draw(t, "way")
}

// aFile draws a file of sections with the values, in any layout; field(i) is
// the i-th of its keys.
func aFile(t *rapid.T) (text string, fields, values []string) {
	for s := range rapid.IntRange(1, 3).Draw(t, "sections") {
		keys := rapid.IntRange(1, 3).Draw(t, "keys")
		flow := rapid.Bool().Draw(t, "flow")
		list := rapid.Bool().Draw(t, "list")
		var lines []string
		for k := range keys {
			value := aText().Draw(t, "value")
			field := fmt.Sprintf("s%d.k%d", s, k)
			if list {
				field = fmt.Sprintf("s%d[0].k%d", s, k)
			}
			fields, values = append(fields, field), append(values, value)
			lines = append(lines, fmt.Sprintf("k%d: %s", k, written(t, value)))
		}
		text += fmt.Sprintf("s%d:", s)
		mark, indent := "  ", "  "
		if list {
			mark, indent = "  - ", "    "
		}
		if flow {
			text += "\n" + mark + "{" + strings.Join(lines, ", ") + "}" + rapid.SampledFrom([]string{"", " # 注 {: '", "  "}).Draw(t, "tail") + "\n"
			continue
		}
		text += rapid.SampledFrom([]string{"", " # 注: \""}).Draw(t, "note") + "\n"
		for i, line := range lines {
			text += mark + line + rapid.SampledFrom([]string{"", " # 注 '", "\n", "\n" + indent + "# k9: x"}).Draw(t, "tail") + "\n"
			if i == 0 {
				mark = indent
			}
		}
	}
	if rapid.Bool().Draw(t, "windows") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text, fields, values
}

// Whatever the file and the value are: the key has the value afterwards, every
// other key has its own, and the text before and behind is the same.
func TestSetChangesOneValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, fields, values := aFile(t)
		i := rapid.IntRange(0, len(fields)-1).Draw(t, "which")
		value := aText().Draw(t, "new")
		after, err := configs.Set([]byte(text), fields[i], value)
		if err != nil {
			t.Fatalf("%s = %q in\n%s\n%v", fields[i], value, text, err)
		}
		values[i] = value
		for j, field := range fields {
			if got, ok := configs.Get(after, field); got != values[j] || !ok {
				t.Fatalf("%s is %q, %v, want %q in\n%s", field, got, ok, values[j], after)
			}
		}
		oneLineChanged(t, text, string(after))
		back, err := configs.Set(after, fields[i], value)
		if err != nil || string(back) != string(after) {
			t.Fatalf("the same value again: %v\n%s", err, back)
		}
	})
}

func oneLineChanged(t *rapid.T, before, after string) {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	if len(a) != len(b) {
		t.Fatalf("%d lines became %d:\n%s\n%s", len(a), len(b), before, after)
	}
	changed := 0
	for i := range a {
		if a[i] != b[i] {
			changed++
		}
	}
	if changed > 1 {
		t.Fatalf("%d lines changed:\n%s\n%s", changed, before, after)
	}
}

// A key that is not there is put in, and nothing else changes.
func TestSetPutsIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, fields, values := aFile(t)
		i := rapid.IntRange(0, len(fields)-1).Draw(t, "which")
		field := fields[i][:strings.LastIndex(fields[i], ".")] + "." + rapid.SampledFrom([]string{"k9", "new", "deep.er"}).Draw(t, "key")
		value := aText().Draw(t, "new")
		after, err := configs.Set([]byte(text), field, value)
		if err != nil {
			t.Fatalf("%s = %q in\n%s\n%v", field, value, text, err)
		}
		for j, field := range append(fields, field) {
			if got, ok := configs.Get(after, field); got != append(values, value)[j] || !ok {
				t.Fatalf("%s is %q, %v, want %q in\n%s", field, got, ok, append(values, value)[j], after)
			}
		}
		out, err := configs.Unset(after, field)
		if _, there := configs.Get(out, field); err != nil || there {
			t.Fatalf("taken out of\n%s\n%v\n%s", after, err, out)
		}
	})
}

// Every value of the reference file can be changed where it stands.
func TestSetInTheReference(t *testing.T) {
	for _, tt := range []struct{ field, value, line string }{
		{"machine.id", "BJ1", "  id: BJ1"},
		{"controller.settings.baud", "9600", "    baud: 9600"},
		{"controller.settings.counts", "true", "    counts: true"},
		{"payment.settings.mchid", "1", `    mchid: "1"`},
		{"payment.settings.merchant_cert", "a.pem", "    merchant_cert: a.pem"},
		{"payment.settings.sub_mchid", "1600000110", `    sub_mchid: "1600000110"`},
		{"payment.settings.apiv3_key", "k.txt", "    apiv3_key: k.txt"},
		{"sale.pay_within", "2m", "  pay_within: 2m"},
		{"sale.refund_cap", "200.00", "  refund_cap: 200.00"},
		{"products[0].price", "2.50", `    price: "2.50"`},
		{"products[1].price", "3.00", "  - {slot: 12, name: 可口可乐 330ml, price: 3.00}"},
	} {
		before := string(configs.Reference())
		after, err := configs.Set([]byte(before), tt.field, tt.value)
		if err != nil {
			t.Errorf("%s: %v", tt.field, err)
			continue
		}
		a, b := strings.Split(before, "\n"), strings.Split(string(after), "\n")
		changed := ""
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				changed += b[i] + "\n"
			}
		}
		if changed != tt.line+"\n" || len(a) != len(b) {
			t.Errorf("%s: changed\n%s", tt.field, changed)
		}
	}
}

// FuzzSet: whatever the bytes are, Set returns, and what it makes can be read.
func FuzzSet(f *testing.F) {
	f.Add(configs.Reference(), "products[1].price", "3.00")
	f.Add([]byte("a: {b: 'x', c: [1, {d: 2}]}\n"), "a.c[1].d", "- '\"")
	f.Add([]byte("a:\n- b: 1\n  c:\n"), "a[0].c", "x: y")
	f.Fuzz(func(t *testing.T, text []byte, field, value string) {
		after, err := configs.Set(text, field, value)
		if err != nil {
			return
		}
		if got, ok := configs.Get(after, field); got != value || !ok {
			t.Fatalf("%s is %q, %v, want %q", field, got, ok, value)
		}
		var p *configs.Problems
		if _, err := configs.Set(after, field, "x"); errors.As(err, &p) {
			t.Fatalf("the result cannot be read: %v", err)
		}
	})
}
