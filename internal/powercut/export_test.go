package powercut

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Events reads a trace and tells its events.
func Events(trace io.Reader, dir string, base map[string][]byte) (told []string, err error) {
	r := newRecorder(dir, base)
	err = calls(trace, r.take)
	for _, e := range r.events {
		told = append(told, e.tell())
	}
	return told, err
}

func (e *event) tell() string {
	switch e.kind {
	case isWrite:
		return fmt.Sprintf("write %d at %d %q", e.file, e.at, e.data)
	case isTruncate:
		return fmt.Sprintf("truncate %d to %d", e.file, e.at)
	case isAllocate:
		return fmt.Sprintf("allocate %d to %d", e.file, e.at)
	case isLink:
		return fmt.Sprintf("link %d %s", e.file, e.name)
	case isRename:
		return fmt.Sprintf("rename %d %s %s", e.file, e.name, e.to)
	case isUnlink:
		return fmt.Sprintf("unlink %d %s", e.file, e.name)
	case isSync:
		return fmt.Sprintf("sync %d before %d", e.file, e.before)
	case isSyncDir:
		return fmt.Sprintf("sync dir before %d", e.before)
	case isAck:
		return fmt.Sprintf("ack %d", e.step)
	}
	return "nothing"
}

// Images returns every different image that can be left when all events of a
// trace have happened, as "name:content" in the order of names; it tries so
// many variants.
func Images(trace io.Reader, dir string, base map[string][]byte, variants int, in func() string) (map[string]bool, error) {
	r := newRecorder(dir, base)
	if err := calls(trace, r.take); err != nil {
		return nil, err
	}
	d := newDisk(&r.history)
	for range r.events {
		d.next(&r.history)
	}
	found := map[string]bool{}
	for n := range variants {
		to := in()
		c := d.variant(&r.history, n, Replay{}.random(&Scene{}, 0, n))
		if _, err := d.image(&r.history, c, to); err != nil {
			return nil, err
		}
		names, err := filepath.Glob(filepath.Join(to, "*"))
		if err != nil {
			return nil, err
		}
		var told []string
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			told = append(told, filepath.Base(name)+":"+squeeze(b))
		}
		found[strings.Join(told, " ")] = true
	}
	return found, nil
}

// squeeze writes a file as one letter for each part of 512 bytes.
func squeeze(b []byte) (s string) {
	for ; len(b) > 0; b = b[min(512, len(b)):] {
		if b[0] == 0 {
			s += "."
			continue
		}
		s += string(b[0])
	}
	return s
}
