package configs

import (
	"encoding"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// field is a key that a struct has.
type field struct {
	key   string
	index []int
	typ   reflect.Type
}

// fieldsOf lists the keys of a struct in its order, by the yaml tags. A field
// tagged ",inline" lends its keys to the struct around it.
func fieldsOf(t reflect.Type) []field {
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || key == "-":
		case strings.Contains(options, "inline") && f.Type.Kind() == reflect.Struct:
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				list = append(list, inner)
			}
		default:
			if key == "" {
				key = strings.ToLower(f.Name)
			}
			list = append(list, field{key: key, index: []int{i}, typ: f.Type})
		}
	}
	return list
}

// isSection reports whether a type is written as keys of its own.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Night]() &&
		!reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// isList reports whether a type is written as a list.
func isList(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// nearest is the known key that was probably meant, or "".
func nearest(key string, known []field) string {
	simple := func(s string) string { return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)) }
	best, least := "", 1+min(3, utf8.RuneCountInString(key)/3)
	for _, f := range known {
		if d := distance(simple(key), simple(f.key)); d < least {
			best, least = f.key, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, changed or swapped
// with their neighbour to turn a into b. Long words are far from everything.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return max(len(x), len(y))
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		for j := range rows[i] {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
				continue
			case x[i-1] == y[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j], rows[i][j-1], rows[i-1][j-1])
			}
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// showable reports whether a key that nobody knows may be repeated. A secret
// that slipped into the place of a key is longer than any key.
func showable(key string) bool {
	return key != "" && utf8.RuneCountInString(key) <= 24 && strings.IndexFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// printable reports whether a character can be seen or is a space.
func printable(r rune) bool { return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) }

func names(known []field) string {
	keys := make([]string, len(known))
	for i, f := range known {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

// or joins "a, b or c".
func or(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
