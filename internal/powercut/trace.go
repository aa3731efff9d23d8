package powercut

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// traced lists every call by which a process can change files or directories,
// and some that must not occur. A question mark: not every machine has it.
const traced = "openat,?open,?creat,?openat2,close,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync,syncfs," +
	"sync_file_range,ftruncate,truncate,fallocate,?rename,?renameat,renameat2,?unlink,unlinkat,?link,linkat,?symlink," +
	"symlinkat,copy_file_range,sendfile,splice,mmap,dup,?dup2,dup3,mkdirat,?mkdir,io_uring_setup,io_submit"

// record runs a command under strace.
func record(strace, traceFile string, c *exec.Cmd) error {
	c.Args = append([]string{strace, "-f", "-y", "-xx", "-s", "16777216", "-e", "signal=none", "-e", "trace=" + traced,
		"-o", traceFile, c.Path}, c.Args[1:]...)
	c.Path = strace
	out, err := c.Output()
	var e *exec.ExitError
	if errors.As(err, &e) {
		err = fmt.Errorf("%w: %s%s", err, out, e.Stderr)
	}
	return err
}

// call is one line of a trace.
type call struct {
	name  string
	args  []string
	ret   string
	begun int // line in which it began
	line  int // line in which it ended
}

// calls reads a trace. Calls come in the order in which they ended.
func calls(r io.Reader, visit func(call) error) error {
	in := bufio.NewReaderSize(r, 1<<20)
	type half struct {
		text string
		line int
	}
	unfinished := map[string]half{}
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		pid, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		text = strings.TrimLeft(text, " ")
		begun := n
		switch {
		case strings.HasPrefix(text, "+++"), strings.HasPrefix(text, "---"):
			continue
		case strings.HasSuffix(text, "<unfinished ...>"):
			unfinished[pid] = half{strings.TrimSuffix(text, "<unfinished ...>"), n}
			continue
		case strings.HasPrefix(text, "<... "):
			_, rest, ok := strings.Cut(text, " resumed>")
			first, known := unfinished[pid]
			if !ok || !known {
				return fmt.Errorf("trace line %d: nothing to resume", n)
			}
			delete(unfinished, pid)
			text, begun = first.text+rest, first.line
		}
		c, err := parseCall(text)
		if err != nil {
			return fmt.Errorf("trace line %d: %w", n, err)
		}
		c.begun, c.line = begun, n
		if err := visit(c); err != nil {
			return fmt.Errorf("trace line %d: %w", n, err)
		}
	}
}

func parseCall(text string) (c call, err error) {
	open := strings.IndexByte(text, '(')
	end := strings.LastIndex(text, ") = ")
	if padded := strings.LastIndex(text, "="); end < 0 && padded > 0 { // strace aligns short lines
		end = strings.LastIndexByte(text[:padded], ')')
	}
	equals := strings.LastIndex(text, "= ")
	if open < 0 || end < open || equals < end {
		return c, fmt.Errorf("%.80q is no call", text)
	}
	c.name, c.ret = text[:open], text[equals+2:]
	inString, start := false, open+1
	for i := start; i < end; i++ {
		switch {
		case text[i] == '"':
			inString = !inString
		case text[i] == ',' && !inString:
			c.args = append(c.args, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	c.args = append(c.args, strings.TrimSpace(text[start:end]))
	return c, nil
}

func (c call) failed() bool { return strings.HasPrefix(c.ret, "-1") || strings.HasPrefix(c.ret, "?") }

func (c call) number(i int) (int64, error) {
	if i >= len(c.args) {
		return 0, fmt.Errorf("%s has %d arguments", c.name, len(c.args))
	}
	return strconv.ParseInt(c.args[i], 10, 64)
}

func (c call) bytes(i int) ([]byte, error) {
	if i >= len(c.args) || !strings.HasPrefix(c.args[i], `"`) || !strings.HasSuffix(c.args[i], `"`) {
		return nil, fmt.Errorf("%s: its argument %d is not a whole string", c.name, i)
	}
	return unhex(strings.Trim(c.args[i], `"`))
}

func unhex(s string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(s, `\x`, "")) }

// fd splits "7<path>", as strace -y writes descriptors.
func fd(s string) (number, path string) {
	number, rest, _ := strings.Cut(s, "<")
	raw, err := unhex(strings.TrimSuffix(strings.TrimSuffix(rest, "(deleted)"), ">"))
	if err != nil {
		return number, ""
	}
	return number, string(raw)
}

// path resolves the argument i, relative to the directory in argument at.
func (c call) path(at, i int) (string, error) {
	name, err := c.bytes(i)
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(string(name)) || at < 0 {
		return filepath.Clean(string(name)), nil
	}
	_, dir := fd(c.args[at])
	return filepath.Join(dir, string(name)), nil
}

// readTrace turns the trace of a process that worked in dir into a history.
// base is what was durable in dir when it began.
func readTrace(file, dir string, base map[string][]byte) (*history, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := newRecorder(dir, base)
	if err := calls(f, r.take); err != nil {
		return nil, err
	}
	return &r.history, nil
}
