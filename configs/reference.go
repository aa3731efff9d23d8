package configs

import (
	_ "embed" // the reference file
	"reflect"
	"slices"
	"strings"
)

//go:embed kioskd.yaml
var reference []byte

// Reference is the commented configuration file with every key, its default
// and its range. It is a new copy at every call.
func Reference() []byte { return append([]byte(nil), reference...) }

// UndocumentedKeys lists the keys that the reference file does not show: those
// of the file itself must stand in it, those of the drivers' settings may also
// stand in a comment, at the beginning of its line.
func UndocumentedKeys(d Drivers) []string {
	r := newReader("kioskd.yaml", "/", d)
	c := Default()
	if root := r.tree(Reference()); root != nil {
		r.config(root, &c)
	}
	commented := map[string]bool{}
	for line := range strings.Lines(string(reference)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "#"); ok {
			key, _, _ := strings.Cut(strings.TrimSpace(text), ":")
			commented[key] = true
		}
	}
	missing := keysWithout(reflect.TypeFor[Config](), "", func(path, _ string) bool { return r.present(path) })
	for section, drivers := range map[string]map[string]func() Settings{"controller": d.Controllers, "payment": d.Payments} {
		for name, fresh := range drivers {
			named := name == c.Controller.Driver || name == c.Payment.Driver
			for _, path := range keysWithout(settingsType(fresh), section+".settings", func(path, key string) bool {
				return named && r.present(path) || commented[key]
			}) {
				missing = append(missing, path+" of "+name)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// keysWithout lists the keys of a struct, and of the structs in it, that are
// not shown.
func keysWithout(t reflect.Type, path string, shown func(path, key string) bool) []string {
	if isList(t) {
		t, path = t.Elem(), path+"[0]"
	}
	if !isSection(t) {
		return nil
	}
	var missing []string
	for _, f := range fieldsOf(t) {
		full := join(path, f.key)
		if !shown(full, f.key) {
			missing = append(missing, full)
		}
		missing = append(missing, keysWithout(f.typ, full, shown)...)
	}
	return missing
}
