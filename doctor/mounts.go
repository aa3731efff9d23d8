package doctor

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kioskd/sale"
)

// mount is a line of /proc/self/mountinfo; see proc_pid_mountinfo(5).
type mount struct {
	at      string
	kind    string
	options []string // of the mount and of its file system
}

func (m mount) has(option string) bool { return slices.Contains(m.options, option) }

// value is what stands behind "key=".
func (m mount) value(key string) string {
	for _, o := range m.options {
		if v, ok := strings.CutPrefix(o, key+"="); ok {
			return v
		}
	}
	return ""
}

func readMounts(r io.Reader) (list []mount, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // an overlay may have long options
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		own, fs := strings.Fields(before), strings.Fields(after)
		if !ok || len(own) < 6 || len(fs) < 1 {
			continue
		}
		m := mount{at: unescaped(own[4]), kind: fs[0], options: strings.Split(own[5], ",")}
		if len(fs) > 2 {
			m.options = append(m.options, strings.Split(fs[2], ",")...)
		}
		list = append(list, m)
	}
	return list, lines.Err()
}

// unescaped undoes the kernel's octal writing of spaces and the like.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mountOf is the mount that holds a path without links: the longest, and of
// those on the same place the last.
func mountOf(path string, list []mount) (m mount, ok bool) {
	for _, c := range list {
		inside := c.at == "/" || path == c.at || strings.HasPrefix(path, c.at+"/")
		if inside && len(c.at) >= len(m.at) {
			m, ok = c, true
		}
	}
	return m, ok
}

func (d *doctor) filesystem(context.Context) []Finding {
	const name = "filesystem"
	if d.at == nil {
		return []Finding{skip(name, noConfig)}
	}
	f, err := os.Open(filepath.Join(d.root, "proc/self/mountinfo"))
	if err != nil {
		return []Finding{skip(name, err.Error())}
	}
	defer f.Close()
	list, err := readMounts(f)
	dir, e := filepath.EvalSymlinks(existing(d.at.Ledger))
	if err = errors.Join(err, e); err != nil {
		return []Finding{doubt(name, "", "%v", err)}
	}
	return []Finding{mountFinding(dir, list)}
}

const onADisk = "write a store.path on a disk of the machine, with ext4"

// mountFinding tells what the file system below the ledger may do to it. A
// commit is a sync that must have reached the disk, and then stays.
func mountFinding(dir string, list []mount) Finding {
	const name = "filesystem"
	m, ok := mountOf(dir, list)
	if !ok {
		return doubt(name, "", "what holds %s is not known", dir)
	}
	said := m.kind + " on " + m.at
	remount := "take it out of the options of " + m.at + " in /etc/fstab, then restart the machine"
	switch {
	case m.has("ro"):
		f := wrong(name, "look for disk errors with dmesg, then mount it writable and restart kioskd", "%s is read-only", said)
		f.Code = sale.CodeStoreWrite
		return f
	case slices.Contains([]string{"tmpfs", "ramfs", "rootfs"}, m.kind):
		return wrong(name, onADisk, "%s is memory: a power cut takes all orders with it", said)
	case m.kind == "overlay":
		return overlayFinding(m, list)
	case slices.Contains([]string{"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs"}, m.kind):
		return wrong(name, onADisk, "%s is on another machine: its locks and syncs are not proved for the ledger", said)
	case m.has("nobarrier"), m.value("barrier") == "0", m.value("fsync_mode") == "nobarrier":
		return wrong(name, remount, "%s has nobarrier: after a power cut committed orders can be missing or the ledger damaged", said)
	case m.value("data") == "writeback":
		return doubt(name, remount, "%s has data=writeback: after a power cut files can have old contents where they were not synced", said)
	case m.has("journal_async_commit"):
		return doubt(name, remount, "%s has journal_async_commit, which trusts the disk to keep the order of writes", said)
	case m.value("errors") == "continue":
		return doubt(name, "write errors=remount-ro in /etc/fstab", "%s has errors=continue: it goes on writing after it was found damaged", said)
	case slices.Contains([]string{"vfat", "msdos", "exfat", "ext2", "ntfs", "ntfs3", "fuseblk"}, m.kind):
		return doubt(name, onADisk, "%s: a power cut can damage such a file system as a whole", said)
	}
	return good(name, "%s, nothing in its options endangers the ledger", said)
}

// overlayFinding looks at where an overlay keeps what is written.
func overlayFinding(m mount, list []mount) Finding {
	const name = "filesystem"
	if upper, ok := mountOf(m.value("upperdir"), list); ok && m.value("upperdir") != "" && upper.kind == "tmpfs" {
		return wrong(name, onADisk, "overlay on %s keeps in memory what is written: a power cut takes all orders with it", m.at)
	}
	if m.has("volatile") {
		return wrong(name, onADisk, "overlay on %s is volatile and syncs nothing", m.at)
	}
	return doubt(name, onADisk, "overlay on %s: make sure that what is written is not forgotten at the next start", m.at)
}
