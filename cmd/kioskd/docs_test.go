package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// inChinese ends the name of a page's translation.
const inChinese = ".zh-CN.md"

// translated are the pages that a technician or an operator reads.
var translated = []string{"README.md", "docs/install.md", "docs/technician.md", "docs/watching.md", "docs/wechat-pay.md"}

// docPage is a page of the manual.
type docPage struct {
	path     string // from the repository's root
	text     string
	sections []docSection
}

// docSection begins with a heading; the first one with the page.
type docSection struct {
	level    int
	title    string
	prose    string   // what is neither table nor code block
	rows     []string // of its tables
	typed    []string // lines of its code blocks
	pointing []string // targets of its links
}

func readPage(t *testing.T, file string) docPage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, file))
	if err != nil {
		t.Fatal(err)
	}
	p := docPage{path: file, text: string(text), sections: []docSection{{}}}
	for line := range strings.Lines(p.text) {
		s := &p.sections[len(p.sections)-1]
		line = strings.TrimRight(line, "\n")
		switch {
		case headingLine.MatchString(line + "\n"):
			m := headingLine.FindStringSubmatch(line + "\n")
			p.sections = append(p.sections, docSection{level: len(m[1]), title: m[2]})
		case strings.HasPrefix(line, "    "):
			s.typed = append(s.typed, strings.TrimSpace(line))
		case strings.HasPrefix(line, "|"):
			s.rows = append(s.rows, line)
		default:
			s.prose += line + "\n"
		}
		if !strings.HasPrefix(line, "    ") {
			for _, l := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
				p.sections[len(p.sections)-1].pointing = append(p.sections[len(p.sections)-1].pointing, l[1])
			}
		}
	}
	return p
}

// anchors are what a link may name behind "#", made as GitHub makes them.
func (p docPage) anchors() map[string]bool {
	known := map[string]bool{}
	for _, s := range p.sections[1:] {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, s.title)
		unique := name
		for n := 1; known[unique]; n++ {
			unique = fmt.Sprintf("%s-%d", name, n)
		}
		known[unique] = true
	}
	return known
}

// allPages are those for people: docs, with everything below it, and READMEs.
func allPages(t *testing.T) (pages []docPage) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, "README*.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(repository, "docs"), func(file string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		rel, err := filepath.Rel(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, readPage(t, filepath.ToSlash(rel)))
	}
	return pages
}

// TestDocsLinksLeadSomewhere: each link within the repository names a file that
// is there, and a heading that it has.
func TestDocsLinksLeadSomewhere(t *testing.T) {
	known := map[string]map[string]bool{}
	pages := allPages(t)
	for _, p := range pages {
		known[p.path] = p.anchors()
	}
	followed := 0
	for _, p := range pages {
		for _, s := range p.sections {
			for _, target := range s.pointing {
				if strings.Contains(target, "://") {
					continue
				}
				followed++
				file, anchor, hasAnchor := strings.Cut(target, "#")
				to := p.path
				if file != "" {
					to = path.Join(path.Dir(p.path), file)
				}
				if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
					t.Errorf("%s: link to %s: there is no %s", p.path, target, to)
				} else if hasAnchor && !known[to][anchor] {
					t.Errorf("%s: link to %s: %s has no such heading", p.path, target, to)
				}
			}
		}
	}
	if followed < 50 {
		t.Errorf("only %d links were followed", followed)
	}
}

