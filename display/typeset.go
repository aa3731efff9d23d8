package display

import (
	"math"
	"strings"
	"unicode"
)

// step is the difference in px between two sizes that fit tries.
const step = 0.5

// fit is the largest size from least to size at which s is one line of this
// width; least if there is none.
func (f *fonts) fit(s string, width, size, least float64, bold bool) float64 {
	if f.width(s, size, bold) <= width {
		return size
	}
	for k := math.Floor(size / step); k*step >= least; k-- {
		if f.width(s, k*step, bold) <= width {
			return k * step
		}
	}
	return least
}

// wrap breaks s into lines of at most this width. Only a single character may
// be wider than that.
func (f *fonts) wrap(s string, width, size float64, bold bool) []string {
	var lines []string
	for s = strings.TrimSpace(s); s != ""; {
		line, rest := f.breakOff(s, width, size, bold)
		lines, s = append(lines, line), rest
	}
	return lines
}

// breakOff takes the first line of a text that begins with no space.
func (f *fonts) breakOff(s string, width, size float64, bold bool) (line, rest string) {
	text := []rune(s)
	end, last, w := 0, 0, 0.0
	for ; end < len(text); end++ {
		if end > 0 && canBreak(text, end) {
			last = end
		}
		w += f.width(string(text[end]), size, bold)
		if w > width+0.01 && text[end] != ' ' && end > 0 {
			break
		}
	}
	if end < len(text) && last > 0 {
		end = last
	}
	return strings.TrimSpace(string(text[:end])), strings.TrimLeft(string(text[end:]), " ")
}

// Characters that no line may begin or end with.
const (
	neverFirst = "，。、；：？！）」』》”’%….,;:?!)·"
	neverLast  = "（「『《“‘(¥"
)

// canBreak reports whether a line may end before text[i].
func canBreak(text []rune, i int) bool {
	a, b := text[i-1], text[i]
	switch {
	case strings.ContainsRune(neverFirst, b) || strings.ContainsRune(neverLast, a):
		return false
	case b == ' ':
		return false
	case a == ' ':
		return i < 2 || !unicode.IsDigit(text[i-2]) || !isUnit(text[i:])
	}
	return isWide(a) || isWide(b)
}

// isUnit reports whether the text begins with a unit of measure.
func isUnit(text []rune) bool {
	word := string(text)
	if i := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }); i >= 0 {
		word = word[:i]
	}
	switch strings.ToLower(word) {
	case "ml", "g", "kg", "l", "cl":
		return true
	}
	return false
}

func isWide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// balance breaks s into two lines of about the same length: at a space or an
// opening bracket if both halves fit, else wherever Chinese may break. What
// does not fit is cut.
func (f *fonts) balance(s string, width, size float64, bold bool) []string {
	text := []rune(s)
	best, bestLonger := -1, math.Inf(1)
	for i := 1; i < len(text); i++ {
		if text[i-1] != ' ' && text[i] != '（' && text[i] != '(' || !canBreak(text, i) {
			continue
		}
		longer := max(f.width(strings.TrimSpace(string(text[:i])), size, bold), f.width(string(text[i:]), size, bold))
		if longer <= width && longer < bestLonger {
			best, bestLonger = i, longer
		}
	}
	if best > 0 {
		return []string{strings.TrimSpace(string(text[:best])), string(text[best:])}
	}
	lines := f.wrap(s, width, size, bold)
	if len(lines) != 2 {
		return f.lines(s, width, size, bold, 2)
	}
	for narrow := width - step; narrow > size; narrow -= step {
		closer := f.wrap(s, narrow, size, bold)
		if len(closer) > 2 {
			break
		}
		lines = closer
	}
	return lines
}

// lines wraps s into at most n lines and ends the last one with … if there
// would be more.
func (f *fonts) lines(s string, width, size float64, bold bool, n int) []string {
	var all []string
	for s = strings.TrimSpace(s); s != ""; {
		line, rest := f.breakOff(s, width, size, bold)
		if len(all) == n-1 && rest != "" {
			line, rest = f.cut(s, width, size, bold), ""
		}
		all, s = append(all, f.truncate(line, width, size, bold)), rest
	}
	return all
}

// truncate shortens s to one line of this width.
func (f *fonts) truncate(s string, width, size float64, bold bool) string {
	if f.width(s, size, bold) <= width+0.01 {
		return s
	}
	return f.cut(s, width, size, bold)
}

const ellipsis = "…"

// cut ends s with … in any case.
func (f *fonts) cut(s string, width, size float64, bold bool) string {
	text := []rune(s)
	for len(text) > 0 && f.width(string(text)+ellipsis, size, bold) > width {
		text = text[:len(text)-1]
	}
	return strings.TrimRight(string(text), " ，,、·") + ellipsis
}
