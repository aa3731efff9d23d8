package panel_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func source(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The page has words for every code, state and cause that the core knows.
func TestWordsForAll(t *testing.T) {
	for _, c := range []struct{ constants, declared, words, wanted string }{
		{"../sale/fault.go", `(?m)^\tCode\w+\s+Code = "([^"]+)"`, "page/faults.js", `"NAME": [[`},
		{"../sale/order.go", `(?m)^\t\w+\s+State = "([^"]+)"`, "page/words.js", `NAME: [`},
		{"../sale/order.go", `(?m)^\tCause\w+\s+Cause = "([^"]+)"`, "page/words.js", `NAME: [`},
	} {
		names := regexp.MustCompile(c.declared).FindAllStringSubmatch(source(t, c.constants), -1)
		if len(names) < 10 {
			t.Fatalf("%s declares %d", c.constants, len(names))
		}
		words := source(t, c.words)
		for _, n := range names {
			if want := strings.Replace(c.wanted, "NAME", n[1], 1); !strings.Contains(words, want) {
				t.Errorf("%s has no %s", c.words, want)
			}
		}
	}
}

// Every word that the scripts and the page ask for is there, in both languages,
// and every word that is there is asked for.
func TestWords(t *testing.T) {
	words := source(t, "page/words.js")
	words = words[strings.Index(words, "const words = {"):strings.Index(words, "const states = {")]
	have := map[string]bool{}
	for _, m := range regexp.MustCompile(`(\w+): \[("(?:[^"\\]|\\.)*"|\[.*?\]), ("(?:[^"\\]|\\.)*"|\[.*?\])\]`).FindAllStringSubmatch(words, -1) {
		have[m[1]] = true
		if zh, en := fills(m[2]), fills(m[3]); zh != en {
			t.Errorf("%s fills in %q in Chinese and %q in English", m[1], zh, en)
		}
	}
	asked := map[string]bool{}
	files, err := filepath.Glob("page/*")
	if err != nil || len(have) < 80 {
		t.Fatalf("%d words, %v", len(have), err)
	}
	for _, file := range files {
		for _, m := range regexp.MustCompile(`\bt2?\("(\w+)"|data-t(?:-label)?="(\w+)"`).FindAllStringSubmatch(source(t, file), -1) {
			asked[m[1]+m[2]] = true
			if !have[m[1]+m[2]] {
				t.Errorf("%s asks for the word %q, which is not there", file, m[1]+m[2])
			}
		}
	}
	for w := range have {
		if !asked[w] {
			t.Errorf("nobody asks for the word %q", w)
		}
	}
}

func fills(text string) string {
	return strings.Join(regexp.MustCompile(`\{\w\}`).FindAllString(text, -1), "")
}

// The machine still says each sentence that the page translates, and the page
// fills in what it took over.
func TestSentences(t *testing.T) {
	said := ""
	for _, pattern := range []string{"../sale/*.go", "../cmd/kioskd/*.go", "../control/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			said += source(t, file)
		}
	}
	said = regexp.MustCompile(`%[svq]`).ReplaceAllString(said, "{}")
	list := regexp.MustCompile(`(?m)^  \["(.+?)", "(.+?)"\],$`).FindAllStringSubmatch(source(t, "page/sentences.js"), -1)
	if len(list) < 10 {
		t.Fatalf("%d sentences", len(list))
	}
	for _, m := range list {
		en := strings.TrimPrefix(m[1], "order {1}: ") // which about adds
		en = regexp.MustCompile(`\{\d\}`).ReplaceAllString(en, "{}")
		en, _, _ = strings.Cut(en, "the price with {}")
		if !strings.Contains(said, `"`+en) {
			t.Errorf("nobody says %q any more", en)
		}
		for _, fill := range regexp.MustCompile(`\{\d\}`).FindAllString(m[2], -1) {
			if !strings.Contains(m[1], fill) {
				t.Errorf("%q has no %s", m[1], fill)
			}
		}
	}
}
