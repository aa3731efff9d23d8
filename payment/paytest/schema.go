package paytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// kind is a JSON type that a field may have.
type kind int

const (
	text kind = iota
	integer
	boolean
	object
	list // of objects with the given fields, or of texts if there are none
)

// field is one row of a request's table in the documents.
type field struct {
	name     string
	kind     kind
	required bool
	min, max int64                     // of an integer's value, of a text's characters; 0 for no maximum
	check    func(value string) string // says what is wrong with a text, or ""
	fields   []field
}

// decodeStrict reads a body by its table: unknown, doubled, null and missing
// fields are refused, and so are characters of four UTF-8 bytes.
func decodeStrict(body []byte, fields []field) (map[string]any, *refusal) {
	if !utf8.Valid(body) {
		return nil, paramError(internalParam, &detail{Issue: "not UTF-8", Location: "body"})
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	value, err := readValue(d)
	if err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = fmt.Errorf("more follows after the object")
		}
	}
	m, ok := value.(map[string]any)
	if err == nil && !ok {
		err = fmt.Errorf("not a JSON object")
	}
	if err != nil {
		return nil, paramError(internalParam, &detail{Issue: err.Error(), Location: "body"})
	}
	if r := checkObject("", m, fields); r != nil {
		return nil, r
	}
	return m, nil
}

// readValue is json.Unmarshal into any, but refuses doubled names.
func readValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	switch t {
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, fmt.Errorf("not JSON: %w", err)
			}
			if _, twice := m[name.(string)]; twice {
				return nil, fmt.Errorf("field %q stands twice", name)
			}
			if m[name.(string)], err = readValue(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return m, err
	case json.Delim('['):
		var l []any
		for d.More() {
			v, err := readValue(d)
			if err != nil {
				return nil, err
			}
			l = append(l, v)
		}
		_, err = d.Token()
		return l, err
	}
	return t, nil
}

func checkObject(path string, m map[string]any, fields []field) *refusal {
	for name, value := range m {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return paramError(internalExtraField, &detail{
				Field: path + "/" + name, Issue: "unknown field", Location: "body"})
		}
		if value == nil {
			return paramError(internalParam, &detail{
				Field: path + "/" + name, Issue: "null is not allowed: leave the field out", Location: "body"})
		}
	}
	for _, f := range fields {
		value, there := m[f.name]
		if !there {
			if f.required {
				return paramError(internalParam, &detail{
					Field: path + "/" + f.name, Issue: "required field is missing", Location: "body"})
			}
			continue
		}
		if r := checkField(path+"/"+f.name, value, f); r != nil {
			return r
		}
	}
	return nil
}

func checkField(path string, value any, f field) *refusal {
	bad := func(internal int, issue string) *refusal {
		return paramError(internal, &detail{Field: path, Value: value, Issue: issue, Location: "body"})
	}
	switch f.kind {
	case text:
		s, ok := value.(string)
		if !ok {
			return bad(internalParam, "not a string")
		}
		if issue := checkText(s, f); issue != "" {
			return bad(internalRange, issue)
		}
	case integer:
		n, ok := value.(json.Number)
		if !ok {
			return bad(internalParam, "not a number")
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil {
			return bad(internalParam, "not an integer")
		}
		if i < f.min || f.max > 0 && i > f.max {
			return bad(internalRange, fmt.Sprintf("out of range: at least %d", f.min))
		}
	case boolean:
		if _, ok := value.(bool); !ok {
			return bad(internalParam, "not true or false")
		}
	case object:
		m, ok := value.(map[string]any)
		if !ok {
			return bad(internalParam, "not an object")
		}
		return checkObject(path, m, f.fields)
	case list:
		return checkList(path, value, f)
	}
	return nil
}

func checkList(path string, value any, f field) *refusal {
	l, ok := value.([]any)
	if !ok {
		return paramError(internalParam, &detail{Field: path, Issue: "not an array", Location: "body"})
	}
	element := field{kind: object, fields: f.fields}
	if f.fields == nil {
		element = field{kind: text, min: 1, max: f.max}
	}
	for i, v := range l {
		if r := checkField(path+"/"+strconv.Itoa(i), v, element); r != nil {
			return r
		}
	}
	return nil
}

func checkText(s string, f field) string {
	n := int64(utf8.RuneCountInString(s))
	switch {
	case n < f.min:
		return fmt.Sprintf("shorter than %d characters", f.min)
	case f.max > 0 && n > f.max:
		return fmt.Sprintf("longer than %d characters", f.max)
	}
	for _, r := range s {
		if r > 0xFFFF {
			return fmt.Sprintf("character %U takes four bytes in UTF-8", r)
		}
	}
	if f.check != nil {
		return f.check(s)
	}
	return ""
}
