package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// treeCheck walks bbolt's tree by reading, without mapping the file: it can
// neither crash nor run in a circle, and what passes it cannot make bbolt do
// so. bbolt's own check follows a circle of pages until memory ends, and does
// not see that a page claims free ones as its own, which bbolt would then give
// away twice. Format: bbolt internal/common, page.go, inode.go, bucket.go.
type treeCheck struct {
	file  io.ReaderAt
	size  uint64 // of a page
	pages uint64
	taken []bool
}

const (
	pageHead    = 16
	elementSize = 16
	isBranch    = 0x01
	isLeaf      = 0x02
	isFreelist  = 0x10
	isBucket    = 0x01 // of an element of a leaf
	deepest     = 32   // of all trees, a bucket's below its parent's
)

func verifyTree(file io.ReaderAt, h boltHead) error {
	c := treeCheck{file: file, size: uint64(h.pageSize), pages: h.pages, taken: make([]bool, h.pages)}
	c.taken[0], c.taken[1] = true, true
	if err := c.tree(h.root, nil, nil, 0); err != nil {
		return err
	}
	if err := c.freelist(h.freelist); err != nil {
		return err
	}
	for id, taken := range c.taken {
		if !taken {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}

func (c *treeCheck) take(id uint64) error {
	switch {
	case id >= c.pages:
		return fmt.Errorf("page %d is out of bounds", id)
	case c.taken[id]:
		return fmt.Errorf("page %d is used twice", id)
	}
	c.taken[id] = true
	return nil
}

// boltPage is a page with the ones that belong to it, or an inline bucket.
type boltPage struct {
	id    uint64
	flags uint16
	count int
	bytes []byte
}

func (c *treeCheck) read(id uint64) (boltPage, error) {
	if err := c.take(id); err != nil {
		return boltPage{}, err
	}
	var head [pageHead]byte
	if _, err := c.file.ReadAt(head[:], int64(id*c.size)); err != nil {
		return boltPage{}, fmt.Errorf("page %d: %w", id, err)
	}
	e := binary.NativeEndian
	if own := e.Uint64(head[:]); own != id {
		return boltPage{}, fmt.Errorf("page %d says that it is page %d", id, own)
	}
	more := uint64(e.Uint32(head[12:]))
	for i := range more {
		if err := c.take(id + 1 + i); err != nil {
			return boltPage{}, err
		}
	}
	p := boltPage{id: id, flags: e.Uint16(head[8:]), count: int(e.Uint16(head[10:])), bytes: make([]byte, (1+more)*c.size)}
	if _, err := c.file.ReadAt(p.bytes, int64(id*c.size)); err != nil {
		return boltPage{}, fmt.Errorf("page %d: %w", id, err)
	}
	return p, nil
}

// tree walks the tree below a page. Its keys are at least low and below high,
// if these are not nil.
func (c *treeCheck) tree(id uint64, low, high []byte, depth int) error {
	if depth > deepest {
		return fmt.Errorf("page %d lies too deep", id)
	}
	p, err := c.read(id)
	if err != nil {
		return err
	}
	switch p.flags {
	case isLeaf:
		return c.leaf(p, low, high, depth)
	case isBranch:
		return c.branch(p, low, high, depth)
	}
	return fmt.Errorf("page %d has a type that is not for its place: %#x", id, p.flags)
}

func (c *treeCheck) branch(p boltPage, low, high []byte, depth int) error {
	if p.count == 0 {
		return fmt.Errorf("page %d has no children", p.id)
	}
	type child struct {
		key []byte
		id  uint64
	}
	children := make([]child, p.count)
	for i := range children {
		e, at, err := p.element(i)
		if err != nil {
			return err
		}
		pos, keySize := uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:]))
		key, err := p.slice(at+pos, keySize)
		if err != nil {
			return err
		}
		children[i] = child{key, binary.NativeEndian.Uint64(e[8:])}
		if err := p.ordered(i, key, low, high); err != nil {
			return err
		}
		low = key
	}
	for i, ch := range children {
		end := high
		if i+1 < len(children) {
			end = children[i+1].key
		}
		if err := c.tree(ch.id, ch.key, end, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *treeCheck) leaf(p boltPage, low, high []byte, depth int) error {
	for i := range p.count {
		e, at, err := p.element(i)
		if err != nil {
			return err
		}
		n := binary.NativeEndian
		flags, pos, keySize, valueSize := n.Uint32(e), uint64(n.Uint32(e[4:])), uint64(n.Uint32(e[8:])), uint64(n.Uint32(e[12:]))
		key, err := p.slice(at+pos, keySize)
		if err != nil {
			return err
		}
		value, err := p.slice(at+pos+keySize, valueSize)
		if err != nil {
			return err
		}
		if err := p.ordered(i, key, low, high); err != nil {
			return err
		}
		low = key
		if flags&isBucket != 0 {
			if err := c.bucket(p.id, value, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket walks a bucket, which is a tree of its own or, while it is small, a
// page inside the value.
func (c *treeCheck) bucket(within uint64, value []byte, depth int) error {
	const head = 16
	if len(value) < head {
		return fmt.Errorf("page %d has a bucket that is cut short", within)
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return c.tree(root, nil, nil, depth+1)
	}
	if len(value) < head+pageHead {
		return fmt.Errorf("page %d has a bucket that is cut short", within)
	}
	b := value[head:]
	p := boltPage{id: within, flags: binary.NativeEndian.Uint16(b[8:]), count: int(binary.NativeEndian.Uint16(b[10:])), bytes: b}
	if p.flags != isLeaf || depth > deepest {
		return fmt.Errorf("page %d has a bucket with a type of %#x", within, p.flags)
	}
	return c.leaf(p, nil, nil, depth+1)
}

func (p boltPage) element(i int) (e []byte, at uint64, err error) {
	at = pageHead + uint64(i)*elementSize
	e, err = p.slice(at, elementSize)
	return e, at, err
}

func (p boltPage) slice(at, n uint64) ([]byte, error) {
	if at+n > uint64(len(p.bytes)) {
		return nil, fmt.Errorf("page %d has an element that reaches out of it", p.id)
	}
	return p.bytes[at : at+n], nil
}

// ordered checks the i-th key: at least low if it is the first, which repeats
// its parent's, and above the one before it, which is low, otherwise.
func (p boltPage) ordered(i int, key, low, high []byte) error {
	order := bytes.Compare(key, low)
	if low != nil && (order < 0 || i > 0 && order == 0) || high != nil && bytes.Compare(key, high) >= 0 {
		return fmt.Errorf("page %d has key %x out of order", p.id, key)
	}
	return nil
}

// freelist checks the list of free pages, each of which nobody uses.
func (c *treeCheck) freelist(id uint64) error {
	p, err := c.read(id)
	if err != nil {
		return err
	}
	if p.flags != isFreelist {
		return fmt.Errorf("page %d has a type that is not for its place: %#x", id, p.flags)
	}
	count, at := uint64(p.count), uint64(pageHead)
	if p.count == 0xFFFF { // too many for the field: the first number counts them
		count, at = binary.NativeEndian.Uint64(p.bytes[at:]), at+8
	}
	if count > c.pages {
		return fmt.Errorf("page %d lists %d free pages of %d", id, count, c.pages)
	}
	list, err := p.slice(at, count*8)
	if err != nil {
		return err
	}
	for ; len(list) > 0; list = list[8:] {
		if err := c.take(binary.NativeEndian.Uint64(list)); err != nil {
			return err
		}
	}
	return nil
}
