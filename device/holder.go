package device

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Holder is a process that has a port open or holds its lock.
type Holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
}

func (h Holder) String() string { return fmt.Sprintf("%s (process %d)", h.Command, h.PID) }

// Holders finds the processes, other than this one, that use the port at path,
// without opening it. It sees as much as this user may see: every lock, and
// the open files of its own processes; for root, of all. So an empty answer
// does not mean that opening the port will work.
//
// Who has the other end of a pseudo terminal is the device there and no holder.
func Holders(path string) ([]Holder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode()&os.ModeCharDevice == 0 {
		return nil, fmt.Errorf("%s is no serial port", path)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	lockers := lockersOf(st)
	var found []Holder
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if slices.Contains(lockers, pid) || opens(pid, st.Rdev) && !masters(pid, path) {
			found = append(found, Holder{pid, command(pid)})
		}
	}
	return found, nil
}

// lockersOf reads from the kernel's list who holds a lock on the file.
func lockersOf(st *syscall.Stat_t) (pids []int) {
	b, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil
	}
	want := fmt.Sprintf("%02x:%02x:%d", major(st.Dev), minor(st.Dev), st.Ino)
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 5324 00:1b:553740 0 EOF
		f := strings.Fields(lines.Text())
		if len(f) < 6 || f[1] != "FLOCK" || f[5] != want {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// The kernel's encoding of device numbers, as far as Linux uses it.
func major(dev uint64) uint64 { return dev >> 8 & 0xFFF }
func minor(dev uint64) uint64 { return dev&0xFF | dev>>12&0xFFF00 }

// opens reports whether a process has the device open.
func opens(pid int, rdev uint64) bool {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, _ := os.ReadDir(dir) // another user's process, or one that is gone
	for _, e := range entries {
		var st syscall.Stat_t
		if syscall.Stat(filepath.Join(dir, e.Name()), &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFCHR && st.Rdev == rdev {
			return true
		}
	}
	return false
}

// masters reports whether a process has the other end of a pseudo terminal.
func masters(pid int, path string) bool {
	node, err := filepath.EvalSymlinks(path)
	if err != nil || filepath.Dir(node) != "/dev/pts" {
		return false
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fdinfo")
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
			if index, ok := strings.CutPrefix(lines.Text(), "tty-index:"); ok && strings.TrimSpace(index) == filepath.Base(node) {
				return true
			}
		}
	}
	return false
}

func command(pid int) string {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
	if err != nil {
		return "a program"
	}
	return strings.TrimSpace(string(b))
}
