package configs

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills one struct from one tree, strictly, and goes on after a
// problem. It is not the YAML library's own, which stops at the first one and
// reads numbers before anybody can see how they were written.
type decoder struct {
	*reader
	// alien explains a key that the struct at path does not have, if it is
	// known somewhere else.
	alien func(path, key string) *flaw
	// settings keeps the nodes that belong to drivers, by path.
	settings map[string]ast.Node
}

// value reads the node into v.
func (d *decoder) value(n ast.Node, v reflect.Value, path string) {
	switch {
	case v.Type() == reflect.TypeFor[Settings]():
		d.settings[path] = n
	case isSection(v.Type()):
		d.section(n, v, path)
	case isNull(n):
		d.report(d.nearest(path), path, RuleNoValue, "has no value: write one, or take the line out")
	case isList(v.Type()):
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// section reads keys and values into a struct. A section that is empty or
// has only comments leaves the defaults.
func (d *decoder) section(n ast.Node, v reflect.Value, path string) {
	pairs, ok := pairsOf(n)
	known := fieldsOf(v.Type())
	if !ok {
		what := "wants keys of its own, not a list"
		if text, scalar := textOf(n); scalar {
			what = "wants keys of its own, not a single value"
			if bad := colon(text); bad != nil {
				d.report(place(n.GetToken()), path, bad.rule, bad.what)
				return
			}
		}
		where := "below it, indented"
		if path == "" {
			what, where = "the file wants keys", "each at the beginning of a line"
		}
		d.report(place(n.GetToken()), path, RuleShape, fmt.Sprintf("%s: write them %s: %s", what, where, names(known)))
		return
	}
	lines := map[string]int{}
	for _, pair := range pairs {
		at := place(pair.Key.GetToken())
		key, ok := textOf(pair.Key)
		i := slices.IndexFunc(known, func(f field) bool { return f.key == key })
		switch first, again := lines[key]; {
		case again && i >= 0:
			d.report(at, join(path, key), RuleDoubledKey, fmt.Sprintf("already stands in line %d: keep one of them", first))
		case !ok || i < 0:
			d.unknown(at, path, key, known)
		default:
			lines[key] = at.line
			d.entry(pair, v.FieldByIndex(known[i].index), join(path, key))
		}
	}
}

func (d *decoder) entry(pair *ast.MappingValueNode, v reflect.Value, path string) {
	d.at[path] = place(pair.Key.GetToken())
	if _, scalar := textOf(pair.Value); scalar && !isNull(pair.Value) {
		d.at[path] = place(pair.Value.GetToken())
	}
	d.value(pair.Value, v, path)
}

// unknown reports a key that does not belong here, as helpfully as can be.
func (d *decoder) unknown(at spot, path, key string, known []field) {
	shown := join(path, key)
	if !showable(key) {
		shown = path
	}
	if bad := d.alien(path, key); bad != nil {
		d.add(at, shown, bad.rule, bad.what)
		return
	}
	if near := nearest(key, known); near != "" {
		d.add(at, shown, RuleUnknownKey, fmt.Sprintf("unknown key: write %q", near))
		d.failed[join(path, near)] = true
		return
	}
	what := "unknown key: take it out, the keys here are " + names(known)
	if len(known) == 0 {
		what = "unknown key: take it out, there are no keys here"
	}
	d.add(at, shown, RuleUnknownKey, what)
}

// list reads a sequence into a slice, in place of its default.
func (d *decoder) list(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.report(d.nearest(path), path, RuleShape, `wants a list: write it between [ and ], or each entry on a line of its own after "- "`)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, one := range seq.Values {
		entry := fmt.Sprintf("%s[%d]", path, i)
		d.at[entry] = place(one.GetToken())
		if pairs, ok := pairsOf(one); ok && len(pairs) > 0 && !isNull(one) {
			d.at[entry] = place(pairs[0].Key.GetToken())
		}
		d.value(one, v.Index(i), entry)
	}
}

// scalar reads a single value from its text, exactly as it is written.
func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	text, ok := textOf(n)
	if !ok {
		d.report(d.nearest(path), path, RuleShape, "wants a single value: write it behind the colon")
		return
	}
	if bad := setScalar(text, v); bad != nil {
		d.report(d.nearest(path), path, bad.rule, bad.what)
	}
}

func setScalar(text string, v reflect.Value) *flaw {
	if list := choices(v.Type()); list != nil && !slices.Contains(list, text) {
		return &flaw{RuleChoice, "not one of the choices: write " + or(list)}
	}
	if bad, ok := special(text, v); ok {
		return bad
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if u.UnmarshalText([]byte(text)) != nil {
			return &flaw{RuleText, "cannot be read: write it as in the reference file"}
		}
		return nil
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
		return nil
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return &flaw{RuleSwitch, "not a switch: write true or false"}
		}
		v.SetBool(text == "true")
		return nil
	}
	return setNumber(text, v)
}

// setNumber wants plain decimal digits: 011 is nine to one reader of YAML and
// eleven to the next.
func setNumber(text string, v reflect.Value) *flaw {
	bare := strings.TrimPrefix(text, "-")
	leading := len(bare) > 1 && bare[0] == '0' && bare[1] != '.'
	var err error
	switch {
	case v.CanInt():
		var n int64
		if n, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
		}
	case v.CanUint():
		var n uint64
		if n, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(n)
		}
	case v.CanFloat():
		var n float64
		if n, err = strconv.ParseFloat(text, v.Type().Bits()); err == nil {
			v.SetFloat(n)
		}
		if err != nil || leading || strings.Trim(bare, "0123456789.") != "" {
			return &flaw{RuleNumber, "not a number: write plain digits, like 1.5"}
		}
		return nil
	default:
		return &flaw{RuleShape, "cannot be set in a file: take it out"}
	}
	if err != nil || leading || text[0] == '+' {
		return &flaw{RuleNumber, "not a whole number: write plain digits without a zero before them, like 3"}
	}
	return nil
}

// pairsOf is what a section holds; an empty section holds nothing.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, isNull(n)
}

// textOf is the text of a single value, without quotes.
func textOf(n ast.Node) (string, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		if n.GetToken().Type == token.ImplicitNullType {
			return "", true
		}
		return n.GetToken().Value, true
	}
	return "", false
}

func isNull(n ast.Node) bool {
	if n == nil {
		return true
	}
	_, null := n.(*ast.NullNode)
	return null
}
