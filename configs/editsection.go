package configs

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Example is a section of the reference file, "controller" or "payment", as a
// machine with this driver has it: lines with comments, the first being the
// section's name. Its values are examples. ok is false if the file shows none.
func Example(section, driver string) (lines []byte, ok bool) {
	main, all := examples()
	if lines, ok = all[section+" "+driver]; ok {
		return bytes.Clone(lines), true
	}
	if name, _ := Get(main, section+".driver"); name != driver {
		return nil, false
	}
	lines, err := Section(main, section)
	return lines, err == nil
}

// SetSection puts lines in the place of a whole section of a configuration
// file, with the comments that stand in it. The first line is the section's
// name; a section that is not there yet comes last.
func SetSection(text []byte, section string, lines []byte) ([]byte, error) {
	e, err := newEditor(text)
	if err != nil {
		return nil, err
	}
	fresh, err := newEditor(lines)
	if err != nil {
		return nil, err
	}
	from, to, err := e.sectionSpan(section)
	if err != nil {
		return nil, err
	}
	put := strings.ReplaceAll(strings.TrimSuffix(string(lines), "\n"), "\n", e.end) + e.end
	if from > 0 && text[from-1] != '\n' && text[from-1] != '\r' {
		put = e.end + put
	}
	after := e.splice(from, to, put)
	if err := e.verify(after, section, leavesUnder(fresh.root, section)); err != nil {
		return nil, fmt.Errorf("%s: %w", section, err)
	}
	return after, nil
}

// sectionSpan is the lines of a section, the end of the text if it is not
// there.
func (e *editor) sectionSpan(section string) (from, to int, err error) {
	at, err := e.find(section)
	switch {
	case err != nil:
		return 0, 0, err
	case len(at.rest) > 0:
		return len(e.text), len(e.text), nil
	}
	if m, ok := e.root.(*ast.MappingNode); ok && m.IsFlowStyle {
		return 0, 0, fmt.Errorf("%s: %w", section, errByHand)
	}
	_, last, _ := e.room(at)
	return e.lineStart(place(at.pair.Key.GetToken()).line), e.lineStart(last + 1), nil
}

// Section is the lines of a section of a configuration file, with the comments
// that stand in it; none if it is not there.
func Section(text []byte, section string) ([]byte, error) {
	e, err := newEditor(text)
	if err != nil {
		return nil, err
	}
	from, to, err := e.sectionSpan(section)
	return bytes.Clone(text[from:to]), err
}
