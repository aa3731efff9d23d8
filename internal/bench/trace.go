package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// traced is what the system calls say a sale writes to files at given offsets,
// which only the ledger does. It is zero where strace is missing or may not.
type traced struct {
	Sales int     `json:"sales"`
	Bytes int64   `json:"bytes_per_sale"`
	Syncs float64 `json:"syncs_per_sale"`
}

// tracer is a running strace. A nil one watches nothing.
type tracer struct {
	strace *exec.Cmd
	out    string
}

// trace begins to watch a process. It returns nil if it cannot.
func trace(pid int, out string, say func(string, ...any)) *tracer {
	c := exec.Command("strace", "-f", "-qq", "-s", "0", "-e", "trace=pwrite64,fsync,fdatasync", "-o", out, "-p", strconv.Itoa(pid))
	if err := c.Start(); err != nil {
		say("no count by system calls: %v", err)
		return nil
	}
	tracedBy := "/proc/" + strconv.Itoa(pid) + "/status"
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if s, err := fields(tracedBy); err == nil && s["TracerPid"] == int64(c.Process.Pid) {
			return &tracer{c, out}
		}
	}
	say("no count by system calls: strace may not watch the daemon")
	_ = c.Process.Kill()
	_ = c.Wait()
	return nil
}

var written = regexp.MustCompile(`pwrite64.* = (\d+)$`)

// end stops watching and counts for so many sales.
func (t *tracer) end(sales int) (sum traced) {
	if t == nil {
		return sum
	}
	_ = t.strace.Process.Signal(syscall.SIGINT) // it lets go of the daemon
	_ = t.strace.Wait()
	f, err := os.Open(t.out)
	if err != nil || sales == 0 {
		return sum
	}
	defer f.Close()
	return count(f, sales)
}

// count reads what strace wrote.
func count(trace io.Reader, sales int) traced {
	var syncs int
	var bytes int64
	for lines := bufio.NewScanner(trace); lines.Scan(); {
		line := lines.Text()
		if m := written.FindStringSubmatch(line); m != nil {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			bytes += n
		}
		if strings.Contains(line, "sync(") { // where it began
			syncs++
		}
	}
	return traced{sales, bytes / int64(sales), round(float64(syncs) / float64(sales))}
}
