package modbustest

import (
	"fmt"
	"os"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// line is one pseudo terminal. The bus holds the master and keeps a descriptor
// of the slave: without it the terminal would hang up when a driver ends.
type line struct {
	master, slave *os.File
}

func openLine() (*line, error) {
	m, s, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	defer m.Close()
	t, err := unix.IoctlGetTermios(int(s.Fd()), unix.TCGETS)
	if err == nil {
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(int(s.Fd()), unix.TCSETS, t)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("set %s to raw mode: %w", s.Name(), err)
	}
	// A duplicate in non-blocking mode, so that Close ends a Read.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		s.Close()
		return nil, fmt.Errorf("open a pseudo terminal: %w", err)
	}
	return &line{os.NewFile(uintptr(fd), m.Name()), s}, nil
}

func (l *line) close() {
	l.master.Close()
	l.slave.Close()
}

// drain waits, but not for long, until the driver has read everything: a
// hang-up takes away what is still in the terminal's buffer.
func (l *line) drain() {
	for range 40 {
		if n, err := unix.IoctlGetInt(int(l.slave.Fd()), unix.TIOCINQ); err != nil || n == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// checksum is the CRC-16 of Modbus by the table of its high bits: another way
// to the same number than a driver's.
func checksum(b []byte) (lo, hi byte) {
	crc := uint32(0xFFFF)
	for _, x := range b {
		for bit := range 8 {
			odd := (crc ^ uint32(x)>>bit) & 1
			crc >>= 1
			crc ^= odd * 0xA001
		}
	}
	return byte(crc), byte(crc >> 8)
}

func sealed(b ...byte) []byte {
	lo, hi := checksum(b)
	return append(b, lo, hi)
}

// whole is the length of the host's frame that begins b: 0 if that cannot be
// said yet, -1 if it is none.
func whole(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case 1, 2, 3, 4, 5, 6:
		return 8
	case 15, 16:
		if len(b) < 7 {
			return 0
		}
		return 9 + int(b[6])
	}
	return -1
}
