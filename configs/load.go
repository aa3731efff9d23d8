package configs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/token"
)

// MaxSize is the most bytes that a configuration file may have.
const MaxSize = 128 << 10

// Settings is a driver's own part of the file: a pointer to a struct with yaml
// tags, filled with the driver's defaults before the file is read.
type Settings interface {
	// Check makes relative paths absolute, dir being the folder of the file,
	// and reports every problem by its yaml key ("base_urls[1]" for an entry
	// of a list) with what is wrong and what to write instead. The text must
	// not repeat a secret. Check has no side effects. It is called once.
	Check(dir string, problem func(field, what string))
}

// payLimit is what settings of a controller may also have: its machine waits no
// longer for a payment.
type payLimit interface{ PayWithinMost() time.Duration }

// Drivers are the drivers that a file may name. Each entry makes new settings
// with the driver's defaults.
type Drivers struct {
	Controllers map[string]func() Settings
	Payments    map[string]func() Settings
}

// Load reads and checks the file at path. Its error is always a [*Problems];
// it wraps the file system's error if the file could not be read.
func Load(path string, d Drivers) (*Config, error) {
	data, err := read(path)
	if err != nil {
		what := "cannot be read: check the path and who may read the file"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			what = "no such file: check the path"
		case errors.Is(err, fs.ErrPermission):
			what = "no permission: let the user that runs kioskd read the file"
		}
		return nil, &Problems{List: []Problem{{File: path, Rule: RuleUnreadable, What: what}}, cause: err}
	}
	return Parse(path, data, filepath.Dir(path), d)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Parse checks the bytes of a configuration. The problems call them name;
// relative paths begin at dir. Its error is always a [*Problems].
func Parse(name string, data []byte, dir string, d Drivers) (*Config, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		what := "its folder is unknown: give the full path"
		return nil, &Problems{List: []Problem{{File: name, Rule: RuleUnreadable, What: what}}, cause: err}
	}
	r := newReader(name, abs, d)
	c := Default()
	if root := r.tree(data); root != nil {
		r.config(root, &c)
		r.check(&c)
	}
	if len(r.problems.List) > 0 {
		r.problems.sort()
		return nil, &r.problems
	}
	return &c, nil
}

// reader is one reading of one file.
type reader struct {
	name    string
	dir     string
	drivers Drivers
	lines   []string // of the file, without their ends
	widths  []int    // of the lines, in characters

	at       map[string]spot // where each key that was read has its value
	failed   map[string]bool // keys that have a problem already
	problems Problems
}

func newReader(name, dir string, d Drivers) *reader {
	return &reader{name: name, dir: dir, drivers: d, at: map[string]spot{}, failed: map[string]bool{}}
}

// spot is a place in the file, from 1, in characters.
type spot struct{ line, column int }

func place(t *token.Token) spot {
	if t == nil || t.Position == nil {
		return spot{1, 1}
	}
	return spot{t.Position.Line, t.Position.Column}
}

// report adds a problem with a key.
func (r *reader) report(s spot, field string, rule Rule, what string) {
	r.failed[field] = true
	r.add(s, field, rule, what)
}

// add adds a problem. The place is brought into the file: the end of a file
// has none of its own.
func (r *reader) add(s spot, field string, rule Rule, what string) {
	s.line = min(max(s.line, 1), max(len(r.lines), 1))
	s.column = max(s.column, 1)
	if len(r.widths) > 0 {
		s.column = min(s.column, r.widths[s.line-1]+1)
	}
	r.problems.List = append(r.problems.List, Problem{File: r.name, Line: s.line, Column: s.column, Field: field, Rule: rule, What: what})
}

// reject adds a problem with a key that may not be in the file. One mistake
// is reported once: a key that failed, or that stands in one that failed,
// gets no second problem.
func (r *reader) reject(field string, rule Rule, what string) {
	if !failedIn(r.failed, field) {
		r.report(r.nearest(field), field, rule, what)
	}
}

// failedIn reports whether a key, or one that it stands in, is in the set.
func failedIn(failed map[string]bool, field string) bool {
	for ; field != ""; field = parent(field) {
		if failed[field] {
			return true
		}
	}
	return failed[""]
}

// nearest is the place of a key's value, or of the closest section around it.
func (r *reader) nearest(field string) spot {
	for f := field; f != ""; f = parent(f) {
		if s, ok := r.at[f]; ok {
			return s
		}
	}
	return spot{1, 1}
}

func (r *reader) present(field string) bool {
	_, ok := r.at[field]
	return ok
}

func parent(field string) string {
	return field[:max(0, strings.LastIndexAny(field, ".["))]
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
