package display

import (
	"encoding/binary"
	"errors"
	"io"
)

// tables is one font of a file as a file of its own, with every table at a
// multiple of four. Some collections, WenQuanYi Micro Hei among them, have
// tables elsewhere, which the parser refuses.
type tables struct {
	file  io.ReaderAt
	head  []byte
	parts []tablePart // in the order of at
}

type tablePart struct {
	at     int64 // in this font
	source int64 // in the file
	length int64
}

const (
	collectionTag = 0x74746366 // "ttcf"
	mostFonts     = 256
	mostTables    = 256
)

var errNoFont = errors.New("is no TrueType or OpenType font")

// fontOffsets lists where the fonts of a file begin; a file that is no
// collection holds one.
func fontOffsets(file io.ReaderAt) ([]int64, error) {
	var head [12]byte
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return nil, errNoFont
	}
	if binary.BigEndian.Uint32(head[:]) != collectionTag {
		return []int64{0}, nil
	}
	n := binary.BigEndian.Uint32(head[8:])
	if n > mostFonts {
		return nil, errNoFont
	}
	list := make([]byte, 4*n)
	if _, err := file.ReadAt(list, 12); err != nil {
		return nil, errNoFont
	}
	offsets := make([]int64, n)
	for i := range offsets {
		offsets[i] = int64(binary.BigEndian.Uint32(list[4*i:]))
	}
	return offsets, nil
}

func newTables(file io.ReaderAt, offset int64) (*tables, error) {
	var head [12]byte
	if _, err := file.ReadAt(head[:], offset); err != nil {
		return nil, errNoFont
	}
	n := int64(binary.BigEndian.Uint16(head[4:]))
	if n == 0 || n > mostTables {
		return nil, errNoFont
	}
	t := &tables{file: file, head: make([]byte, 12+16*n)}
	if _, err := file.ReadAt(t.head, offset); err != nil {
		return nil, errNoFont
	}
	at := int64(len(t.head))
	for entry := t.head[12:]; len(entry) > 0; entry = entry[16:] {
		p := tablePart{
			at:     at,
			source: int64(binary.BigEndian.Uint32(entry[8:])),
			length: int64(binary.BigEndian.Uint32(entry[12:])),
		}
		binary.BigEndian.PutUint32(entry[8:], uint32(at))
		t.parts = append(t.parts, p)
		at = (at + p.length + 3) &^ 3
	}
	return t, nil
}

// ReadAt implements io.ReaderAt. Bytes between two tables are zero.
func (t *tables) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	done := int64(copy(p, t.head[min(off, int64(len(t.head))):]))
	end := off + int64(len(p))
	for _, part := range t.parts {
		from, to := max(off, part.at), min(end, part.at+part.length)
		if from >= to {
			continue
		}
		n, err := t.file.ReadAt(p[from-off:to-off], part.source+from-part.at)
		if int64(n) < to-from {
			return int(from - off), err
		}
		done = to - off
	}
	if done < int64(len(p)) {
		last := t.parts[len(t.parts)-1]
		if end > (last.at+last.length+3)&^3 {
			return int(done), io.EOF
		}
	}
	return len(p), nil
}
