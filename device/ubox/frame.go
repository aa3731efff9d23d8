package ubox

import "bytes"

// Frame is one message of either side. On the wire it is AA, the type, the
// number of data bytes, the data, and the CRC-16 of all that, high byte first.
type Frame struct {
	Type byte
	Data []byte // at most 250 bytes
}

const (
	start    = 0xAA
	overhead = 5 // AA, type, length, CRC
	dataMost = 250
)

// What the host says.
const (
	getInfo = 0x01 // kind
	vendInd = 0x02 // channel, SN
)

// What the board says.
const (
	infoRpt   = 0x01 // kind, ...
	vendRpt   = 0x02 // channel, result, SN
	buttonRpt = 0x03 // 1, channel
)

// Append encodes the frame behind b.
func (f Frame) Append(b []byte) []byte {
	from := len(b)
	b = append(b, start, f.Type, byte(len(f.Data)))
	b = append(b, f.Data...)
	crc := crc16(b[from:])
	return append(b, byte(crc>>8), byte(crc))
}

// crc16 is CRC-16/XMODEM: polynomial 1021, from 0, not reflected. Of
// "123456789" it is 31C3.
func crc16(b []byte) (crc uint16) {
	for _, x := range b {
		crc ^= uint16(x) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x1021
		}
	}
	return crc
}

// Parser finds frames in a stream. The zero value is ready.
type Parser struct{ buf []byte }

// Feed takes the bytes that came and returns the frames that are complete.
// Bytes that belong to none are dropped. Where the CRC is wrong only the first
// byte is, because the length may be what was damaged.
func (p *Parser) Feed(b []byte) (found []Frame) {
	p.buf = append(p.buf, b...)
	for p.hunt() {
		n := overhead + int(p.buf[2])
		if len(p.buf) < n && p.buf[2] <= dataMost {
			break
		}
		if p.buf[2] > dataMost || crc16(p.buf[:n]) != 0 { // over the CRC itself, too
			p.buf = p.buf[1:]
			continue
		}
		found = append(found, Frame{Type: p.buf[1], Data: bytes.Clone(p.buf[3 : n-2])})
		p.buf = p.buf[n:]
	}
	p.buf = bytes.Clone(p.buf) // let go of what was read
	return found
}

// hunt drops what stands before a start and reports whether a length is there.
func (p *Parser) hunt() bool {
	i := bytes.IndexByte(p.buf, start)
	if i < 0 {
		i = len(p.buf)
	}
	p.buf = p.buf[i:]
	return len(p.buf) >= 3
}

// Gap gives the pending frame up and returns those that were hidden in what
// was taken for its data.
func (p *Parser) Gap() (found []Frame) {
	for len(p.buf) > 0 {
		p.buf = p.buf[1:]
		found = append(found, p.Feed(nil)...)
	}
	return found
}

// Reset forgets the pending frame.
func (p *Parser) Reset() { p.buf = nil }
