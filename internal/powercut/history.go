package powercut

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// kind is what an event does.
type kind int

const (
	isNothing  kind = iota
	isWrite         // data at an offset
	isTruncate      // a new length
	isAllocate      // blocks of zeros up to a length
	isLink          // a new name for a file
	isRename        // the file at name takes another name
	isUnlink        // a name goes
	isSync          // what came before on this file is durable
	isSyncDir       // what came before in the directory is durable
	isAck           // the process said that a step is committed
)

// event is one thing that a process did to its directory, or said.
type event struct {
	kind
	file     int // which file
	name, to string
	at       int64 // offset, or length
	data     []byte
	before   int // of a sync: it covers the events below this one
	step     int // of an acknowledgement
}

func (e *event) ofDirectory() bool {
	return e.kind == isLink || e.kind == isRename || e.kind == isUnlink
}

// history is all that a process did, beginning with a durable directory.
type history struct {
	files  [][]byte       // contents at the beginning
	names  map[string]int // the directory at the beginning
	events []event
}

// recorder follows one process's view of its directory.
type recorder struct {
	history
	dir   string
	live  map[string]int // the directory as the process sees it
	open  map[string]int // descriptor -> file, -1 for the directory itself
	line  int            // of the trace
	lines []int          // where each event ended
	next  int            // file
	acks  string
}

func newRecorder(dir string, base map[string][]byte) *recorder {
	r := &recorder{dir: dir, live: map[string]int{}, open: map[string]int{}}
	for _, name := range slices.Sorted(maps.Keys(base)) {
		r.live[name] = len(r.files)
		r.files = append(r.files, base[name])
	}
	r.names = maps.Clone(r.live)
	r.next = len(r.files)
	return r
}

func (r *recorder) add(e event) error {
	r.events, r.lines = append(r.events, e), append(r.lines, r.line)
	return nil
}

// inside returns the name of a path in the directory.
func (r *recorder) inside(path string) (name string, ok bool) {
	return filepath.Base(path), filepath.Dir(path) == r.dir
}

// file returns the file of the descriptor in argument 0; ok means that it is
// in the directory.
func (r *recorder) file(c call) (file int, ok bool, err error) {
	number, path := fd(c.args[0])
	_, in := r.inside(path)
	in = in || path == r.dir
	file, ok = r.open[number]
	if ok != in && !strings.Contains(path, ":[") { // a pipe or socket has no path
		return 0, false, fmt.Errorf("%s: descriptor %s of %q is not where it should be", c.name, number, path)
	}
	return file, ok, nil
}

// take is called for each call.
func (r *recorder) take(c call) error {
	r.line = c.line
	switch c.name {
	case "openat":
		return r.openat(c)
	case "rename", "renameat", "renameat2":
		return r.rename(c)
	case "unlink", "unlinkat":
		return r.unlink(c)
	case "mmap":
		return r.mmap(c)
	case "close", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fallocate":
		return r.onFile(c)
	}
	if strings.Contains(strings.Join(c.args, ","), hexPath(r.dir)) || strings.HasPrefix(c.name, "io_") || c.name == "sync" {
		return fmt.Errorf("%s: what this call does is not known here", c.name)
	}
	return nil
}

