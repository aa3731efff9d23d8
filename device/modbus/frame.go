package modbus

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Function codes of the Modbus application protocol that the driver uses.
const (
	readCoils      = 0x01
	readInputs     = 0x02
	readRegisters  = 0x03
	writeCoil      = 0x05
	writeRegister  = 0x06
	writeCoils     = 0x0F
	writeRegisters = 0x10
)

// Request is what the master sends to one board: on the wire its address, the
// function code, the data and the CRC, the low byte first.
type Request struct {
	Addr, Func byte
	Data       []byte
}

func words(w ...uint16) (b []byte) {
	for _, x := range w {
		b = binary.BigEndian.AppendUint16(b, x)
	}
	return b
}

// ReadCoils asks for the states of n relays. Addresses count from 0.
func ReadCoils(addr byte, first, n uint16) Request {
	return Request{addr, readCoils, words(first, n)}
}

// ReadInputs asks for the states of n inputs.
func ReadInputs(addr byte, first, n uint16) Request {
	return Request{addr, readInputs, words(first, n)}
}

// ReadRegisters asks for n holding registers.
func ReadRegisters(addr byte, first, n uint16) Request {
	return Request{addr, readRegisters, words(first, n)}
}

// WriteCoil sets one coil; Waveshare boards give other values a meaning.
func WriteCoil(addr byte, coil, value uint16) Request {
	return Request{addr, writeCoil, words(coil, value)}
}

// WriteRegister sets one holding register.
func WriteRegister(addr byte, register, value uint16) Request {
	return Request{addr, writeRegister, words(register, value)}
}

// ClearCoils switches off the first n relays.
func ClearCoils(addr byte, n int) Request {
	size := (n + 7) / 8
	data := append(words(0, uint16(n)), byte(size))
	return Request{addr, writeCoils, append(data, make([]byte, size)...)}
}

// WriteRegisters sets consecutive holding registers.
func WriteRegisters(addr byte, first uint16, values ...uint16) Request {
	data := append(words(first, uint16(len(values))), byte(2*len(values)))
	return Request{addr, writeRegisters, append(data, words(values...)...)}
}

// Append encodes the request behind b.
func (r Request) Append(b []byte) []byte {
	start := len(b)
	b = append(b, r.Addr, r.Func)
	b = append(b, r.Data...)
	return binary.LittleEndian.AppendUint16(b, crc(b[start:]))
}

// reads reports whether the request changes nothing at the board.
func (r Request) reads() bool { return r.Func <= readRegisters }

// echoed reports whether the answer is the request itself.
func (r Request) echoed() bool { return r.Func == writeCoil || r.Func == writeRegister }

// head is how the answer begins, and size its length with the CRC. The answer
// to a write repeats what was written and where, so it cannot be taken for
// another's. The answer to a read names the length alone.
func (r Request) head() (head []byte, size int) {
	if !r.reads() {
		return append([]byte{r.Addr, r.Func}, r.Data[:4]...), 8
	}
	n := int(binary.BigEndian.Uint16(r.Data[2:]))
	if r.Func == readRegisters {
		n *= 2
	} else {
		n = (n + 7) / 8
	}
	return []byte{r.Addr, r.Func, byte(n)}, 3 + n + 2
}

// Answer is what a board said to a request: the data of a read, or a refusal.
type Answer struct {
	Data    []byte
	Refusal *Exception
}

// Find looks for the answer to r in b, which is what came from the line since r
// was sent. end is where the answer ends, 0 if there is none. Whatever has
// another address, function, length, echo or a wrong CRC is not the answer.
func (r Request) Find(b []byte) (a Answer, end int) {
	head, size := r.head()
	for i := range b {
		rest := b[i:]
		if len(rest) >= 5 && rest[0] == r.Addr && rest[1] == r.Func|0x80 && intact(rest[:5]) {
			return Answer{Refusal: &Exception{r.Func, rest[2]}}, i + 5
		}
		if len(rest) < size || !bytes.HasPrefix(rest, head) || !intact(rest[:size]) {
			continue
		}
		if r.reads() {
			a.Data = bytes.Clone(rest[3 : size-2])
		}
		return a, i + size
	}
	return Answer{}, 0
}

// Exception is a board's refusal of a request.
type Exception struct{ Func, Code byte }

// exceptions is the table of the Modbus application protocol.
var exceptions = map[byte]string{
	0x01: "illegal function",
	0x02: "illegal data address",
	0x03: "illegal data value",
	0x04: "device failure",
	0x05: "acknowledge",
	0x06: "device busy",
	0x08: "memory parity error",
	0x0A: "gateway path unavailable",
	0x0B: "gateway target does not respond",
}

func (e *Exception) Error() string {
	text, ok := exceptions[e.Code]
	if !ok {
		text = "not in the protocol document"
	}
	return fmt.Sprintf("exception %02X to function %02X: %s", e.Code, e.Func, text)
}

// listed reports whether the document knows the code.
func (e *Exception) listed() bool { return exceptions[e.Code] != "" }

// beforehand reports whether the document has the board find the reason before
// it does anything. The others may come from the middle of the work.
func (e *Exception) beforehand() bool { return e.Code >= 0x01 && e.Code <= 0x03 }

func intact(b []byte) bool {
	n := len(b) - 2
	return crc(b[:n]) == binary.LittleEndian.Uint16(b[n:])
}

// crc is the CRC-16 of Modbus: FFFF at first, polynomial A001 reflected.
func crc(b []byte) uint16 {
	c := uint16(0xFFFF)
	for _, x := range b {
		c ^= uint16(x)
		for range 8 {
			odd := c & 1
			c >>= 1
			if odd == 1 {
				c ^= 0xA001
			}
		}
	}
	return c
}

// unpack returns n states, the lowest bit of the first byte first.
func unpack(b []byte, n int) []bool {
	on := make([]bool, n)
	for i := range on {
		on[i] = b[i/8]>>(i%8)&1 == 1
	}
	return on
}
