package store

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
)

// Archived is an order in an archive, with its whole journal.
type Archived struct {
	Order   sale.Order `json:"order"`
	Journal []Entry    `json:"journal"`
	// Shelves stand on the tape alone: the slots that the step changed. Where
	// there is no step, because a person changed them, Behind is the journal's
	// last entry before.
	Shelves []sale.Shelf `json:"shelves,omitempty"`
	Behind  uint64       `json:"behind,omitempty"`
	// Actions stand on the tape alone, too.
	Actions []sale.Action `json:"actions,omitempty"`
}

const (
	archiveMark = ".archive-"
	archiveEnd  = ".jsonl.gz"
	monthLayout = "2006-01"
)

var monthShape = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

func isMonth(s string) bool { return monthShape.MatchString(s) }

// monthOf names the archive of an order. It never changes for an order.
func monthOf(o sale.Order) string { return o.CreatedAt.UTC().Format(monthLayout) }

func archiveFile(ledger, month string) string { return ledger + archiveMark + month + archiveEnd }

// archivedMonths lists the archives beside a ledger, oldest first.
func archivedMonths(ledger string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(ledger))
	if err != nil {
		return nil, err
	}
	var months []string
	for _, e := range entries {
		month, ok := strings.CutPrefix(e.Name(), filepath.Base(ledger)+archiveMark)
		month, end := strings.CutSuffix(month, archiveEnd)
		if ok && end && isMonth(month) {
			months = append(months, month)
		}
	}
	slices.Sort(months)
	return months, nil
}

// A line is {"sum":"xxxxxxxx","order":{...},"journal":[...]}: the sum is the
// CRC-32C of what follows its comma.
const (
	lineHead  = `{"sum":"`
	lineAfter = `",`
	lineBody  = len(lineHead) + 8 + len(lineAfter)
)

func encodeLine(a Archived) ([]byte, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode order %s: %w", a.Order.Number, err)
	}
	body = body[1:] // without its brace
	line := fmt.Appendf(nil, "%s%08x%s", lineHead, crc32.Checksum(body, castagnoli), lineAfter)
	return append(append(line, body...), '\n'), nil
}

func decodeLine(line []byte) (a Archived, err error) {
	if len(line) < lineBody || string(line[:len(lineHead)]) != lineHead {
		return a, errors.New("a line is no archived order")
	}
	var want [4]byte
	body := line[lineBody:]
	if _, err := hex.Decode(want[:], line[len(lineHead):len(lineHead)+8]); err != nil ||
		binary.BigEndian.Uint32(want[:]) != crc32.Checksum(body, castagnoli) {
		return a, errors.New("checksum of a line does not match")
	}
	if err := decodeJSON(append([]byte("{"), body...), &a); err != nil {
		return a, fmt.Errorf("decode an archived order: %w", err)
	}
	return a, nil
}

// A member is one gzip member with the orders of one pass. Its header carries
// an extra field (RFC 1952, 2.3.1.1) with its length and a checksum, so that
// the members after a damaged one are found again.
const (
	memberStart = "\x1f\x8b\x08\x04" // deflate, with an extra field
	extraAt     = 12
	extraID     = "KO\x14\x00" // 20 bytes follow
	extraSize   = 20
	memberHead  = extraAt + len(extraID) + extraSize
	// The longest are far above what one pass writes: what is damaged must not
	// exhaust the memory.
	longestMember = 16 << 20
	longestText   = 64 << 20
)

// memberInfo is what a member's header says.
type memberInfo struct {
	length uint32 // bytes in the file
	orders uint32
	last   uint64 // highest Order.Seq
}

func (m memberInfo) extra() []byte {
	b := []byte(extraID)
	b = binary.LittleEndian.AppendUint32(b, m.length)
	b = binary.LittleEndian.AppendUint32(b, m.orders)
	b = binary.LittleEndian.AppendUint64(b, m.last)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[len(extraID):], castagnoli))
}

func parseMember(b []byte) (m memberInfo, ok bool) {
	if len(b) < memberHead || string(b[:len(memberStart)]) != memberStart {
		return m, false
	}
	e := b[extraAt:memberHead]
	m.length = binary.LittleEndian.Uint32(e[4:])
	m.orders = binary.LittleEndian.Uint32(e[8:])
	m.last = binary.LittleEndian.Uint64(e[12:])
	return m, bytes.Equal(m.extra(), e) && m.length >= uint32(memberHead) && m.length <= longestMember
}

// encodeMember compresses orders; text is what must come out again.
func encodeMember(orders []Archived) (member, text []byte, err error) {
	m := memberInfo{orders: uint32(len(orders))}
	for _, a := range orders {
		line, err := encodeLine(a)
		if err != nil {
			return nil, nil, err
		}
		text = append(text, line...)
		m.last = max(m.last, a.Order.Seq)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Extra = m.extra()
	_, err = z.Write(text)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, nil, fmt.Errorf("compress: %w", err)
	}
	m.length = uint32(b.Len())
	copy(b.Bytes()[extraAt:], m.extra()) // gzip's own checksum does not cover it
	return b.Bytes(), text, nil
}

// decodeMember returns a member's text. The trailer of gzip checks all of it.
func decodeMember(b []byte) ([]byte, error) {
	in := bytes.NewReader(b)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	text, err := io.ReadAll(io.LimitReader(z, longestText))
	switch {
	case err != nil:
		return nil, err
	case in.Len() > 0:
		return nil, errors.New("the member ends before its length")
	}
	return text, nil
}

// decodeText returns the orders of a member's text.
func decodeText(text []byte) (orders []Archived, err error) {
	for line := range bytes.Lines(text) {
		a, err := decodeLine(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return nil, err
		}
		orders = append(orders, a)
	}
	return orders, nil
}

// extent is what the ledger remembers of an archive, so that what is missing
// there is missed.
type extent struct {
	length uint64 // bytes of the file
	orders uint64 // moved there
}

func (m extent) encode() []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, m.length), m.orders)
}

func decodeExtent(payload []byte) (extent, error) {
	d := decoder{rest: payload}
	m := extent{d.uvarint(), d.uvarint()}
	return m, d.end("archive record")
}

// expired reports whether an order and all that was written about it is older
// than before. The entries' dates count too: an order that a person settled
// yesterday, or that is in doubt until tomorrow, is not old.
func (a Archived) expired(before time.Time) bool {
	return a.Order.CreatedAt.Before(before) &&
		!slices.ContainsFunc(a.Journal, func(e Entry) bool { return !e.At.Before(before) })
}
