package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"kioskd/display"
	"kioskd/sale"
)

const repository = "../.."

// technicianPage is docs/technician.md, or what it is called in Chinese.
type technicianPage struct {
	lang, path, text string
	headings         []heading
}

type heading struct {
	level int
	text  string
	body  string // as far as the next heading
}

var (
	headingLine = regexp.MustCompile(`(?m)^(#+) (.+)\n`)
	aCode       = regexp.MustCompile(`\bE-[A-Z]+-\d\d\b`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	shellWord   = regexp.MustCompile(`'[^']*'|"[^"]*"|[|>;&]+|[^\s'"|>;&]+`)
	link        = regexp.MustCompile(`\]\(([^)]*)\)`)
	said        = regexp.MustCompile(`“([^”]+)”`)
)

func technicianPages(t *testing.T) []technicianPage {
	t.Helper()
	pages := []technicianPage{{lang: "en", path: "docs/technician.md"}, {lang: "zh", path: "docs/technician.zh-CN.md"}}
	for i := range pages {
		p := &pages[i]
		text, err := os.ReadFile(filepath.Join(repository, p.path))
		if err != nil {
			t.Fatal(err)
		}
		p.text = string(text)
		found := headingLine.FindAllStringSubmatchIndex(p.text, -1)
		for n, at := range found {
			end := len(p.text)
			if n+1 < len(found) {
				end = found[n+1][0]
			}
			p.headings = append(p.headings, heading{at[3] - at[2], p.text[at[4]:at[5]], p.text[at[1]:end]})
		}
	}
	return pages
}

// codes are the sections about a code.
func (p technicianPage) codes() (list []heading) {
	for _, h := range p.headings {
		if aCode.FindString(h.text) == h.text {
			list = append(list, h)
		}
	}
	return list
}

// commands are the lines that stand there to be typed.
func (p technicianPage) commands() (list []string) {
	for l := range strings.Lines(p.text) {
		if indented := strings.TrimLeft(l, " "); len(l)-len(indented) >= 4 {
			list = append(list, strings.TrimSpace(l))
		}
	}
	return list
}

// TestTechnicianPageHasEveryCode: whatever code a screen or a log may show
// stands in the page, and no other does.
func TestTechnicianPageHasEveryCode(t *testing.T) {
	source := map[string]bool{}
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".git")):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, code := range aCode.FindAllString(string(text), -1) {
			source[code] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(source) < 20 {
		t.Fatalf("only %d codes in the source", len(source))
	}
	for _, p := range technicianPages(t) {
		written := map[string]int{}
		for _, h := range p.codes() {
			written[h.text]++
		}
		for code := range source {
			if written[code] != 1 {
				t.Errorf("%s: want one section %q, have %d", p.path, "### "+code, written[code])
			}
			delete(written, code)
		}
		for code := range written {
			t.Errorf("%s: section %q: nothing in the source has this code", p.path, code)
		}
		for _, code := range aCode.FindAllString(p.text, -1) {
			if !source[code] {
				t.Errorf("%s speaks of %s, which nothing in the source has", p.path, code)
			}
		}
	}
}

// TestTechnicianPageQuotesTheScreen: what a code's section says that the
// customer reads is the head of a scene, in both languages the same one.
func TestTechnicianPageQuotesTheScreen(t *testing.T) {
	quoted := map[string][]sale.SceneKind{}
	for _, p := range technicianPages(t) {
		heads := map[string]sale.SceneKind{}
		for _, kind := range sale.SceneKinds() {
			heads[display.Words(display.Style{Language: p.lang}, sale.Scene{Kind: kind}).Head] = kind
		}
		// Three pairs of scenes differ in what stands below the head.
		same := map[sale.SceneKind]sale.SceneKind{sale.SceneNoRefunds: sale.SceneOutOfService, sale.SceneProviderDown: sale.SceneOffline, sale.SceneClock: sale.SceneOffline}
		for _, h := range p.codes() {
			first, _, _ := strings.Cut(strings.TrimSpace(h.body), "\n")
			kinds := []sale.SceneKind{}
			for _, q := range said.FindAllStringSubmatch(first, -1) {
				kind, known := heads[q[1]]
				if alias, ok := same[kind]; ok {
					kind = alias
				}
				if known {
					kinds = append(kinds, kind)
				} else if p.lang == "en" {
					t.Errorf("%s: %s: no screen says %q", p.path, h.text, q[1])
				}
			}
			if before, ok := quoted[h.text]; ok && !slices.Equal(before, kinds) {
				t.Errorf("%s: %s: the screen shows %v, and in the other language %v", p.path, h.text, kinds, before)
			}
			quoted[h.text] = kinds
		}
	}
}

