package configs

import (
	"fmt"
	"reflect"
	"slices"
)

// Changed lists the keys in which two configurations differ, in the order of
// the file. A product is told by its slot: "products: slot 11: price".
func Changed(a, b *Config) []string {
	return differing(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem(), "")
}

func differing(a, b reflect.Value, path string) (keys []string) {
	switch {
	case reflect.DeepEqual(a.Interface(), b.Interface()):
		return nil
	case a.Type() == reflect.TypeFor[[]Product]():
		return productsChanged(a.Interface().([]Product), b.Interface().([]Product), path)
	case a.Kind() == reflect.Interface:
		if a.IsNil() || b.IsNil() || a.Elem().Type() != b.Elem().Type() {
			return []string{path}
		}
		return differing(a.Elem().Elem(), b.Elem().Elem(), path)
	case isSection(a.Type()):
		for _, f := range fieldsOf(a.Type()) {
			keys = append(keys, differing(a.FieldByIndex(f.index), b.FieldByIndex(f.index), join(path, f.key))...)
		}
		return keys
	}
	return []string{path}
}

func productsChanged(a, b []Product, path string) (keys []string) {
	find := func(list []Product, p Product) int {
		return slices.IndexFunc(list, func(q Product) bool { return q.Slot == p.Slot })
	}
	for _, p := range a {
		i := find(b, p)
		if i < 0 {
			keys = append(keys, fmt.Sprintf("%s: slot %s: gone", path, p.Slot))
			continue
		}
		for _, key := range differing(reflect.ValueOf(p), reflect.ValueOf(b[i]), "") {
			keys = append(keys, fmt.Sprintf("%s: slot %s: %s", path, p.Slot, key))
		}
	}
	for _, p := range b {
		if find(a, p) < 0 {
			keys = append(keys, fmt.Sprintf("%s: slot %s: new", path, p.Slot))
		}
	}
	return keys
}