// TestDocsCommandsAreUnderstood: what a page shows of kioskd's commands and
// flags is what the program takes.
func TestDocsCommandsAreUnderstood(t *testing.T) {
	seen := 0
	for _, p := range allPages(t) {
		check := func(line string, whole bool) {
			for _, words := range calls(line) {
				if len(words) == 0 {
					continue // a name in a drawing
				}
				seen++
				if _, err := understood(words, whole); err != nil {
					t.Errorf("%s: %s: %v", p.path, line, err)
				}
			}
		}
		for _, s := range p.sections {
			for _, line := range s.typed {
				check(withoutComment(strings.TrimPrefix(line, "$ ")), true)
			}
			for _, span := range codeSpan.FindAllStringSubmatch(s.prose+strings.Join(s.rows, "\n"), -1) {
				check(strings.ReplaceAll(span[1], `\|`, "/"), false)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d commands were found", seen)
	}
}

// TestDocsAreTheSameInBothLanguages: headings, code blocks, and whatever stands
// in both languages as it is: keys, metrics, codes, commands, links.
func TestDocsAreTheSameInBothLanguages(t *testing.T) {
	for _, name := range translated {
		t.Run(name, func(t *testing.T) {
			en, zh := readPage(t, name), readPage(t, strings.TrimSuffix(name, ".md")+inChinese)
			if len(en.sections) != len(zh.sections) {
				t.Fatalf("%s has %d headings, %s %d", en.path, len(en.sections)-1, zh.path, len(zh.sections)-1)
			}
			for i, s := range en.sections {
				if diff := cmp.Diff(s.shape(), zh.sections[i].shape()); diff != "" {
					t.Errorf("%q, %q (-%s +%s):\n%s", s.title, zh.sections[i].title, en.path, zh.path, diff)
				}
			}
			for _, p := range []docPage{en, zh} {
				p.keepsToItsLanguage(t)
			}
		})
	}
}

// docShape is what a section has in every language.
type docShape struct {
	Level  int
	Spans  []string   // each once
	Rows   [][]string // the code spans of each cell
	Points int        // of a list
	Typed  []string
	Links  []string
}

var (
	givenReason = regexp.MustCompile(`--reason ("[^"]*"|'[^']*')`)
	toFillIn    = regexp.MustCompile(` [A-Z]{3,}\b|\p{Han}+`)
	points      = regexp.MustCompile(`(?m)^(-|\d+\.) `)
)

func (s docSection) shape() docShape {
	shape := docShape{Level: s.level, Points: len(points.FindAllString(s.prose, -1)), Spans: spans(s.prose)}
	shape.Spans = slices.Compact(shape.Spans)
	for _, row := range s.rows {
		var cells []string
		for _, cell := range strings.Split(strings.ReplaceAll(row, `\|`, "/"), "|") {
			cells = append(cells, strings.Join(spans(cell), " "))
		}
		shape.Rows = append(shape.Rows, cells)
	}
	for _, line := range s.typed {
		shape.Typed = append(shape.Typed, givenReason.ReplaceAllString(withoutComment(line), "--reason ..."))
	}
	for _, target := range s.pointing {
		file, _, _ := strings.Cut(strings.ReplaceAll(target, inChinese, ".md"), "#")
		shape.Links = append(shape.Links, strings.ReplaceAll(file, "-zh.png", "-en.png"))
	}
	slices.Sort(shape.Links)
	return shape
}

// spans are the code spans and fault codes of a text, sorted. What the reader
// fills in may be called something else in each language.
func spans(text string) (list []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		span := givenReason.ReplaceAllString(m[1], "--reason ...")
		list = append(list, strings.Join(strings.Fields(toFillIn.ReplaceAllString(span, " ...")), " "))
	}
	list = append(list, aCode.FindAllString(codeSpan.ReplaceAllString(text, ""), -1)...)
	slices.Sort(list)
	return list
}

// withoutComment drops what stands behind # in a line of shell or config.
func withoutComment(line string) string {
	if strings.HasPrefix(line, "#") {
		return ""
	}
	line, _, _ = strings.Cut(line, " #")
	return strings.TrimSpace(line)
}

// keepsToItsLanguage: a page links to its other language once, at its top, and
// from there on to pages of its own language where there are any.
func (p docPage) keepsToItsLanguage(t *testing.T) {
	t.Helper()
	chinese := strings.HasSuffix(p.path, inChinese)
	crossings := 0
	for i, s := range p.sections {
		for _, target := range s.pointing {
			file, _, _ := strings.Cut(target, "#")
			if !strings.HasSuffix(file, ".md") || strings.Contains(file, "://") {
				continue
			}
			to := path.Join(path.Dir(p.path), file)
			base := strings.TrimSuffix(strings.TrimSuffix(to, inChinese), ".md") + ".md"
			switch {
			case !slices.Contains(translated, base) || strings.HasSuffix(to, inChinese) == chinese:
			case i == 1 && strings.TrimSuffix(strings.TrimSuffix(p.path, inChinese), ".md")+".md" == base:
				crossings++
			default:
				t.Errorf("%s links to %s, which is in the other language", p.path, target)
			}
		}
	}
	if crossings != 1 {
		t.Errorf("%s links to its other language %d times below its title, want once", p.path, crossings)
	}
}
