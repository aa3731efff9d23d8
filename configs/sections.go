package configs

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// config reads the tree into c, the drivers' settings included.
func (r *reader) config(root ast.Node, c *Config) {
	d := &decoder{reader: r, alien: r.misplaced, settings: map[string]ast.Node{}}
	d.value(root, reflect.ValueOf(c).Elem(), "")
	c.Controller.Settings = r.driver(d, "controller", c.Controller.Driver, r.drivers.Controllers)
	c.Payment.Settings = r.driver(d, "payment", c.Payment.Driver, r.drivers.Payments)
}

// driver reads and checks the settings of the driver that a section names.
// Without a known driver nobody can say anything about them.
func (r *reader) driver(d *decoder, section, name string, known map[string]func() Settings) Settings {
	list := slices.Sorted(maps.Keys(known))
	field := section + ".driver"
	if !r.present(field) || name == "" {
		r.reject(field, RuleMissing, "missing: write "+or(list))
		return nil
	}
	fresh, ok := known[name]
	if !ok {
		r.reject(field, RuleDriver, "there is no such driver: write "+or(list))
		return nil
	}
	s := fresh()
	path := section + ".settings"
	if n := d.settings[path]; n != nil {
		inner := &decoder{reader: r, settings: map[string]ast.Node{}}
		inner.alien = func(at, key string) *flaw {
			if at != path {
				return nil
			}
			return otherDriver(key, name, known)
		}
		inner.value(n, reflect.ValueOf(s).Elem(), path)
	}
	r.checkSettings(s, path)
	return s
}

// checkSettings lets the driver check its settings. What could not even be
// read has its problem already.
func (r *reader) checkSettings(s Settings, path string) {
	unread := maps.Clone(r.failed)
	s.Check(r.dir, func(field, what string) {
		if full := join(path, field); !failedIn(unread, full) {
			r.add(r.nearest(full), full, RuleSetting, what)
		}
	})
}

// otherDriver explains a key that the driver has not and another has.
func otherDriver(key, name string, known map[string]func() Settings) *flaw {
	for _, other := range slices.Sorted(maps.Keys(known)) {
		if hasKey(settingsType(known[other]), key) {
			return &flaw{RuleOtherKey, fmt.Sprintf("%s is a setting of %s, not of %s: take it out, or write driver: %s", key, other, name, other)}
		}
	}
	return nil
}

// misplaced explains a key of the file that stands in the wrong section.
func (r *reader) misplaced(path, key string) *flaw {
	if strings.Contains(path, "[") {
		path = parent(path)
	}
	if drivers := map[string]map[string]func() Settings{"controller": r.drivers.Controllers, "payment": r.drivers.Payments}[path]; drivers != nil {
		for _, name := range slices.Sorted(maps.Keys(drivers)) {
			if hasKey(settingsType(drivers[name]), key) {
				return &flaw{RuleMisplaced, fmt.Sprintf("belongs to the driver: move it under %s.settings", path)}
			}
		}
	}
	var homes []string
	for _, section := range fieldsOf(reflect.TypeFor[Config]()) {
		if path != "" && section.key == key {
			return &flaw{RuleMisplaced, "is a section of its own: write it at the beginning of a line"}
		}
		if hasKey(section.typ, key) {
			homes = append(homes, section.key)
		}
	}
	if len(homes) != 1 {
		return nil
	}
	return &flaw{RuleMisplaced, "does not belong here: move it under " + homes[0]}
}

func settingsType(fresh func() Settings) reflect.Type { return reflect.TypeOf(fresh()).Elem() }

// hasKey reports whether a struct, or the struct in a list, has a key.
func hasKey(t reflect.Type, key string) bool {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return slices.ContainsFunc(fieldsOf(t), func(f field) bool { return f.key == key })
}
