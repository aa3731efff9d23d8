package powercut

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

const sector = 512

// content is a file: data, and zeros up to size.
type content struct {
	data []byte
	size int64
}

// newContent leaves the zeros at the end to the file system.
func newContent(b []byte) content {
	return content{bytes.TrimRight(b, "\x00"), int64(len(b))}
}

func writeContent(path string, c content) error {
	if err := os.WriteFile(path, c.data, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, c.size)
}

func (c *content) write(at int64, b []byte) {
	if end := at + int64(len(b)); end > int64(len(c.data)) {
		c.data = append(c.data, make([]byte, end-int64(len(c.data)))...)
	}
	copy(c.data[at:], b)
	c.size = max(c.size, at+int64(len(b)))
}

func (c *content) resize(size int64) {
	c.size = size
	if size < int64(len(c.data)) {
		c.data = c.data[:size:size]
	}
}

// disk is what is durable at an instant, and what is on its way.
type disk struct {
	files   map[int]*content
	names   map[string]int
	pending []int // events, without those of the directory
	moving  []int // events of the directory
	epoch   int   // changes with all that is durable
	acked   int   // steps
	at      int   // events that have happened
}

func newDisk(h *history) *disk {
	d := &disk{files: map[int]*content{}, names: maps.Clone(h.names), acked: -1}
	for i, b := range h.files {
		c := newContent(slices.Clone(b))
		d.files[i] = &c
	}
	return d
}

// next lets the next event happen.
func (d *disk) next(h *history) {
	i := d.at
	e := &h.events[i]
	d.at++
	switch {
	case e.kind == isNothing:
	case e.kind == isAck:
		d.acked = e.step
	case e.kind == isSync:
		d.pending = slices.DeleteFunc(d.pending, func(i int) bool {
			covered := i < e.before && h.events[i].file == e.file
			if covered {
				apply(d.file(e.file), &h.events[i], whole)
				d.epoch = d.at
			}
			return covered
		})
	case e.kind == isSyncDir:
		d.moving = slices.DeleteFunc(d.moving, func(i int) bool {
			covered := i < e.before
			if covered {
				move(d.names, &h.events[i])
				d.epoch = d.at
			}
			return covered
		})
	case e.ofDirectory():
		d.moving = append(d.moving, i)
	default:
		d.pending = append(d.pending, i)
	}
}

func (d *disk) file(i int) *content {
	if d.files[i] == nil {
		d.files[i] = &content{}
	}
	return d.files[i]
}

// part is how much of an event has reached the disk.
type part struct {
	how     partKind
	sectors []byte // of a torn write: one byte each, 0 for lost
}

type partKind byte

const (
	isLost partKind = iota
	isWhole
	isTorn
	isLength // the file has got its length, but no byte
)

var whole = part{how: isWhole}

func apply(c *content, e *event, p part) {
	switch {
	case p.how == isLost:
	case e.kind == isTruncate:
		c.resize(e.at)
	case e.kind == isAllocate:
		c.size = max(c.size, e.at)
	case p.how == isWhole:
		c.write(e.at, e.data)
	case p.how == isLength:
		c.size = max(c.size, e.at+int64(len(e.data)))
	default:
		c.tear(e, p.sectors)
	}
}

func (c *content) tear(e *event, sectors []byte) {
	for i, there := range sectors {
		if there == 0 {
			continue
		}
		from := max(0, (e.at/sector+int64(i))*sector-e.at)
		to := min(int64(len(e.data)), (e.at/sector+int64(i)+1)*sector-e.at)
		c.write(e.at+from, e.data[from:to])
	}
}

func (e *event) sectors() int {
	return int((e.at+int64(len(e.data))-1)/sector - e.at/sector + 1)
}

func move(names map[string]int, e *event) {
	if e.kind == isLink {
		names[e.name] = e.file
		return
	}
	if f, ok := names[e.name]; ok && f == e.file {
		delete(names, e.name)
	}
	if e.kind == isRename {
		names[e.to] = e.file
	}
}

