package vmc

import "bytes"

// Parser finds frames in a stream of bytes. The zero value is ready.
type Parser struct{ buf []byte }

var start = []byte{0xFA, 0xFB}

const overhead = 5 // FA FB, command, length, XOR

// Feed takes the bytes that came and returns the frames that are complete.
// Bytes that belong to none are dropped. Where the XOR is wrong only the two
// start bytes are, because the length may be what was damaged.
func (p *Parser) Feed(b []byte) []Frame {
	p.buf = append(p.buf, b...)
	var frames []Frame
	for p.hunt() {
		n := overhead + int(p.buf[3])
		if len(p.buf) < n {
			break
		}
		if xor(p.buf[:n-1]) != p.buf[n-1] {
			p.buf = p.buf[2:]
			continue
		}
		frames = append(frames, Frame{Cmd: p.buf[2], Body: bytes.Clone(p.buf[4 : n-1])})
		p.buf = p.buf[n:]
	}
	p.buf = bytes.Clone(p.buf) // let go of what was read
	return frames
}

// hunt drops what stands before a start and reports whether a length is there.
func (p *Parser) hunt() bool {
	i := bytes.Index(p.buf, start)
	switch {
	case i >= 0:
		p.buf = p.buf[i:]
	case len(p.buf) > 0 && p.buf[len(p.buf)-1] == start[0]:
		p.buf = p.buf[len(p.buf)-1:]
	default:
		p.buf = nil
	}
	return len(p.buf) >= overhead
}

// Pending reports whether a frame has begun and is not complete.
func (p *Parser) Pending() bool { return len(p.buf) > 0 }

// Break says that the rest of the pending frame will not come. It returns the
// frames that were hidden in what was taken for its body.
func (p *Parser) Break() []Frame {
	var frames []Frame
	for len(p.buf) > 0 {
		p.buf = p.buf[min(2, len(p.buf)):]
		frames = append(frames, p.Feed(nil)...)
	}
	return frames
}

// Reset forgets the pending frame.
func (p *Parser) Reset() { p.buf = nil }
