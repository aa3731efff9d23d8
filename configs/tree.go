package configs

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxDepth  = 16   // of lists and keys within each other, in one line
	maxColumn = 640  // of a colon; each level of keys is indented further
	maxKeys   = 8192 // the parser's time grows with their square
)

// tree turns the bytes into the one mapping that a file is, or reports why
// that cannot be.
func (r *reader) tree(data []byte) ast.Node {
	text, ok := r.source(data)
	if !ok {
		return nil
	}
	tokens := lexer.Tokenize(text)
	if !r.plain(tokens) {
		return nil
	}
	file, err := parse(tokens)
	if err != nil {
		r.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) == 0 {
		r.add(spot{1, 1}, "", RuleEmpty, "nothing is configured: begin with the reference file")
		return nil
	}
	return bodies[0]
}

// parse is the YAML parser, with the promise that it returns.
func parse(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the parser gave up")
		}
	}()
	// Doubled keys are this package's to report, all of them.
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// source checks what the file is made of and returns it with plain line ends.
func (r *reader) source(data []byte) (string, bool) {
	if len(data) > MaxSize {
		r.add(spot{1, 1}, "", RuleTooLarge, fmt.Sprintf("more than %d KiB: this is not a configuration file", MaxSize>>10))
		return "", false
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		r.add(spot{1, 1}, "", RuleEncoding, "the text is UTF-16: save the file as UTF-8")
		return "", false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	r.lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, line := range r.lines {
		r.widths = append(r.widths, utf8.RuneCountInString(line))
	}
	for i, line := range r.lines {
		r.line(i+1, line)
	}
	return string(data), len(r.problems.List) == 0
}

// line checks the characters of one line and reports the first bad one.
func (r *reader) line(n int, line string) {
	indent, column := true, 0
	for i, c := range line {
		column++
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd"):
			r.add(spot{n, column}, "", RuleEncoding, "not UTF-8, perhaps GBK: save the file as UTF-8")
			return
		case indent && c != ' ' && unicode.IsSpace(c) && strings.TrimSpace(line) != "":
			r.add(spot{n, column}, "", RuleIndent, "a tab or a full-width space indents this line: write plain spaces")
			return
		case c != '\t' && !printable(c):
			r.add(spot{n, column}, "", RuleCharacter, "a character that cannot be seen: delete it and write the line anew")
			return
		}
		indent = indent && unicode.IsSpace(c)
	}
}

// plain reports what this strict subset of YAML leaves out.
func (r *reader) plain(tokens token.Tokens) bool {
	s := subset{reader: r}
	for _, t := range tokens {
		if !s.take(t) {
			return false
		}
	}
	return len(r.problems.List) == 0
}

// subset walks over the tokens of a file.
type subset struct {
	*reader
	flow    int // { and [ that are open
	entries int // "- " in line
	line    int
	keys    int
	second  bool // a second document was reported
	block   bool // the next token is the text of a block
}

// take looks at one token. It is false when the rest would only cost time.
func (s *subset) take(t *token.Token) bool {
	at := place(t)
	if at.line != s.line {
		s.line, s.entries = at.line, 0
	}
	switch t.Type {
	case token.DocumentHeaderType, token.DocumentEndType:
		if s.keys > 0 && !s.second {
			s.second = true
			s.add(at, "", RuleDocuments, "a second document begins here: a configuration file has only one, take the line out")
		}
	case token.MappingStartType, token.SequenceStartType:
		s.flow++
	case token.MappingEndType, token.SequenceEndType:
		s.flow--
	case token.SequenceEntryType:
		s.entries++
	case token.MappingValueType:
		s.keys++
	case token.LiteralType, token.FoldedType:
		s.add(at, "", RuleOneLine, "texts of several lines are not used here: write the value behind the colon")
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType:
		s.oneLine(t)
	default:
		s.feature(t)
	}
	s.block = t.Type == token.LiteralType || t.Type == token.FoldedType
	if s.flow+s.entries > maxDepth || t.Type == token.MappingValueType && at.column > maxColumn {
		s.add(at, "", RuleNesting, "too many lists or keys within each other: take the inner ones out")
		return false
	}
	if s.keys > maxKeys {
		s.add(at, "", RuleTooLarge, fmt.Sprintf("more than %d keys: this is not a configuration file", maxKeys))
		return false
	}
	return true
}

