package display

import (
	"strings"

	"kioskd/sale"
)

// Text is every word of one scene, without layout.
type Text struct {
	Head   string // what happens now
	Second string // Head in the second language, or empty
	Sub    string // a quieter line under Head
	Lead   string // what to do, or where the money is
	Body   []Line
	Facts  []Fact
	Foot   []string // parts of one line, joined by " · "

	Label string // ScenePay: what the countdown counts; rings: the unit
	Hints []Hint // SceneCreating and ScenePay: what the keys do
	Name  string // of the product in hand

	Pill     string // SceneIdle: the wallet, or the state of a refund; SceneService: the chip
	Dots     int    // SceneService: digits of the PIN that were typed
	Note     bool   // SceneIdle: Pill and Sub are about a refund
	SubShort string // SceneIdle with Note: Sub in fewer words
	Help     string // SceneIdle: the parts of the footer
	Machine  string
	Clock    string
	SoldOut  Hint // SceneIdle: words in place of a price
	Closed   Hint
}

// Span is a piece of a line: words, or a key of the keypad.
type Span struct {
	Text string
	Key  bool
}

// Line is one sentence of the body. Soft lines are the first to go where room
// is short.
type Line struct {
	Spans []Span
	Soft  bool
}

// String writes the line as plain text, with keys in brackets.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l.Spans {
		if s.Key {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(strings.ReplaceAll(s.Text, "|", ""))
		}
	}
	return b.String()
}

// Fact is a row of a label and a value. Good tells the rows of service mode
// apart: [Fine], [Odd], [Bad].
type Fact struct {
	Label, Value string
	Good         Good
}

// Good is how a row of service mode stands.
type Good int

const (
	Fine Good = iota
	Odd       // worth a look
	Bad       // keeps the machine from selling, or did
)

// Hint is a line in two lengths, of which the shorter one is for narrow places.
type Hint struct {
	Long, Short Line
}

// parse makes a line of text in which [..] is a key.
func parse(s string) Line {
	var l Line
	for s != "" {
		before, rest, found := strings.Cut(s, "[")
		if before != "" {
			l.Spans = append(l.Spans, Span{Text: before})
		}
		if !found {
			break
		}
		key, after, _ := strings.Cut(rest, "]")
		l.Spans = append(l.Spans, Span{Text: key, Key: true})
		s = after
	}
	return l
}

// with puts the words of the keys into the line: {cancel}, {slot}, {same}, {new}.
func (l Line) with(s Style, sc sale.Scene) Line {
	r := strings.NewReplacer("{cancel}", s.CancelKey, "{slot}", sc.Slot.String(), "{same}", sc.SameIn.String(), "{new}", s.NewCode.String())
	spans := make([]Span, len(l.Spans))
	for i, sp := range l.Spans {
		spans[i] = Span{Text: r.Replace(sp.Text), Key: sp.Key}
	}
	return Line{Spans: spans, Soft: l.Soft}
}
