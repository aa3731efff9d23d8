package configs

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Set changes the value of one key in the text of a configuration file, and
// nothing else: comments, order, line ends and every other value stay as they
// are, byte for byte. field is named as in a [Problem]: "machine.name",
// "products[2].price". value is plain text; it is quoted as the old one was,
// or where YAML wants it.
//
// A key that is not there yet takes the place of a comment that shows it
// ("# baud: 57600"), or else comes last in its section. An entry that a list
// does not have cannot be set.
//
// Set does not know which values are good: [Parse] the result before it is
// used. Its error is a [*Problems] if the text is no configuration file, and
// one line otherwise.
func Set(text []byte, field, value string) ([]byte, error) {
	if err := oneLineOf(field, value); err != nil {
		return nil, err
	}
	return change(text, field, []leaf{{field, value}}, func(old byte) []string { return spellings(value, old) })
}

// SetList is Set for a key that holds a list of values, such as base_urls. The
// list is written in one line, between [ and ].
func SetList(text []byte, field string, values []string) ([]byte, error) {
	var want []leaf
	var words []string
	for i, value := range values {
		entry := fmt.Sprintf("%s[%d]", field, i)
		if err := oneLineOf(entry, value); err != nil {
			return nil, err
		}
		want, words = append(want, leaf{entry, value}), append(words, doubleQuoted(value))
	}
	if len(values) == 0 {
		want = []leaf{{field, emptyList}}
	}
	return change(text, field, want, func(byte) []string { return []string{"[" + strings.Join(words, ", ") + "]"} })
}

// Unset takes one key out of the text of a configuration file, so that its
// default holds. A key with a line of its own stays there as a comment, where
// [Set] finds it again. A key that is not there is no error.
func Unset(text []byte, field string) ([]byte, error) {
	e, err := newEditor(text)
	if err != nil {
		return nil, err
	}
	at, err := e.find(field)
	if err != nil || len(at.rest) > 0 {
		return text, err
	}
	if at.pair == nil {
		return nil, fmt.Errorf("%s: an entry of a list cannot be taken out here: edit the file", field)
	}
	after, err := e.without(at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	return after, e.verify(after, field, nil)
}

func oneLineOf(field, value string) error {
	if !utf8.ValidString(value) || strings.IndexFunc(value, func(c rune) bool { return !printable(c) }) >= 0 {
		return fmt.Errorf("%s: has a character that cannot be seen: write one line of plain text", field)
	}
	return nil
}

// change writes the first spelling of a value that a reader understands as
// what is wanted. spell is told how the old value was quoted: ' or " or 0.
func change(text []byte, field string, want []leaf, spell func(old byte) []string) ([]byte, error) {
	e, err := newEditor(text)
	if err != nil {
		return nil, err
	}
	at, err := e.find(field)
	if err != nil {
		return nil, err
	}
	if len(at.rest) == 0 && slices.Equal(leavesUnder(e.root, field), want) {
		return bytes.Clone(text), nil
	}
	for _, spelling := range spell(e.quoteOf(at)) {
		var after []byte
		if after, err = e.write(at, spelling); err != nil {
			break
		}
		if err = e.verify(after, field, want); err == nil {
			return after, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", field, err)
}

// Get is the value of one key as it stands in the text of a configuration
// file; ok is false if it is not there, or not a single value.
func Get(text []byte, field string) (value string, ok bool) {
	e, err := newEditor(text)
	if err != nil {
		return "", false
	}
	at, err := e.find(field)
	if err != nil || len(at.rest) > 0 || isNull(at.node) {
		return "", false
	}
	return textOf(at.node)
}