// feature refuses what nobody needs in a configuration, once a line. An alias
// can make a short file long.
func (s *subset) feature(t *token.Token) {
	what := ""
	switch t.Type {
	case token.AnchorType, token.AliasType, token.MergeKeyType:
		what = "anchors, aliases and merges are not used here: write the value itself, or put quotes around it"
	case token.TagType:
		what = "tags are not used here: take it out, or put quotes around the value"
	case token.MappingKeyType:
		what = `keys with "?" are not used here: write "key: value"`
	case token.DirectiveType:
		what = "directives are not used here: take the line out, or put quotes around the value"
	default:
		return
	}
	if n := len(s.problems.List); n == 0 || s.problems.List[n-1].Line != s.line {
		s.add(place(t), "", RuleFeature, what)
	}
}

// oneLine refuses a value that runs on into the next line: it is always a
// line that was indented too far, has no colon, or was not closed.
func (s *subset) oneLine(t *token.Token) {
	first, _, more := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	if !more || s.block {
		return
	}
	bad := colon(first)
	switch {
	case bad != nil:
	case s.flow > 0:
		bad = &flaw{RuleSyntax, "a { or [ is not closed, or a comma is missing: write it at the end of this line"}
	default:
		bad = &flaw{RuleOneLine, `this line and the next are read as one value: write "key: value" in each, and align the next line with its neighbours`}
	}
	s.add(place(t), "", bad.rule, bad.what)
}

var (
	fullWidth = regexp.MustCompile(`^(- *)?[\pL\pN_-]+ *：`)
	noSpace   = regexp.MustCompile(`^(- *)?[A-Za-z_]+:[^\s/]`)
)

// colon looks for the two usual reasons why a line is not a key and a value.
func colon(line string) *flaw {
	line = strings.TrimSpace(line)
	switch {
	case fullWidth.MatchString(line):
		return &flaw{RuleFullWidth, `the colon is a full-width one "：": write ":" and a space`}
	case noSpace.MatchString(line):
		return &flaw{RuleSpace, `no space after the colon: write "key: value"`}
	}
	return nil
}

// syntax reports what the parser says in words that help. The parser's own
// words are not used: they may quote the file.
func (r *reader) syntax(err error) {
	var bad *yaml.SyntaxError
	if !errors.As(err, &bad) {
		r.add(spot{1, 1}, "", RuleSyntax, "not YAML: compare the file with the reference file")
		return
	}
	at := place(bad.Token)
	if at.line >= 1 && at.line <= len(r.lines) {
		if flaw := colon(r.lines[at.line-1]); flaw != nil {
			r.add(at, "", flaw.rule, flaw.what)
			return
		}
	}
	what := "not YAML: look at the indentation, the colons and the quotes of this line and the one above"
	for _, h := range syntaxHints {
		if strings.Contains(bad.Message, h.says) {
			what = h.what
			break
		}
	}
	r.add(at, "", RuleSyntax, what)
}

var syntaxHints = []struct{ says, what string }{
	{"could not find end character", "a quote is opened here and never closed: write the second quote"},
	{"']'", "a list that begins with [ is not closed: write ] at its end and a comma between its values"},
	{"'}'", "a section that begins with { is not closed: write } at its end and a comma between its keys"},
	{"mapping value is not allowed", `a second ": " in one value: put quotes around the value, or align the next line with its neighbours`},
	{"reserved character", "a value must not begin with this character: put quotes around the value"},
	{"escape character", `a backslash between double quotes: write \\ or use single quotes`},
	{"is not allowed in this context", `this line does not belong where it stands: write "key: value" and align it with its neighbours`},
	{"non-map value", `this line is not a key and a value: write "key: value"`},
	{"unexpected key name", `this line is not a key and a value: write "key: value"`},
}
