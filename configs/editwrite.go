package configs

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// write puts a spelling where a field's value is, or is missing.
func (e *editor) write(at located, spelling string) ([]byte, error) {
	if len(at.rest) > 0 {
		return e.insert(at, spelling)
	}
	from, to, err := e.span(at)
	if err != nil {
		return nil, err
	}
	if from == to {
		spelling = " " + spelling
	}
	return e.splice(from, to, spelling), nil
}

func (e *editor) splice(from, to int, s string) []byte {
	return slices.Concat(e.text[:from], []byte(s), e.text[to:])
}

// insert writes keys that are missing in at.node.
func (e *editor) insert(at located, spelling string) ([]byte, error) {
	if m, ok := at.node.(*ast.MappingNode); ok && m.IsFlowStyle {
		return e.insertInLine(m, at.rest, spelling), nil
	}
	first, last, indent := e.room(at)
	if key := at.rest[0].key; len(at.rest) == 1 {
		for n := first; n <= last; n++ {
			if shows(e.line(n), key, indent) {
				begin := e.lineStart(n)
				spaces := e.line(n)[:strings.Index(e.line(n), "#")]
				return e.splice(begin, begin+len(e.line(n)), spaces+key+": "+spelling), nil
			}
		}
	}
	if indent < 0 {
		indent = 2
		if at.pair != nil {
			indent = place(at.pair.Key.GetToken()).column + 1
		}
	}
	behind := e.lineStart(e.lastOf(at) + 1)
	lines := ""
	for i, s := range at.rest {
		lines += strings.Repeat(" ", indent+2*i) + s.key + ":"
		if i < len(at.rest)-1 {
			lines += e.end
		}
	}
	lines += " " + spelling + e.end
	if before := e.text[:behind]; len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) && !bytes.HasSuffix(before, []byte("\r")) {
		lines = e.end + lines
	}
	return e.splice(behind, behind, lines), nil
}

func (e *editor) insertInLine(m *ast.MappingNode, rest []step, spelling string) []byte {
	text := spelling
	for i := len(rest) - 1; i >= 0; i-- {
		text = rest[i].key + ": " + text
		if i > 0 {
			text = "{" + text + "}"
		}
	}
	from, to := e.offset(place(m.Start))+1, e.offset(place(m.End))
	held := bytes.TrimRight(e.text[from:to], " \t\r\n")
	switch {
	case len(held) == 0:
	case held[len(held)-1] == ',':
		text = " " + text
	default:
		text = ", " + text
	}
	return e.splice(from+len(held), from+len(held), text)
}

// room is the lines of a section in which a comment may show a key of it, and
// how far its keys are indented: -1 if it has none yet.
func (e *editor) room(at located) (first, last, indent int) {
	first, indent = 1, -1
	if pairs, _ := pairsOf(at.node); len(pairs) > 0 {
		indent = place(pairs[0].Key.GetToken()).column - 1
		if at.home != nil {
			first = place(pairs[0].Key.GetToken()).line
		}
	}
	outside := 0
	if at.pair != nil {
		key := place(at.pair.Key.GetToken())
		first, outside = key.line+1, key.column
	}
	last = max(e.lastOf(at), first-1)
	for last < len(e.starts) {
		line := e.line(last + 1)
		bare := strings.TrimLeft(line, " ")
		if !strings.HasPrefix(bare, "#") || len(line)-len(bare) < outside {
			break
		}
		last++
	}
	return first, last, indent
}

// lastOf is the last line of a section, that of its key if it is empty.
func (e *editor) lastOf(at located) int {
	last := lastLine(at.node)
	if at.pair != nil {
		last = max(last, place(at.pair.Key.GetToken()).line)
	}
	return last
}

var shownKey = regexp.MustCompile(`^( *)# ?([A-Za-z0-9_]+): *(?:"[^"]*"|'[^']*'|[^ "'#]+)$`)

// shows reports whether a line is a comment that shows nothing but this key
// and a value, indented as its section (any indentation will do if that is -1).
func shows(line, key string, indent int) bool {
	m := shownKey.FindStringSubmatch(line)
	return m != nil && m[2] == key && (indent < 0 || len(m[1]) == indent)
}

// without takes a key out.
func (e *editor) without(at located) ([]byte, error) {
	key := place(at.pair.Key.GetToken())
	begin := e.offset(key)
	line := e.lineStart(key.line)
	if m, ok := at.home.(*ast.MappingNode); ok && m.IsFlowStyle {
		return e.withoutInLine(m, at)
	}
	if lastLine(at.pair) != key.line || strings.TrimSpace(string(e.text[line:begin])) != "" || at.home == nil {
		return nil, errByHand
	}
	if m, ok := at.home.(*ast.MappingNode); ok && len(m.Values) == 1 && at.home == e.root {
		return nil, errByHand
	}
	return e.splice(begin, begin, "# "), nil
}

func (e *editor) withoutInLine(m *ast.MappingNode, at located) ([]byte, error) {
	i := slices.Index(m.Values, at.pair)
	from := e.offset(place(at.pair.Key.GetToken()))
	_, to, err := e.span(at)
	switch {
	case err != nil:
		return nil, err
	case i+1 < len(m.Values):
		to = e.offset(place(m.Values[i+1].Key.GetToken()))
	case i > 0:
		_, from, err = e.span(located{node: m.Values[i-1].Value, pair: m.Values[i-1], home: m})
	}
	return e.splice(from, to, ""), err
}