// cut is one way in which the power can fail at an instant.
type cut struct {
	parts []part // of disk.pending
	moved []bool // of disk.moving
}

// key is the same for cuts that leave the same image at the same
// acknowledgement.
func (d *disk) key(scene string, c cut) (k [16]byte) {
	h := sha256.New()
	h.Write([]byte(scene))
	number := func(n int) { _ = binary.Write(h, binary.BigEndian, int64(n)) }
	number(d.epoch)
	number(d.acked)
	for i, p := range c.parts {
		if p.how != isLost {
			number(d.pending[i])
			h.Write(append([]byte{byte(p.how)}, p.sectors...))
		}
	}
	for i, there := range c.moved {
		if there {
			number(-d.moving[i])
		}
	}
	return [16]byte(h.Sum(nil))
}

// image writes what a cut leaves into an empty directory, and returns a
// checksum of it.
func (d *disk) image(h *history, c cut, dir string) (sum uint32, err error) {
	names := maps.Clone(d.names)
	for i, there := range c.moved {
		if there {
			move(names, &h.events[d.moving[i]])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := content{}
		if was := d.files[names[name]]; was != nil {
			f = content{slices.Clone(was.data), was.size}
		}
		for i, p := range c.parts {
			if e := &h.events[d.pending[i]]; e.file == names[name] {
				apply(&f, e, p)
			}
		}
		sum = crc32.Update(crc32.Update(sum, castagnoli, fmt.Append(nil, name, f.size)), castagnoli, f.data)
		if err := writeContent(filepath.Join(dir, name), f); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// variant returns the n-th cut of an instant. The first are the plain ones,
// then chance decides.
func (d *disk) variant(h *history, n int, random *rand.Rand) cut {
	c := cut{make([]part, len(d.pending)), make([]bool, len(d.moving))}
	if n < 4 {
		for i := range c.parts {
			c.parts[i].how = [...]partKind{isLost, isWhole, isWhole, isLost}[n]
		}
		for i := range c.moved {
			c.moved[i] = n == 1 || n == 3
		}
		return c
	}
	kept := len(c.moved)
	if kept > 0 && random.IntN(2) == 0 { // as a journal does
		kept = random.IntN(len(c.moved) + 1)
	}
	inOrder := random.IntN(2) == 0
	for i := range c.moved {
		c.moved[i] = i < kept && (inOrder || random.IntN(2) == 0)
	}
	style, density, special := random.IntN(7), random.Float64(), random.IntN(len(c.parts)+1)
	for i, index := range d.pending {
		c.parts[i] = choose(&h.events[index], style, i-special, i == len(c.parts)-1, density, random)
	}
	return c
}

// choose draws the fate of one event; offset is its distance from one that was
// drawn for the whole cut.
func choose(e *event, style, offset int, last bool, density float64, random *rand.Rand) part {
	torn := func(density float64) part {
		if e.kind != isWrite {
			return part{how: partKind(random.IntN(2))}
		}
		p := part{isTorn, make([]byte, e.sectors())}
		for i := range p.sectors {
			if random.Float64() < density {
				p.sectors[i] = 1
			}
		}
		return p
	}
	if e.kind == isWrite && random.IntN(16) == 0 {
		return part{how: isLength}
	}
	switch {
	case style == 0: // each is there or not
		return part{how: partKind(random.IntN(2))}
	case style == 1: // each is there, not there, or torn
		if n := random.IntN(3); n < 2 {
			return part{how: partKind(n)}
		}
		return torn(0.5)
	case style == 2 && last, style == 3 && offset == 0, style == 4 && offset == 0, style == 5 && offset == 0, style == 6:
		return torn(density)
	case style == 2, style == 3 && offset < 0, style == 4: // all but the last; up to one; all but one
		return whole
	}
	return part{} // style 5: only one; style 3: nothing after it
}