// TestTechnicianPageCommands: what the page tells to type is understood, and
// no command is left out.
func TestTechnicianPageCommands(t *testing.T) {
	for _, p := range technicianPages(t) {
		named := map[string]bool{}
		for _, line := range p.commands() {
			for _, words := range calls(line) {
				c, err := understood(words, true)
				if err != nil {
					t.Errorf("%s: %s: %v", p.path, line, err)
				}
				named[c] = true
			}
		}
		for _, s := range codeSpan.FindAllStringSubmatch(p.text, -1) {
			for _, words := range calls(s[1]) {
				if _, err := understood(words, false); err != nil {
					t.Errorf("%s: `%s`: %v", p.path, s[1], err)
				}
			}
		}
		for _, c := range allCommands() {
			if name := c.Name(); !c.Hidden && name != "help" && !named[name] && !strings.Contains(p.text, "`"+name+"`") && !strings.Contains(p.text, "kioskd "+name) {
				t.Errorf("%s: kioskd %s is nowhere", p.path, name)
			}
		}
	}
}

func allCommands() []*cobra.Command {
	root := commands(io.Discard, io.Discard)
	root.InitDefaultCompletionCmd()
	return root.Commands()
}

// calls are the words behind each kioskd that is run in a line of shell.
func calls(line string) (list [][]string) {
	words := shellWord.FindAllString(line, -1)
	for i, w := range words {
		if w != "kioskd" || i > 0 && words[i-1] != "sudo" && !strings.ContainsAny(words[i-1], "|;&") || i+1 == len(words) {
			continue
		}
		args := words[i+1:]
		if end := slices.IndexFunc(args, func(w string) bool { return strings.ContainsAny(w, "|>;&") && !strings.ContainsAny(w, `'"`) }); end >= 0 {
			args = args[:end]
		}
		for n := range args {
			args[n] = strings.Trim(args[n], `'"`)
		}
		list = append(list, args)
	}
	return list
}

// understood tells which command takes these words. Whole ones need every
// argument that the command wants.
func understood(words []string, whole bool) (name string, err error) {
	root := commands(io.Discard, io.Discard)
	root.InitDefaultCompletionCmd()
	c, rest, err := root.Find(words)
	switch {
	case err != nil:
		return "", err
	case c == root && words[0] != "--help":
		return "", fmt.Errorf("there is no command %s", words[0])
	}
	c.InitDefaultHelpFlag()
	if err := c.ParseFlags(rest); err != nil {
		return "", err
	}
	if whole {
		err = c.ValidateArgs(c.Flags().Args())
	}
	for c.HasParent() && c.Parent() != root {
		c = c.Parent()
	}
	return c.Name(), err
}

// TestTechnicianPagesAreTheSame: the same sections, the same commands, the same
// pictures, and no link into the void.
func TestTechnicianPagesAreTheSame(t *testing.T) {
	pages := technicianPages(t)
	var shapes, typed [][]string
	for _, p := range pages {
		var shape, lines []string
		for _, h := range p.headings {
			name := strings.Repeat("#", h.level)
			if aCode.MatchString(h.text) {
				name += " " + h.text
			}
			shape = append(shape, fmt.Sprintf("%s: %d rows, %d points", name, strings.Count(h.body, "\n| "), strings.Count(h.body, "\n- ")))
		}
		for _, l := range p.commands() {
			lines = append(lines, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(l, `""`)) // reasons are translated
		}
		shapes, typed = append(shapes, shape), append(typed, lines)
		for _, l := range link.FindAllStringSubmatch(p.text, -1) {
			p.follow(t, l[1])
		}
		if n := strings.Count(p.text, "\n"); n > 400 {
			t.Errorf("%s has %d lines: nobody reads more than 400 at a machine", p.path, n)
		}
	}
	if diff := cmp.Diff(shapes[0], shapes[1]); diff != "" {
		t.Errorf("sections (-%s +%s):\n%s", pages[0].path, pages[1].path, diff)
	}
	if diff := cmp.Diff(typed[0], typed[1]); diff != "" {
		t.Errorf("commands (-%s +%s):\n%s", pages[0].path, pages[1].path, diff)
	}
}

func (p technicianPage) follow(t *testing.T, target string) {
	t.Helper()
	file, anchor, _ := strings.Cut(target, "#")
	if file != "" {
		if _, err := os.Stat(filepath.Join(repository, "docs", file)); err != nil {
			t.Errorf("%s: link: %v", p.path, err)
		}
		return
	}
	known := slices.ContainsFunc(p.headings, func(h heading) bool {
		return strings.ReplaceAll(strings.ToLower(h.text), " ", "-") == anchor
	})
	if !known {
		t.Errorf("%s: link to #%s: there is no such section", p.path, anchor)
	}
}