func hexPath(dir string) string {
	var b strings.Builder
	for _, c := range []byte(dir) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

func (r *recorder) openat(c call) error {
	path, err := c.path(0, 1)
	if err != nil || c.failed() {
		return err
	}
	number, _ := fd(c.ret)
	name, in := r.inside(path)
	switch {
	case path == r.dir:
		r.open[number] = -1
		return nil
	case !in:
		delete(r.open, number)
		return nil
	}
	file, there := r.live[name]
	if !there {
		file = r.next
		r.next++
		r.live[name] = file
	}
	r.open[number] = file
	flags := strings.Split(c.args[2], "|")
	switch {
	case slices.Contains(flags, "O_APPEND"), slices.Contains(flags, "O_TMPFILE"):
		return fmt.Errorf("openat: %s is not known here", c.args[2])
	case !there:
		return r.add(event{kind: isLink, file: file, name: name})
	case slices.Contains(flags, "O_TRUNC"):
		return r.add(event{kind: isTruncate, file: file})
	}
	return nil
}

func (r *recorder) rename(c call) error {
	if c.failed() {
		return nil
	}
	from, to := [2]int{0, 1}, [2]int{2, 3}
	if c.name == "rename" {
		from, to = [2]int{-1, 0}, [2]int{-1, 1}
	}
	old, err := c.path(from[0], from[1])
	if err != nil {
		return err
	}
	path, err := c.path(to[0], to[1])
	if err != nil {
		return err
	}
	name, in := r.inside(old)
	target, toIn := r.inside(path)
	switch {
	case !in && !toIn:
		return nil
	case !in || !toIn:
		return fmt.Errorf("rename %s to %s: not in one directory", old, path)
	}
	file := r.live[name]
	delete(r.live, name)
	r.live[target] = file
	return r.add(event{kind: isRename, file: file, name: name, to: target})
}

func (r *recorder) unlink(c call) error {
	at, i := 0, 1
	if c.name == "unlink" {
		at, i = -1, 0
	}
	path, err := c.path(at, i)
	name, in := r.inside(path)
	if err != nil || !in || c.failed() {
		return err
	}
	file := r.live[name]
	delete(r.live, name)
	return r.add(event{kind: isUnlink, file: file, name: name})
}

func (r *recorder) mmap(c call) error {
	if len(c.args) < 5 || !strings.Contains(c.args[3], "MAP_SHARED") || !strings.Contains(c.args[2], "PROT_WRITE") {
		return nil
	}
	if _, path := fd(c.args[4]); strings.HasPrefix(path, r.dir) {
		return fmt.Errorf("mmap: %s is written through memory, which is not known here", path)
	}
	return nil
}

// onFile is for calls with a descriptor.
func (r *recorder) onFile(c call) error {
	if c.name == "write" && c.args[0][:min(2, len(c.args[0]))] == "1<" {
		return r.said(c)
	}
	file, in, err := r.file(c)
	if err != nil || !in {
		return err
	}
	if c.name == "close" {
		number, _ := fd(c.args[0])
		delete(r.open, number)
		return nil
	}
	if c.failed() {
		return fmt.Errorf("%s failed: %s", c.name, c.ret)
	}
	switch c.name {
	case "pwrite64":
		return r.pwrite(c, file)
	case "ftruncate":
		size, err := c.number(1)
		return cmpErr(err, func() error { return r.add(event{kind: isTruncate, file: file, at: size}) })
	case "fallocate":
		at, err := c.number(2)
		if err != nil || c.args[1] != "0" {
			return fmt.Errorf("fallocate: %s is not known here", c.args[1])
		}
		size, err := c.number(3)
		return cmpErr(err, func() error { return r.add(event{kind: isAllocate, file: file, at: at + size}) })
	case "fsync", "fdatasync":
		k := isSync
		if file < 0 {
			k = isSyncDir
		}
		before, _ := slices.BinarySearch(r.lines, c.begun) // a sync covers what had ended when it began
		return r.add(event{kind: k, file: file, before: before})
	}
	return fmt.Errorf("%s: what this call does is not known here", c.name)
}

func cmpErr(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func (r *recorder) pwrite(c call, file int) error {
	data, err := c.bytes(1)
	if err != nil {
		return err
	}
	at, err := c.number(3)
	if err != nil {
		return err
	}
	if c.ret != fmt.Sprint(len(data)) {
		return fmt.Errorf("pwrite64: %s of %d bytes written", c.ret, len(data))
	}
	return r.add(event{kind: isWrite, file: file, at: at, data: data})
}

// said reads what the process prints.
func (r *recorder) said(c call) error {
	text, err := c.bytes(1)
	if err != nil {
		return err
	}
	r.acks += string(text)
	for {
		line, rest, whole := strings.Cut(r.acks, "\n")
		if !whole {
			return nil
		}
		r.acks = rest
		var n int
		if _, err := fmt.Sscanf(line, "ACK %d", &n); err != nil {
			return fmt.Errorf("the process said %q", line)
		}
		if err := r.add(event{kind: isAck, step: n}); err != nil {
			return err
		}
	}
}
