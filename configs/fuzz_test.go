package configs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kioskd/configs"
)

// FuzzParse: whatever the bytes are, Parse returns, and every problem stands
// in the file, in order, in one line of text.
func FuzzParse(f *testing.F) {
	dir := folder(f)
	f.Add(configs.Reference())
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: 1\r\nb: \"x\ry\"\r\n...\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := configs.Parse("f.yaml", data, dir, drivers())
		if err == nil {
			if c.Machine.ID == "" || len(c.Products) == 0 || c.Controller.Settings == nil || c.Payment.Settings == nil {
				t.Fatalf("no problem and an incomplete configuration: %+v", c)
			}
			return
		}
		var p *configs.Problems
		if !errors.As(err, &p) || len(p.List) == 0 || c != nil {
			t.Fatalf("error %#v and %v, want a list of problems and nothing else", err, c)
		}
		inOrderAndInside(t, p.List, data)
	})
}

func inOrderAndInside(t *testing.T, list []configs.Problem, data []byte) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
	lines := strings.Split(text, "\n")
	for i, p := range list {
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Errorf("%s stands outside the file of %d lines", p, len(lines))
		}
		if !slices.Contains(configs.Rules(), p.Rule) || !strings.Contains(p.What, ": ") {
			t.Errorf("%s (rule %q) does not say what to write", p, p.Rule)
		}
		if strings.ContainsAny(p.String(), "\n\t\x00") || len(p.String()) > 512 {
			t.Errorf("not a line of text: %q", p)
		}
		if i > 0 && (list[i-1].Line > p.Line || list[i-1].Line == p.Line && list[i-1].Column > p.Column) {
			t.Errorf("%s stands before %s", p, list[i-1])
		}
	}
}

// However a file is damaged, its problems do not repeat a value of the
// settings: somebody will send the text to somebody.
func TestProblemsNeverRepeatASecret(t *testing.T) {
	dir := folder(t)
	const secret = "8f4Kq2ZtVn6Lx0Rw3Yc7Hs1Jd5Bm9Gp4"
	places := []string{
		"    merchant_serial: %s", "    merchant_key: [%s]", "    merchant_key: {%s: 1}", "    api_v3_key: %s", "    base_urls: %s",
		"    base_urls: [%s]", "    mchid: \"%s", "    appid: %s:x", "    %s", "    notify_url: |\n      %s", "  %s: x", "    merchant_key %s",
		"    merchant_key: *%s", "    merchant_key: \"\\%s\"", "    mchid:%s", "    mchid：%s",
	}
	marks := []string{"", " ", "\n", ":", ": ", "- ", "\"", "{", "]", "#", "&", "\t", "    ", "?", "!", "|", "\\"}
	rapid.Check(t, func(t *rapid.T) {
		line := strings.ReplaceAll(rapid.SampledFrom(places).Draw(t, "place"), "%s", secret)
		lines := strings.Split(string(configs.Reference()), "\n")
		at := slices.Index(lines, "  settings:") + 1
		text := strings.Join(slices.Insert(lines, at, line), "\n")
		for range rapid.IntRange(0, 4).Draw(t, "damages") {
			i := rapid.IntRange(0, len(text)).Draw(t, "where")
			near := strings.Index(text, secret) + rapid.IntRange(-80, 80).Draw(t, "near")
			if rapid.Bool().Draw(t, "close") && near >= 0 && near <= len(text) {
				i = near
			}
			if start := strings.Index(text, secret); start < i && i < start+len(secret) {
				i = start
			}
			text = text[:i] + rapid.SampledFrom(marks).Draw(t, "mark") + text[i:]
		}
		if _, err := configs.Parse("kioskd.yaml", []byte(text), dir, drivers()); err != nil && strings.Contains(err.Error(), secret) {
			t.Fatalf("the secret shows:\n%s", err)
		}
	})
}
