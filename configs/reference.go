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
// of the file itself must stand in it, those of a driver's settings may also
// stand in a comment, at the beginning of its line. The drivers that the file
// does not name are shown in an example each: see examples.
func UndocumentedKeys(d Drivers) []string {
	main, examples := examples()
	file := shownBy(main, d)
	missing := keysWithout(reflect.TypeFor[Config](), "", func(path, _ string) bool { return file.present(path) })
	for section, drivers := range d.sections() {
		for name, fresh := range drivers {
			in := file
			if !file.names(name) {
				in = shownBy(examples[section+" "+name], d)
			}
			for _, path := range keysWithout(settingsType(fresh), section+".settings", func(path, key string) bool {
				return in.present(path) || in.commented[key]
			}) {
				missing = append(missing, path+" of "+name)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// ExampleProblems lists what is wrong with the examples of the reference file,
// each taken out of its comment.
func ExampleProblems(d Drivers) (all []string) {
	_, examples := examples()
	for title, text := range examples {
		section, _, _ := strings.Cut(title, " ")
		for _, p := range shownBy(text, d).problems.List {
			if p.Field == "" || p.Field == section || strings.HasPrefix(p.Field, section+".") {
				all = append(all, title+": "+p.Field+": "+p.What)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (d Drivers) sections() map[string]map[string]func() Settings {
	return map[string]map[string]func() Settings{"controller": d.Controllers, "payment": d.Payments}
}

// shown is what a text shows: the keys that stand in it, and those in comments.
type shown struct {
	*reader
	config    Config
	commented map[string]bool
}

func shownBy(text []byte, d Drivers) shown {
	s := shown{newReader("kioskd.yaml", "/", d), Default(), map[string]bool{}}
	if root := s.tree(text); root != nil {
		s.reader.config(root, &s.config)
	}
	for line := range strings.Lines(string(text)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "#"); ok {
			key, _, _ := strings.Cut(strings.TrimSpace(text), ":")
			s.commented[key] = true
		}
	}
	return s
}

func (s shown) names(driver string) bool {
	return driver == s.config.Controller.Driver || driver == s.config.Payment.Driver
}

// examples are the sections of the reference file that stand in comments, each
// for one more driver, by section and driver ("controller modbus"). Such an
// example begins with "# controller:" or "# payment:" and goes on as long as
// the comments are indented. Without their first two characters its lines may
// replace the section of that name. main is the file without them.
func examples() (main []byte, all map[string][]byte) {
	all = map[string][]byte{}
	var section, driver string
	var text []byte
	for whole := range strings.Lines(string(reference)) {
		line, comment := strings.CutPrefix(whole, "# ")
		if line == "controller:\n" && comment || line == "payment:\n" && comment {
			section, driver, text = strings.TrimSuffix(line, ":\n"), "", nil
		} else if !comment || !strings.HasPrefix(line, "  ") {
			section = ""
		}
		if section == "" {
			main = append(main, whole...)
			continue
		}
		text = append(text, line...)
		if name, ok := strings.CutPrefix(line, "  driver: "); ok {
			driver = strings.TrimSpace(name)
		}
		if driver != "" {
			all[section+" "+driver] = text
		}
	}
	return main, all
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
