package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`   // from 1; 0 if the file could not be read at all
	Column int    `json:"column"` // from 1, in characters
	Field  string `json:"field"`  // "products[0].price"; empty if it is not about one key
	Rule   Rule   `json:"rule"`
	What   string `json:"what"` // what is wrong, a colon, and what to write instead
}

func (p Problem) String() string {
	s := p.File + ": "
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	}
	if p.Field != "" {
		s += p.Field + ": "
	}
	return s + p.What
}

// Problems is the error of [Load] and [Parse]: everything that is wrong, in
// the order in which it stands in the file. Its JSON form is an object with
// the list under "problems".
type Problems struct {
	List  []Problem `json:"problems"`
	cause error
}

// Error writes one problem a line.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, one := range p.List {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap is the error of the file system if the file could not be read.
func (p *Problems) Unwrap() error { return p.cause }

func (p *Problems) sort() {
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, cmp.Compare(a.Field, b.Field))
	})
}

// Rule names what a problem is about, for programs and for the tests, which
// want a bad file for each.
type Rule string

// The rules. The first group ends the reading at once, for what follows could
// only mislead.
const (
	RuleUnreadable Rule = "unreadable"  // the file system says no
	RuleTooLarge   Rule = "too-large"   // more than MaxSize
	RuleEncoding   Rule = "encoding"    // not UTF-8
	RuleCharacter  Rule = "character"   // a control character
	RuleIndent     Rule = "indent"      // not indented with spaces
	RuleEmpty      Rule = "empty"       // nothing but comments
	RuleSyntax     Rule = "syntax"      // not YAML
	RuleFullWidth  Rule = "full-width"  // the colon of a Chinese keyboard
	RuleSpace      Rule = "space"       // no space after a colon
	RuleFeature    Rule = "feature"     // YAML that is not used here
	RuleDocuments  Rule = "documents"   // more than one document
	RuleNesting    Rule = "nesting"     // too deep
	RuleOneLine    Rule = "one-line"    // a value over several lines
	RuleShape      Rule = "shape"       // a list where a value is wanted, and so on
	RuleUnknownKey Rule = "unknown-key" // with the nearest known one
	RuleMisplaced  Rule = "misplaced"   // a key of another section
	RuleOtherKey   Rule = "other-driver"
	RuleDoubledKey Rule = "doubled-key"
	RuleNoValue    Rule = "no-value"
	RuleNumber     Rule = "number"
	RuleSwitch     Rule = "switch"
	RuleChoice     Rule = "choice"
	RuleDuration   Rule = "duration"
	RuleBytes      Rule = "bytes"
	RuleNight      Rule = "night"
	RulePrice      Rule = "price"
	RuleDegrees    Rule = "degrees"
	RuleText       Rule = "text" // a driver's own notation

	RuleMissing     Rule = "missing"
	RuleMachineID   Rule = "machine-id"
	RuleLength      Rule = "length"
	RulePrintable   Rule = "printable"
	RuleRange       Rule = "range"
	RulePath        Rule = "path"
	RuleSocket      Rule = "socket"
	RuleDriver      Rule = "driver"
	RuleSetting     Rule = "setting" // the driver's own Check
	RuleSlot        Rule = "slot"
	RuleDoubledSlot Rule = "doubled-slot"
	RuleImage       Rule = "image"
	RuleFont        Rule = "font"
	RuleAddress     Rule = "address" // host:port
	RuleURL         Rule = "url"
	RulePIN         Rule = "pin"
	RuleChord       Rule = "chord"
)

// Rules lists every rule.
func Rules() []Rule {
	return []Rule{
		RuleUnreadable, RuleTooLarge, RuleEncoding, RuleCharacter, RuleIndent, RuleEmpty, RuleSyntax, RuleFullWidth, RuleSpace,
		RuleFeature, RuleDocuments, RuleNesting, RuleOneLine, RuleShape, RuleUnknownKey, RuleMisplaced, RuleOtherKey,
		RuleDoubledKey, RuleNoValue, RuleNumber, RuleSwitch, RuleChoice, RuleDuration, RuleBytes, RuleNight, RulePrice, RuleDegrees, RuleText,
		RuleMissing, RuleMachineID, RuleLength, RulePrintable, RuleRange, RulePath, RuleSocket, RuleDriver, RuleSetting, RuleSlot,
		RuleDoubledSlot, RuleImage, RuleFont, RuleAddress, RuleURL, RulePIN, RuleChord,
	}
}
