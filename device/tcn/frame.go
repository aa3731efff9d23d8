package tcn

// Command is what the host says. On the wire it is 00 FF, D3 and its
// complement, D5 and its complement.
type Command struct{ D3, D5 byte }

// What D3 and D5 say. A D3 from 01 to 63 (decimal 99) runs the motor of that
// slot.
const (
	readDoor   = 0xDF
	curtainOn  = 0xAA
	curtainOff = 0x55
)

// slotMost is the last slot that a command can name: 64 is another command.
const slotMost = 0x63

// Append encodes the command behind b.
func (c Command) Append(b []byte) []byte {
	return append(b, 0x00, 0xFF, c.D3, ^c.D3, c.D5, ^c.D5)
}

// Reply is what the board says. On the wire it is 00, 5D or 5C, R3, R4 and the
// low byte of the sum of these four.
type Reply struct {
	Failed bool // 5C
	R3, R4 byte
}

// Append encodes the reply behind b.
func (r Reply) Append(b []byte) []byte {
	head := byte(done)
	if r.Failed {
		head = failed
	}
	return append(b, 0x00, head, r.R3, r.R4, head+r.R3+r.R4)
}

const (
	done     = 0x5D
	failed   = 0x5C
	replyLen = 5
)

// Parser finds replies in a stream. The zero value is ready.
type Parser struct{ buf []byte }

// Feed takes the bytes that came and returns the replies that are complete.
// Bytes that belong to none are dropped.
func (p *Parser) Feed(b []byte) (found []Reply) {
	p.buf = append(p.buf, b...)
	for len(p.buf) >= replyLen {
		f := p.buf
		ok := f[0] == 0x00 && (f[1] == done || f[1] == failed) && f[0]+f[1]+f[2]+f[3] == f[4]
		if !ok {
			p.buf = p.buf[1:]
			continue
		}
		found = append(found, Reply{Failed: f[1] == failed, R3: f[2], R4: f[3]})
		p.buf = p.buf[replyLen:]
	}
	p.buf = append([]byte(nil), p.buf...) // let go of what was read
	return found
}

// Gap forgets a reply that has begun. No other can be in it: it is too short.
func (p *Parser) Gap() []Reply {
	p.buf = nil
	return nil
}

// Reset forgets what has come of a reply.
func (p *Parser) Reset() { p.buf = nil }
