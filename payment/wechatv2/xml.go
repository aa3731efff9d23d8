package wechatv2

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"kioskd/payment/internal/link"
)

// fields are the children of the one element <xml>, by name. An empty value is
// as good as none.
type fields map[string]string

// encode writes the fields in the order of their names: equal fields are equal
// bytes. Every value stands in CDATA, which the provider wants where a value
// holds marks of XML.
func (f fields) encode() []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] == "" {
			continue
		}
		value := strings.ReplaceAll(f[name], "]]>", "]]]]><![CDATA[>")
		fmt.Fprintf(&b, "<%s><![CDATA[%s]]></%[1]s>", name, value)
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

var errNotXML = errors.New("the answer is not the XML it should be")

// decode reads one flat <xml> element and refuses whatever two readers might
// understand in two ways: directives, comments, attributes, prefixes, children
// of children, the same child twice, text beside the children.
func decode(text []byte) (fields, error) {
	if len(text) > link.MaxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d bytes", link.MaxAnswer)
	}
	r := reader{xml: xml.NewDecoder(bytes.NewReader(text)), fields: fields{}}
	for {
		t, err := r.xml.Token()
		if err == io.EOF && r.ended {
			return r.fields, nil
		}
		if err != nil {
			return nil, errNotXML
		}
		if err := r.take(t); err != nil {
			return nil, err
		}
	}
}

// reader is one reading of one answer.
type reader struct {
	xml    *xml.Decoder
	fields fields
	depth  int
	name   string // of the child that is open
	value  strings.Builder
	ended  bool
}

func (r *reader) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return r.open(t)
	case xml.EndElement:
		r.depth--
		r.ended = r.depth == 0
		if r.depth == 1 {
			r.fields[r.name] = r.value.String()
		}
	case xml.CharData:
		if r.depth == 2 {
			r.value.Write(t)
		} else if len(bytes.TrimSpace(t)) > 0 {
			return errors.New("the answer has text outside of its fields")
		}
	case xml.ProcInst:
		if t.Target != "xml" || r.depth > 0 || r.ended {
			return errors.New("the answer has a processing instruction")
		}
	case xml.Directive:
		return errors.New("the answer has a directive (<!...>)")
	default:
		return errors.New("the answer has a comment")
	}
	return nil
}

func (r *reader) open(t xml.StartElement) error {
	r.depth++
	name := t.Name.Local
	switch {
	case len(t.Attr) > 0 || t.Name.Space != "":
		return fmt.Errorf("the answer's %s has an attribute or a prefix", link.Quote(name))
	case r.ended:
		return errors.New("more follows after the answer")
	case r.depth == 1 && name != "xml":
		return fmt.Errorf("the answer is %s, not <xml>", link.Quote("<"+name+">"))
	case r.depth > 2:
		return fmt.Errorf("the answer's %s stands in a field", link.Quote(name))
	}
	if r.depth == 2 {
		if _, twice := r.fields[name]; twice {
			return fmt.Errorf("the answer has the field %s twice", link.Quote(name))
		}
		r.name = name
		r.value.Reset()
	}
	return nil
}
