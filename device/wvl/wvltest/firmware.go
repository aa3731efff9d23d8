package wvltest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kioskd/internal/need"
)

// Programs are the reference firmware and the simulated cabinet that runs it.
type Programs struct{ firmware, runner string }

// Build makes both from the sources in dir, which is device/wvl/firmware, or
// ends the test where the compilers or simavr are missing.
func Build(t testing.TB, dir string) Programs {
	t.Helper()
	for _, tool := range []string{"make", "cc", "avr-gcc"} {
		need.Tool(t, tool)
	}
	for file, what := range map[string]string{
		"/usr/include/simavr/sim_avr.h": "libsimavr-dev", "/usr/lib/avr/include/avr/io.h": "avr-libc", "/usr/include/libelf.h": "libelf-dev",
	} {
		if _, err := os.Stat(file); err != nil {
			need.Missing(t, what+" is not installed (make tools installs it)")
		}
	}
	out := t.TempDir()
	for _, d := range []string{dir, filepath.Join(dir, "sim")} {
		// A short wait for a late product: the suite has many that hang.
		cmd := exec.Command("make", "-s", "-C", d, "OUT="+out, "EXTRA=-DLINGER_MS=300")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make in %s: %v\n%s", d, err, text)
		}
	}
	return Programs{filepath.Join(out, "wvl.elf"), filepath.Join(out, "runner")}
}

// Firmware is a simulated board that runs the reference firmware.
type Firmware struct {
	t       testing.TB
	uart    *os.File
	control io.Writer

	mu      sync.Mutex
	turns   []int // slots, in the order in which their motors turned
	drops   []int
	turning bool
	resets  int
	sent    int // bytes to the board ...
	rested  int // ... and those that it has dealt with
}

// Start powers a board with a blank EEPROM. The test's clean-up ends it.
func (p Programs) Start(t testing.TB) *Firmware {
	t.Helper()
	cmd := exec.Command(p.runner, p.firmware)
	control, err1 := cmd.StdinPipe()
	events, err2 := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &Firmware{t: t, control: control}
	lines := bufio.NewScanner(events)
	if !lines.Scan() {
		t.Fatal("the simulated board does not start")
	}
	var err error
	if f.uart, err = os.OpenFile(lines.Text(), os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	var watch sync.WaitGroup
	watch.Go(func() { f.watch(lines) })
	t.Cleanup(func() {
		control.Close() // which ends it
		watch.Wait()
		cmd.Wait()
		f.uart.Close()
	})
	return f
}

// watch keeps the books.
func (f *Firmware) watch(lines *bufio.Scanner) {
	for lines.Scan() {
		what, arg, _ := strings.Cut(lines.Text(), " ")
		slot, _ := strconv.Atoi(arg) // of a rest, bytes
		f.mu.Lock()
		switch what {
		case "turn":
			f.turns, f.turning = append(f.turns, slot), true
		case "drop":
			f.drops = append(f.drops, slot)
		case "off":
			f.turning = false
		case "reset":
			f.resets++
		case "rest":
			f.rested = slot
		}
		f.mu.Unlock()
	}
}

// Listen hands what the board says to out, until it ends.
func (f *Firmware) Listen(out func([]byte)) {
	var reader sync.WaitGroup
	reader.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := f.uart.Read(buf)
			if err != nil {
				return
			}
			out(buf[:n])
		}
	})
}

// Input gives the board bytes.
func (f *Firmware) Input(b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent += len(b)
	f.uart.Write(b)
}

func (f *Firmware) tell(format string, a ...any) {
	if _, err := fmt.Fprintf(f.control, format+"\n", a...); err != nil {
		f.t.Logf("tell the simulated board: %v", err)
	}
}

// Its people: see firmware/sim/runner.c.

func (f *Firmware) Press(key int)    { f.tell("press %d", key) }
func (f *Firmware) Jam()             { f.tell("jam") }
func (f *Firmware) Stick()           { f.tell("stuck") }
func (f *Firmware) CutBefore()       { f.tell("cut before") }
func (f *Firmware) CutAfter()        { f.tell("cut after") }
func (f *Firmware) CutIn(us int)     { f.tell("cut in %d", us) }
func (f *Firmware) CutByte(n int)    { f.tell("cut byte %d", n) }
func (f *Firmware) Hang()            { f.tell("hang") }
func (f *Firmware) Reset()           { f.tell("reset") }
func (f *Firmware) Wipe()            { f.tell("wipe") }
func (f *Firmware) Rot(at int)       { f.tell("rot %d", at) }
func (f *Firmware) Beam(blocked int) { f.tell("beam %d", blocked) }

// Turns and Drops are the slots whose motors turned and whose products fell.
func (f *Firmware) Turns() []int { return f.book(&f.turns) }
func (f *Firmware) Drops() []int { return f.book(&f.drops) }

func (f *Firmware) book(of *[]int) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int(nil), *of...)
}

// Resets is how often the power failed or the watchdog bit.
func (f *Firmware) Resets() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.resets
}

// Idle: no motor has power, and the board has dealt with all that it got.
func (f *Firmware) Idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.turning && f.rested == f.sent
}
