package configs

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// editor is a text with its tree.
type editor struct {
	text   []byte
	root   ast.Node
	starts []int  // where each line begins, in bytes
	end    string // of a line
}

func newEditor(text []byte) (*editor, error) {
	r := newReader("the config", "/", Drivers{})
	root := r.tree(text)
	if root == nil {
		r.problems.sort()
		return nil, &r.problems
	}
	e := &editor{text: text, root: root, starts: []int{0}, end: "\n"}
	if strings.HasPrefix(string(text), "\ufeff") {
		e.starts[0] = len("\ufeff")
	}
	for i, c := range text {
		switch {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			e.end = "\r\n"
		case c == '\n' || c == '\r':
			e.starts = append(e.starts, i+1)
		}
	}
	return e, nil
}

// offset is where a place lies, in bytes.
func (e *editor) offset(s spot) int {
	if s.line > len(e.starts) {
		return len(e.text)
	}
	at := e.starts[max(s.line, 1)-1]
	for range s.column - 1 {
		_, size := utf8.DecodeRune(e.text[at:])
		at += size
	}
	return at
}

// lineStart is where a line begins, or the end of the text.
func (e *editor) lineStart(line int) int { return e.offset(spot{line, 1}) }

// line is the text of a line without its end, "" behind the last one.
func (e *editor) line(n int) string {
	return strings.TrimRight(string(e.text[e.lineStart(n):e.lineStart(n+1)]), "\r\n")
}

// step is a key, or an entry of a list if key is empty.
type step struct {
	key   string
	index int
}

var oneStep = regexp.MustCompile(`^(?:\.?([^.\[\]]+)|\[(\d{1,4})\])`)

func steps(field string) (list []step, ok bool) {
	for rest := field; rest != ""; {
		m := oneStep.FindStringSubmatch(rest)
		if m == nil || (rest[0] == '.') != (len(list) > 0 && m[1] != "") {
			return nil, false
		}
		index, _ := strconv.Atoi(m[2]) // digits, or nothing for a key
		list, rest = append(list, step{m[1], index}), rest[len(m[0]):]
	}
	return list, len(list) > 0
}

// located is the place of a field, as far as it is there.
type located struct {
	node ast.Node // its value, or the innermost section around it
	pair *ast.MappingValueNode
	home ast.Node // the mapping or list that node stands in; nil for the file
	rest []step   // the keys that are missing in node
}

// find walks down to a field.
func (e *editor) find(field string) (located, error) {
	way, ok := steps(field)
	if !ok {
		return located{}, fmt.Errorf("%q is not the name of a key", field)
	}
	at := located{node: e.root}
	path := ""
	for i, s := range way {
		if s.key == "" {
			path += fmt.Sprintf("[%d]", s.index)
			list, ok := at.node.(*ast.SequenceNode)
			if !ok || s.index >= len(list.Values) {
				return located{}, fmt.Errorf("%s: there is no such entry", path)
			}
			at = located{node: list.Values[s.index], home: list}
			continue
		}
		pairs, ok := pairsOf(at.node)
		if !ok {
			return located{}, fmt.Errorf("%s: has no keys of its own", path)
		}
		path = join(path, s.key)
		found := pairsNamed(pairs, s.key)
		switch len(found) {
		case 0:
			at.rest = way[i:]
			return at, restIsKeys(path, at.rest)
		case 1:
			at = located{node: found[0].Value, pair: found[0], home: at.node}
		default:
			return located{}, fmt.Errorf("%s: stands in the file %d times: keep one of them", path, len(found))
		}
	}
	return at, nil
}

func restIsKeys(path string, rest []step) error {
	for _, s := range rest {
		if s.key == "" {
			return fmt.Errorf("%s: there is no such list", path)
		}
	}
	return nil
}

func pairsNamed(pairs []*ast.MappingValueNode, key string) (found []*ast.MappingValueNode) {
	for _, p := range pairs {
		if text, ok := textOf(p.Key); ok && text == key {
			found = append(found, p)
		}
	}
	return found
}

// errByHand is for what this package does not trust itself to change.
var errByHand = errors.New("cannot be changed by a program here: edit the file")

// span is where a value stands. A value that is missing has an empty span
// behind its colon.
func (e *editor) span(at located) (from, to int, err error) {
	switch n := at.node.(type) {
	case *ast.MappingNode:
		return e.brackets(n.IsFlowStyle, n.Start, n.End)
	case *ast.SequenceNode:
		return e.brackets(n.IsFlowStyle, n.Start, n.End)
	case *ast.MappingValueNode:
		return 0, 0, errByHand
	}
	if at.node == nil || at.node.GetToken().Type == token.ImplicitNullType {
		if at.pair == nil {
			return 0, 0, errByHand
		}
		from = e.offset(place(at.pair.Start)) + len(":")
		return from, from, nil
	}
	t := at.node.GetToken()
	from = e.offset(place(t))
	rest := string(e.text[from:])
	switch {
	case t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType:
		to = from + quotedLength(rest)
	case strings.HasPrefix(rest, t.Value):
		to = from + len(t.Value)
	}
	if to <= from {
		return 0, 0, errByHand
	}
	return from, to, nil
}

func (e *editor) brackets(flow bool, start, end *token.Token) (from, to int, err error) {
	if !flow || start == nil || end == nil {
		return 0, 0, errByHand
	}
	return e.offset(place(start)), e.offset(place(end)) + 1, nil
}

// lastLine is where a node ends.
func lastLine(n ast.Node) int {
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle {
			return place(n.End).line
		}
		return lastLine(n.Values[len(n.Values)-1])
	case *ast.MappingValueNode:
		return max(place(n.Key.GetToken()).line, lastLine(n.Value))
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			return place(n.End).line
		}
		return lastLine(n.Values[len(n.Values)-1])
	}
	if n == nil || n.GetToken().Type == token.ImplicitNullType {
		return 0
	}
	return place(n.GetToken()).line
}
