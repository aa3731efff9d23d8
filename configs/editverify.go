package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// leaf is one value of a file.
type leaf struct{ path, text string }

// What stands for the values that have no text; no text has such a character.
const (
	noValue      = "\x00"
	emptyList    = "\x00[]"
	emptySection = "\x00{}"
)

// leaves lists every value below a node, in the order of the file.
func leaves(n ast.Node, path string) (all []leaf) {
	if isNull(n) {
		return []leaf{{path, noValue}}
	}
	if list, ok := n.(*ast.SequenceNode); ok {
		for i, one := range list.Values {
			all = append(all, leaves(one, fmt.Sprintf("%s[%d]", path, i))...)
		}
		if len(all) == 0 {
			return []leaf{{path, emptyList}}
		}
		return all
	}
	if pairs, ok := pairsOf(n); ok {
		for _, p := range pairs {
			key, _ := textOf(p.Key)
			all = append(all, leaves(p.Value, join(path, key))...)
		}
		if len(all) == 0 {
			return []leaf{{path, emptySection}}
		}
		return all
	}
	text, _ := textOf(n)
	return []leaf{{path, text}}
}

// under reports whether a path is a field or lies in it.
func under(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func leavesUnder(root ast.Node, field string) []leaf {
	return slices.DeleteFunc(leaves(root, ""), func(l leaf) bool { return !under(l.path, field) })
}

// leavesBeside are the values that an edit of field must not change. A section
// that has no value of its own is none: the field may be its first one, or its
// last.
func leavesBeside(root ast.Node, field string) []leaf {
	return slices.DeleteFunc(leaves(root, ""), func(l leaf) bool {
		return under(l.path, field) || under(field, l.path) && strings.HasPrefix(l.text, noValue)
	})
}

// verify reads the text after an edit again: the field must be what is wanted,
// and everything else as it was.
func (e *editor) verify(after []byte, field string, want []leaf) error {
	now, err := newEditor(after)
	if err != nil {
		return err
	}
	if !slices.Equal(leavesUnder(now.root, field), want) || !slices.Equal(leavesBeside(now.root, field), leavesBeside(e.root, field)) {
		return errByHand
	}
	return nil
}

// quoteOf is how a value is quoted: ' or " or 0.
func (e *editor) quoteOf(at located) byte {
	if len(at.rest) == 0 && at.node != nil {
		switch at.node.GetToken().Type {
		case token.DoubleQuoteType:
			return '"'
		case token.SingleQuoteType:
			return '\''
		}
	}
	return 0
}
