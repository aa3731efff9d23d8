package devicetest

import "time"

// The commands of the protocol that the cabinet sends or understands.
const (
	cmdCheck    = 0x01 // host: can this selection be sold?
	cmdState    = 0x02 // board: answer to 01 and 03
	cmdBuy      = 0x03
	cmdStatus   = 0x04 // board: progress and result of a vend
	cmdKey      = 0x05
	cmdDrive    = 0x06 // host: turn the motor
	cmdSlot     = 0x11 // board: slot report
	cmdPrice    = 0x12
	cmdStock    = 0x13
	cmdCapacity = 0x14
	cmdProduct  = 0x15
	cmdInterval = 0x16
	cmdFull     = 0x17 // board: the button "fully loaded"
	cmdChange   = 0x25
	cmdChanged  = 0x26
	cmdSync     = 0x31
	cmdPoll     = 0x41
	cmdAck      = 0x42
	cmdMachine  = 0x51
	cmdMachined = 0x52
	cmdLift     = 0x53
	cmdLifted   = 0x54
	cmdMenu     = 0x70
	cmdMenued   = 0x71
)

const (
	stx1, stx2 = 0xFA, 0xFB
	// maxText is what fits behind PackNO, LEN being one byte.
	maxText = 254
)

// frame is FA FB CMD LEN [PackNO TEXT] XOR. bare frames, POLL and ACK, have
// LEN 0 and no PackNO.
type frame struct {
	cmd  byte
	pack byte
	text []byte
	bare bool
}

func (f frame) bytes() []byte {
	b := []byte{stx1, stx2, f.cmd, 0}
	if !f.bare {
		b[3] = byte(1 + len(f.text))
		b = append(append(b, f.pack), f.text...)
	}
	return append(b, xor(b))
}

func xor(b []byte) (sum byte) {
	for _, c := range b {
		sum ^= c
	}
	return sum
}

func be16(n int) []byte { return []byte{byte(n >> 8), byte(n)} }

func be32(n int) []byte { return append(be16(n>>16), be16(n)...) }

func num(b []byte) (n int) {
	for _, c := range b {
		n = n<<8 | int(c)
	}
	return n
}

// scanner finds frames in what the host sends. The zero value is ready.
type scanner struct {
	buf  []byte
	at   []time.Time // when each byte of buf came
	last time.Time
}

// stale is the gap after which a frame begun will not be finished: the longest
// frame takes 46 ms on the line.
const stale = 250 * time.Millisecond

// feed takes bytes that came now and calls found for every complete frame
// (with the time of its first byte) and garbled for every stretch that was none.
func (s *scanner) feed(b []byte, now time.Time, found func(frame, time.Time), garbled func()) {
	if len(s.buf) > 0 && now.Sub(s.last) > stale {
		garbled()
		s.drop(len(s.buf))
	}
	s.last = now
	for _, c := range b {
		s.buf = append(s.buf, c)
		s.at = append(s.at, now)
	}
	for {
		if n := s.noise(); n > 0 {
			garbled()
			s.drop(n)
		}
		if len(s.buf) < 5 || len(s.buf) < 5+int(s.buf[3]) {
			return
		}
		n := 5 + int(s.buf[3])
		if xor(s.buf[:n]) != 0 {
			// LEN may be the bad byte: only the start was certainly false.
			garbled()
			s.drop(2)
			continue
		}
		f := frame{cmd: s.buf[2], bare: n == 5}
		if !f.bare {
			f.pack, f.text = s.buf[4], append([]byte(nil), s.buf[5:n-1]...)
		}
		at := s.at[0]
		s.drop(n)
		found(f, at)
	}
}

// noise counts the bytes before the next possible start of a frame.
func (s *scanner) noise() int {
	for i, c := range s.buf {
		if c == stx1 && (i+1 == len(s.buf) || s.buf[i+1] == stx2) {
			return i
		}
	}
	return len(s.buf)
}

func (s *scanner) drop(n int) {
	s.buf, s.at = s.buf[n:], s.at[n:]
}
