package mdb

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"kioskd/sale"
)

// currency is the code of the yuan: 1, then ISO 4217 number 156, in decimal
// digits of four bits.
const currency = 0x1156

// waferstar is MDB itself, as Waferstar RS232-MDB, MDB-USB and Pi2MDB pass it
// on: whole messages with their checksum, in binary or as hexadecimal text.
// The box answers POLL, ACK and RESET alone.
type waferstar struct {
	money
	address byte // 10 or 60
	text    bool // write hexadecimal text
	timeout int  // seconds from a request to its answer
	buf     []byte
	hex     []byte // digits of a byte
}

// shape is the length of a message of the machine after its address: with sub
// command if there is one, without the checksum.
var shape = map[[2]byte]int{
	{0x10, 0}: 0, {0x12, 0}: 0,
	{0x11, 0}: 5, {0x11, 1}: 5,
	{0x13, 0}: 5, {0x13, 1}: 1, {0x13, 2}: 3, {0x13, 3}: 1, {0x13, 4}: 1, {0x13, 5}: 5, {0x13, 6}: 5,
	{0x14, 0}: 1, {0x14, 1}: 1, {0x14, 2}: 1,
	{0x15, 0}: 3, {0x15, 1}: 1,
	{0x17, 0}: 30, {0x17, 4}: 5,
}

// length is that of the message which begins b, checksum included; 0 if that
// cannot be said yet, -1 if it begins none.
func (w *waferstar) length(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	command := b[0] - w.address + 0x10
	if n, ok := shape[[2]byte{command, 0}]; ok && n == 0 {
		return 2
	}
	if command < 0x11 || command > 0x17 {
		return -1
	}
	if len(b) < 2 {
		return 0
	}
	if n, ok := shape[[2]byte{command, b[1]}]; ok {
		return 2 + n
	}
	return -1
}

func (w *waferstar) feed(b []byte) (all []message) {
	for _, c := range b {
		w.take(c)
		for len(w.buf) > 0 {
			n := w.length(w.buf)
			if n == 0 || n > len(w.buf) {
				break
			}
			if n < 0 || sum(w.buf[:n-1]) != w.buf[n-1] {
				w.buf = w.buf[1:] // the length may have been the mistake
				continue
			}
			all = append(all, w.message(w.buf[:n]))
			w.buf = w.buf[n:]
		}
	}
	return all
}

// take adds a byte, or a digit of one. A message in binary begins with its
// address, which is no digit; as text its bytes are pairs of digits.
func (w *waferstar) take(c byte) {
	if len(w.buf) > 0 && len(w.hex) == 0 { // binary, and not complete
		w.buf = append(w.buf, c)
		return
	}
	switch digit := strings.IndexByte("0123456789ABCDEFabcdef", c) >= 0; {
	case digit && (len(w.hex) > 0 || c == '1' || c == '6'):
		w.hex = append(w.hex, c)
		if n := len(w.hex); n%2 == 0 {
			var b [1]byte
			hex.Decode(b[:], w.hex[n-2:])
			w.buf = append(w.buf, b[0])
		}
	case c == ' ' && len(w.hex)%2 == 0:
	default: // the end of a line, noise, or the beginning of a message
		w.stale()
		if w.length([]byte{c}) >= 0 {
			w.buf = append(w.buf, c)
		}
	}
}

func (w *waferstar) stale() { w.buf, w.hex = nil, nil }

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

// message reads a whole message.
func (w *waferstar) message(b []byte) message {
	m := message{news: unlisted, text: spaced(b)}
	sub := byte(0)
	if len(b) > 2 {
		sub = b[1]
	}
	switch [2]byte{b[0] - w.address + 0x10, sub} {
	case [2]byte{0x10, 0}:
		m.news = wasReset
	case [2]byte{0x12, 0}:
		m.news = alive
	case [2]byte{0x11, 0}:
		m.news, m.level = wasSetUp, b[2]
	case [2]byte{0x11, 1}:
		m.news = alive
	case [2]byte{0x13, 0}:
		if price, err := w.fen(be16(b[2:])); err == nil {
			m.news, m.price, m.item = request, price, be16(b[4:])
		}
	case [2]byte{0x13, 1}:
		m.news = cancelled
	case [2]byte{0x13, 2}:
		m.news, m.item = succeeded, be16(b[2:])
	case [2]byte{0x13, 3}:
		m.news = failed
	case [2]byte{0x13, 4}:
		m.news = completed
	case [2]byte{0x13, 5}:
		m.news, m.item = cashSale, be16(b[4:])
	case [2]byte{0x14, 0}:
		m.news = disabled
	case [2]byte{0x14, 1}:
		m.news = enabled
	case [2]byte{0x14, 2}:
		m.news = readerCancel
	case [2]byte{0x15, 0}:
		m.news = revalue
	case [2]byte{0x15, 1}:
		m.news = revalueLimit
	case [2]byte{0x17, 0}:
		m.news = asksIdentity
	case [2]byte{0x17, 4}:
		m.news = takesOptions
	}
	return m
}

func (w *waferstar) say(what word, price sale.Fen, level byte) ([]byte, error) {
	var b []byte
	switch what {
	case approve:
		n, err := w.units(price)
		if err != nil {
			return nil, err
		}
		b = []byte{0x05, byte(n >> 8), byte(n)}
	case deny:
		b = []byte{0x06}
	case begin:
		b = []byte{0x03, 0xFF, 0xFF}
		if level > 1 {
			b = append(b, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0)
		}
	case end:
		b = []byte{0x07}
	case configure:
		const restoresFunds = 1 // VEND FAILURE is refunded
		b = []byte{0x01, level, currency >> 8, currency & 0xFF, byte(w.scale), byte(w.decimals), byte(w.timeout), restoresFunds}
	case identify:
		b = identity(level)
	case cancelledHere:
		b = []byte{0x08}
	case noRevalue:
		b = []byte{0x0E}
	case endRequest:
		b = []byte{0x04}
	}
	b = append(b, sum(b))
	if w.text {
		return []byte(spaced(b) + "\r\n"), nil
	}
	return b, nil
}

// identity is PERIPHERAL ID: maker, serial number, model, version, and for a
// machine of level 3 the options that the reader has: Always Idle.
func identity(level byte) []byte {
	b := fmt.Appendf([]byte{0x09}, "%-3s%012d%-12s", "KSK", 1, "KIOSKD")
	b = append(b, 0x01, 0x00)
	if level == 3 {
		b = append(b, 0, 0, 0, alwaysIdle)
	}
	return b
}

// alwaysIdle is bit 5 of the options.
const alwaysIdle = 0x20

// spaced is how such boxes write bytes as text.
func spaced(b []byte) string { return string(bytes.ToUpper([]byte(fmt.Sprintf("% x", b)))) }
