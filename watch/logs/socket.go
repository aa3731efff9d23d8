package logs

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// journalWriter sends entries to the journal's socket. The journal may come and
// go.
type journalWriter struct {
	socket string
	conn   *net.UnixConn
}

func (w *journalWriter) write(fields []byte) error {
	fresh := w.conn == nil
	err := w.send(fields)
	if err != nil && !fresh && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = w.send(fields) // it was started anew
	}
	return err
}

func (w *journalWriter) send(fields []byte) (err error) {
	if w.conn == nil {
		if w.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: w.socket, Net: "unixgram"}); err != nil {
			w.conn = nil
			return err
		}
	}
	if err = w.conn.SetWriteDeadline(time.Now().Add(journalWithin)); err == nil {
		_, err = w.conn.Write(fields)
	}
	if errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, syscall.ENOBUFS) {
		err = w.sendFile(fields)
	}
	if err != nil {
		w.close()
	}
	return err
}

// sendFile hands over a sealed file in memory: an entry too big for a datagram.
func (w *journalWriter) sendFile(fields []byte) error {
	fd, err := unix.MemfdCreate("kioskd-journal", unix.MFD_ALLOW_SEALING|unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "kioskd-journal")
	defer f.Close()
	if _, err := f.Write(fields); err != nil {
		return err
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return err
	}
	return w.sendRights(unix.UnixRights(fd))
}

// sendRights goes around package net, which sends files on sockets without a
// peer only; those are not told when the journal reads again.
func (w *journalWriter) sendRights(rights []byte) error {
	raw, err := w.conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) (done bool) {
		failed = unix.Sendmsg(int(fd), nil, rights, nil, unix.MSG_NOSIGNAL)
		return failed != unix.EAGAIN
	})
	return errors.Join(err, failed)
}

func (w *journalWriter) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// IsJournal reports whether a file is the stream that systemd has named in
// JOURNAL_STREAM: then what is written to it lands in the journal as text.
func IsJournal(f *os.File, stream string) bool {
	info, err := f.Stat()
	if err != nil || stream == "" {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && strings.TrimSpace(stream) == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
