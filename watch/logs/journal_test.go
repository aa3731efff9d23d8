package logs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
	"kioskd/watch/logs"
)

// journald reads datagrams and files as systemd's journal does.
type journald struct {
	t    *testing.T
	conn *net.UnixConn
}

func newJournald(t *testing.T, path string) *journald {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &journald{t, conn}
}

// entry is the next one, and whether it came as a file.
func (j *journald) entry() (fields map[string]string, file bool) {
	j.t.Helper()
	if err := j.conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		j.t.Fatal(err)
	}
	data, oob := make([]byte, 1<<20), make([]byte, 64)
	n, nOOB, _, _, err := j.conn.ReadMsgUnix(data, oob)
	if err != nil {
		j.t.Fatal(err)
	}
	data = data[:n]
	if nOOB > 0 {
		file = true
		data = j.received(oob[:nOOB])
	}
	return j.parse(data), file
}

// received reads a file that came along: it must be sealed, or journald would
// refuse it.
func (j *journald) received(oob []byte) []byte {
	j.t.Helper()
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(messages) != 1 {
		j.t.Fatalf("%d messages, %v", len(messages), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		j.t.Fatalf("%d files, %v", len(fds), err)
	}
	f := os.NewFile(uintptr(fds[0]), "entry")
	defer f.Close()
	if _, err := f.WriteString("x"); !errors.Is(err, syscall.EPERM) {
		j.t.Errorf("the file can be written: %v", err)
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
	if err != nil {
		j.t.Fatal(err)
	}
	return data
}

func (j *journald) parse(data []byte) map[string]string {
	j.t.Helper()
	fields := map[string]string{}
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			j.t.Fatalf("no end of line: %q", data)
		}
		line := string(data[:end])
		data = data[end+1:]
		if key, value, ok := strings.Cut(line, "="); ok {
			fields[key] = value
			continue
		}
		n := binary.LittleEndian.Uint64(data)
		fields[line] = string(data[8 : 8+n])
		if data[8+n] != '\n' {
			j.t.Fatalf("the value of %s does not end with a new line", line)
		}
		data = data[8+n+1:]
	}
	return fields
}

func open(t *testing.T, socket string, errs io.Writer) *logs.Log {
	t.Helper()
	l := logs.Open(logs.Options{Target: logs.ToJournal, Level: slog.LevelDebug, Errs: errs, Socket: socket})
	t.Cleanup(l.Close)
	return l
}

func TestJournalFields(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	j := newJournald(t, path)
	log := open(t, path, io.Discard)
	fault := &sale.Fault{Code: sale.CodeNetDown, What: "no answer", Err: io.EOF}
	for _, c := range []struct {
		say  func()
		want map[string]string
	}{
		{
			func() {
				log.Info("order", "order", sale.Number("SH0042-7KQ4MX"), "slot", sale.Slot(11), "from", sale.Created, "to", sale.Awaiting, "cause", "code_ready", "detail", "")
			},
			map[string]string{
				"MESSAGE":  "order order=SH0042-7KQ4MX slot=11 from=created to=awaiting cause=code_ready",
				"PRIORITY": "6", "KIOSKD_EVENT": "order", "KIOSKD_ORDER": "SH0042-7KQ4MX", "KIOSKD_SLOT": "11",
				"KIOSKD_FROM": "created", "KIOSKD_TO": "awaiting", "KIOSKD_CAUSE": "code_ready",
			},
		},
		{
			func() {
				log.With("path", "/dev/x y").Warn("call", "try", 3, "took", 1500*time.Millisecond, "error", fault)
			},
			map[string]string{
				"MESSAGE":  `call path="/dev/x y" try=3 took=1.5s error="E-NET-01: no answer: EOF" code=E-NET-01`,
				"PRIORITY": "4", "KIOSKD_EVENT": "call", "KIOSKD_PATH": "/dev/x y", "KIOSKD_TRY": "3", "KIOSKD_TOOK": "1.5s",
				"KIOSKD_ERROR": "E-NET-01: no answer: EOF", "KIOSKD_CODE": "E-NET-01",
			},
		},
		{
			func() { log.WithGroup("board").Error("stack", "frame.1", "a\nb", slog.Group("at", "line", 7)) },
			map[string]string{
				"MESSAGE":  `stack board.frame.1="a\nb" board.at.line=7`,
				"PRIORITY": "3", "KIOSKD_EVENT": "stack", "KIOSKD_BOARD_FRAME_1": "a\nb", "KIOSKD_BOARD_AT_LINE": "7",
			},
		},
		{
			func() { log.Debug("two\nlines") },
			map[string]string{"MESSAGE": "two\nlines", "PRIORITY": "7", "KIOSKD_EVENT": "two\nlines"},
		},
	} {
		c.say()
		got, file := j.entry()
		c.want["SYSLOG_IDENTIFIER"] = "kioskd"
		if diff := cmp.Diff(c.want, got); diff != "" || file {
			t.Errorf("file %v, fields (-want +got):\n%s", file, diff)
		}
	}
}

func TestABigEntryIsHandedOverAsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	j := newJournald(t, path)
	log := open(t, path, io.Discard)
	stack := strings.Repeat("goroutine 1 [running]\n", 40_000)
	log.Error("painter panicked", "stack", stack)
	got, file := j.entry()
	if !file || got["KIOSKD_STACK"] != stack {
		t.Errorf("a file: %v, %d bytes of stack, want %d", file, len(got["KIOSKD_STACK"]), len(stack))
	}
	if n := len(got["MESSAGE"]); n > 1000 {
		t.Errorf("the line for people has %d bytes", n)
	}
}

// The journal is stopped, started anew, and was never there.
func TestWithoutAJournalTheLogGoesToStderr(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	var errs guarded
	j := newJournald(t, path)
	log := open(t, path, &errs)
	log.Info("first")
	if got, _ := j.entry(); got["MESSAGE"] != "first" {
		t.Errorf("first: %v", got)
	}
	j.conn.Close()
	j = newJournald(t, path+"2")
	if err := errors.Join(os.RemoveAll(path), os.Rename(path+"2", path)); err != nil {
		t.Fatal(err)
	}
	log.Info("second")
	if got, _ := j.entry(); got["MESSAGE"] != "second" {
		t.Errorf("second: %v", got)
	}
	j.conn.Close()
	os.Remove(path)
	log.Warn("third", "slot", 11)
	log.Close()
	if got := errs.String(); !strings.HasSuffix(got, " WARN third slot=11\n") {
		t.Errorf("stderr has %q", got)
	}
}

// A journal that does not read holds nobody up: what it does not take is told
// on stderr, and what is too much is counted.
func TestAJournalThatHangsHoldsNobodyUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	newJournald(t, path) // nobody reads
	var errs guarded
	log := open(t, path, &errs)
	longest := time.Duration(0)
	for i := range 5000 {
		begun := time.Now()
		log.Info("order", "order", i)
		longest = max(longest, time.Since(begun))
	}
	if longest > time.Second {
		t.Errorf("a line took %s", longest)
	}
	log.Close()
	if log.Dropped() == 0 {
		t.Error("nothing was dropped, so nothing was tried")
	}
	if got := errs.String(); !strings.Contains(got, "lines of the log were dropped, for nobody took them dropped=") {
		t.Errorf("stderr says nothing of the lines that were dropped; it has %d bytes", len(got))
	}
}

func TestAutoKnowsTheJournalsStream(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	name := fields(st.Dev, st.Ino)
	for stream, want := range map[string]bool{name: true, "": false, "8:1": false} {
		if got := logs.IsJournal(f, stream); got != want {
			t.Errorf("%q: %v, want %v", stream, got, want)
		}
	}
	path := filepath.Join(t.TempDir(), "socket")
	j := newJournald(t, path)
	log := logs.Open(logs.Options{Target: logs.Auto, Level: slog.LevelInfo, Errs: f, Stream: name, Socket: path})
	defer log.Close()
	log.Info("to the journal")
	if got, _ := j.entry(); got["MESSAGE"] != "to the journal" {
		t.Errorf("got %v", got)
	}
}

func TestStderrIsText(t *testing.T) {
	var errs bytes.Buffer
	log := logs.Open(logs.Options{Target: logs.Stderr, Level: slog.LevelInfo, Errs: &errs})
	log.Info("selling", "slot", 11)
	log.Debug("never")
	log.Close()
	if got := errs.String(); !strings.HasPrefix(got, "time=") || !strings.HasSuffix(got, "level=INFO msg=selling slot=11\n") {
		t.Errorf("stderr has %q", got)
	}
	if lines := log.Ring.Lines(9); len(lines) != 1 || !strings.HasSuffix(lines[0], "msg=selling slot=11") {
		t.Errorf("the ring has %q", lines)
	}
}

// Whatever slog wants of a handler, this one does.
func TestLimitIsAHandler(t *testing.T) {
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return logs.NewLimit(slog.NewJSONHandler(&out, nil))
	}, func(t *testing.T) map[string]any { return decoded(t, out.Bytes()) })
}
