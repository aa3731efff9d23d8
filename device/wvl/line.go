package wvl

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// maxBody is the longest body of a line, in bytes.
const maxBody = 120

// Line is one message of either side. On the wire it is @, the body, *, the
// XOR of the body's bytes as two hexadecimal digits, CR and LF. The body is
// the number and the words, each after a space.
type Line struct {
	// Seq is the host's number of a question, 1 to 65535, which its answer
	// repeats. 0 is an event of the board.
	Seq   uint16
	Words []string // of printable ASCII but '@', '*' and space; none is empty
}

// Append encodes the line behind b.
func (l Line) Append(b []byte) []byte {
	body := strconv.Itoa(int(l.Seq)) + " " + strings.Join(l.Words, " ")
	return fmt.Appendf(b, "@%s*%02X\r\n", body, xor(body))
}

func (l Line) String() string { return fmt.Sprintf("%d %s", l.Seq, strings.Join(l.Words, " ")) }

func xor(s string) (x byte) {
	for i := range len(s) {
		x ^= s[i]
	}
	return x
}

// decodeLine takes what stands between @ and the end of the line.
func decodeLine(s string) (Line, bool) {
	s = strings.TrimSuffix(s, "\r")
	if len(s) < 3 || s[len(s)-3] != '*' {
		return Line{}, false
	}
	body, check := s[:len(s)-3], s[len(s)-2:]
	if fmt.Sprintf("%02X", xor(body)) != check {
		return Line{}, false
	}
	words := strings.Split(body, " ")
	seq, ok := decimal(words[0], 16)
	if !ok || len(words) < 2 {
		return Line{}, false
	}
	for _, w := range words {
		if w == "" {
			return Line{}, false
		}
	}
	return Line{Seq: uint16(seq), Words: words[1:]}, true
}

// decimal reads a number in its only form: digits, no leading zero.
func decimal(s string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, bits)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}

// hex32 reads eight hexadecimal digits, upper case.
func hex32(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 16, 32)
	return uint32(n), err == nil && fmt.Sprintf("%08X", n) == s
}

// crc16 is CRC-16/CCITT-FALSE: polynomial 1021, from FFFF, not reflected. Of
// "123456789" it is 29B1.
func crc16(s string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			top := crc&0x8000 != 0
			crc <<= 1
			if top {
				crc ^= 0x1021
			}
		}
	}
	return crc
}

// Parser finds lines in a stream. The zero value is ready.
type Parser struct {
	buf    []byte
	inside bool // after an @
}

// Feed takes the next bytes and returns the lines that they complete. What is
// no line, or is damaged, is passed over; a new @ always begins a line.
func (p *Parser) Feed(b []byte) (found []Line) {
	for _, c := range b {
		switch {
		case c == '@':
			p.buf, p.inside = p.buf[:0], true
		case !p.inside:
		case c == '\n':
			if l, ok := decodeLine(string(p.buf)); ok {
				found = append(found, l)
			}
			p.inside = false
		case len(p.buf) == maxBody+4, c != '\r' && (c < ' ' || c > '~'), bytes.HasSuffix(p.buf, []byte("\r")):
			p.inside = false // a CR stands before the LF alone
		default:
			p.buf = append(p.buf, c)
		}
	}
	return found
}

// Reset forgets what has come of a line.
func (p *Parser) Reset() { *p = Parser{} }
