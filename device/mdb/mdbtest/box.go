package mdbtest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// box is a Waferstar adapter: it answers POLL and RESET, passes every other
// block on, and passes the host's messages back at the next POLL.
type box struct {
	m     *Machine
	text  bool // to the host
	reply [][]byte
	buf   []byte
}

func (x *box) restart() { x.reply, x.buf = [][]byte{sealed(0x00)}, nil }

func (x *box) bus(b []byte) []byte {
	switch b[0] {
	case 0x10:
		x.reply = [][]byte{sealed(0x00)}
	case 0x12:
		if len(x.reply) == 0 {
			return ack
		}
		r := x.reply[0]
		x.reply = x.reply[1:]
		return r
	default:
		kind := "status"
		switch {
		case b[0] == 0x13 && b[1] == 0:
			kind = "request"
		case b[0] == 0x13 && (b[1] == 2 || b[1] == 3):
			kind = "result"
		}
		x.m.tell(kind, x.bytes(b))
	}
	return ack
}

// bytes is a block as the host gets it.
func (x *box) bytes(b []byte) []byte {
	if x.text {
		return []byte(strings.ToUpper(fmt.Sprintf("% x", b)) + "\r\n")
	}
	return slices.Clone(b)
}

// lengths of the reader's messages, checksum included.
var lengths = map[byte][]int{
	0x00: {2}, 0x01: {9}, 0x03: {4, 11}, 0x04: {2}, 0x05: {4}, 0x06: {2}, 0x07: {2}, 0x08: {2}, 0x09: {31, 35}, 0x0B: {2}, 0x0E: {2},
}

func (x *box) host(b []byte) {
	if s := strings.TrimSpace(string(b)); len(s) > 1 && strings.ContainsAny(s[:1], "0") {
		if raw, err := hex.DecodeString(strings.ReplaceAll(s, " ", "")); err == nil {
			b = raw
		}
	}
	x.buf = append(x.buf, b...)
	for len(x.buf) > 0 {
		n := whole(x.buf)
		if n == 0 {
			return
		}
		if n < 0 {
			x.buf = x.buf[1:]
			continue
		}
		x.reply = append(x.reply, slices.Clone(x.buf[:n]))
		x.buf = x.buf[n:]
	}
}

// whole is the length of the message that begins b, 0 if it is not complete,
// -1 if it is none.
func whole(b []byte) int {
	more := false
	for _, n := range lengths[b[0]] {
		if n > len(b) {
			more = true
		} else if sum(b[:n-1]) == b[n-1] {
			return n
		}
	}
	if more {
		return 0
	}
	return -1
}
