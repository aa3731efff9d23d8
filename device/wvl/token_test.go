package wvl_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kioskd/device/wvl"
	"kioskd/device/wvl/wvltest"
	"kioskd/sale"
)

// host asks a board without a driver between them, to send what no driver would.
type host struct {
	*testing.T
	input func([]byte)
	lines chan wvl.Line
	parse wvl.Parser
	seq   uint16
	log   uint32
}

func newHost(t *testing.T, input func([]byte)) *host {
	return &host{T: t, input: input, lines: make(chan wvl.Line, 1000)}
}

// out takes what the board says.
func (h *host) out(b []byte) {
	for _, l := range h.parse.Feed(b) {
		h.lines <- l
	}
}

// try sends a line and returns the answer, "" for none in time.
func (h *host) try(text string, wait time.Duration) string {
	h.seq++
	h.input(wvl.Line{Seq: h.seq, Words: strings.Fields(text)}.Append(nil))
	limit := time.After(wait)
	for {
		select {
		case l := <-h.lines:
			if l.Seq == h.seq {
				return strings.Join(l.Words, " ")
			}
		case <-limit:
			return ""
		}
	}
}

// ask sends a line that may be repeated until it is answered.
func (h *host) ask(text string) string {
	h.Helper()
	for range 30 {
		if a := h.try(text, time.Second); a != "" {
			return a
		}
	}
	h.Fatalf("no answer to %s", text)
	return ""
}

// begin gives the board a log.
func (h *host) begin() {
	h.log = 0x3F2A9C01
	h.want("a new log", h.ask("NEWLOG 3F2A9C01"), "OK NEWLOG LOG=3F2A9C01 N=0 HAS=0")
}

// vend is the text of a command.
func (h *host) vend(token uint32, slot int, at uint32) string {
	return wvl.Vend(token, sale.Slot(slot), true, h.log, at)
}

// state asks for a token until it is not running.
func (h *host) state(token uint32) string {
	for {
		w := strings.Fields(h.ask(fmt.Sprintf("RESULT %d", token)))
		if len(w) > 2 && w[2] != "RUNNING" {
			return w[2]
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (h *host) want(what, got, want string) {
	h.Helper()
	if got != want {
		h.Errorf("%s: %q, want %q", what, got, want)
	}
}

// wantPrefix is want where the end tells a time.
func (h *host) wantPrefix(what, got, want string) {
	h.Helper()
	if !strings.HasPrefix(got, want) {
		h.Errorf("%s: %q, want %q ...", what, got, want)
	}
}

// boards runs a test on both boards. turns counts the turns of all motors.
func boards(t *testing.T, do func(h *host, turns func() int)) {
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		b := wvltest.NewBoard()
		h := newHost(t, b.Input)
		b.Start(h.out)
		do(h, func() int { return len(b.Turns()) })
	})
	t.Run("firmware", func(t *testing.T) {
		t.Parallel()
		h, f := onFirmware(t)
		do(h, func() int { return settled(t, f) })
	})
}

// settled is the number of turns when the board has told of all of them.
func settled(t *testing.T, f *wvltest.Firmware) int {
	t.Helper()
	eventually(t, "the board comes to rest", f.Idle)
	return len(f.Turns())
}

func onFirmware(t *testing.T) (*host, *wvltest.Firmware) {
	f := wvltest.Build(t, "firmware").Start(t)
	h := newHost(t, f.Input)
	f.Listen(h.out)
	return h, f
}

// A command turns the motor once: repeated while it runs, repeated later,
// repeated when its record has left the log.
func TestOneTokenOneTurn(t *testing.T) {
	boards(t, func(h *host, turns func() int) {
		h.want("before there is a log", h.ask(h.vend(7, 3, 0)), "NAK 7 LOG LOG=00000000 N=0 HAS=0")
		h.begin()
		first := h.vend(4294967295, 3, 0)
		for range 3 {
			h.wantPrefix("the command", h.ask(first), "ACK 4294967295 ") // RUNNING, or DROPPED where the test is slow
		}
		h.want("its end", h.state(4294967295), "DROPPED")
		h.wantPrefix("a repeat", h.ask(first), "ACK 4294967295 DROPPED")
		h.want("the token for another slot", h.ask(h.vend(4294967295, 4, 0)), "NAK 4294967295 OTHER LOG=3F2A9C01 N=1 HAS=1")
		h.want("the token in a new command", h.ask(h.vend(4294967295, 3, 1)), "NAK 4294967295 KNOWN LOG=3F2A9C01 N=1 HAS=1")
		h.want("for another log", h.ask(wvl.Vend(9, 3, true, 1, 1)), "NAK 9 LOG LOG=3F2A9C01 N=1 HAS=1")
		h.want("from the future", h.ask(h.vend(9, 3, 2)), "NAK 9 OLD LOG=3F2A9C01 N=1 HAS=1")
		h.want("damaged", h.ask(strings.Replace(h.vend(9, 3, 1), "VEND 9", "VEND 8", 1)), "NAK 0 ARG LOG=3F2A9C01 N=1 HAS=1")
		h.want("a slot that is not there", h.ask(h.vend(9, 9, 1)), "NAK 9 NONE LOG=3F2A9C01 N=1 HAS=1")
		if n := turns(); n != 1 {
			h.Fatalf("%d turns for one token", n)
		}
		// Tokens begin anew after the greatest; then the log runs over.
		for token := uint32(1); token <= 33; token++ {
			h.wantPrefix("the next", h.ask(h.vend(token, 1+int(token)%8, token)), fmt.Sprintf("ACK %d ", token))
			if got := h.state(token); got != "DROPPED" {
				h.Fatalf("token %d ended as %s", token, got)
			}
		}
		h.want("a repeat that the log has forgotten", h.ask(first), "NAK 4294967295 OLD LOG=3F2A9C01 N=34 HAS=32")
		if n := turns(); n != 34 {
			h.Errorf("%d turns for 34 tokens", n)
		}
	})
}

// Old and new commands for a few tokens, in any order and any number: each
// text turns a motor once at most.
func TestAnyOrderOfCommands(t *testing.T) {
	boards(t, func(h *host, turns func() int) {
		h.begin()
		rng := rand.New(rand.NewPCG(1, 2))
		var sent []string
		turned, before := map[string]int{}, 0
		for range 60 {
			token := []uint32{1, 2, 4294967295}[rng.IntN(3)]
			text := h.vend(token, 1+rng.IntN(3), logCount(h))
			if len(sent) > 0 && rng.IntN(3) > 0 {
				text = sent[rng.IntN(len(sent))]
			}
			sent = append(sent, text)
			h.ask(text)
			for strings.Contains(h.ask("STATUS"), "BUSY") {
			}
			now := turns()
			if turned[text] += now - before; turned[text] > 1 {
				h.Fatalf("%s turned the motor again", text)
			}
			before = now
		}
	})
}

// The power fails at every few milliseconds of a vend, and after every byte
// that the firmware writes for it: 12 of the intent, 10 of the outcome. Then
// RESULT tells the truth, and the same command turns the motor only if it had
// not turned.
func TestFirmwarePowerCuts(t *testing.T) {
	t.Run("in time", func(t *testing.T) {
		c := newCuts(t)
		for us := 4000; us <= 160000; us += 6000 {
			c.cut(fmt.Sprintf("power cut after %d us", us), func() { c.f.CutIn(us) })
		}
		c.saw("UNKNOWN", "DROPPED")
	})
	t.Run("in writing", func(t *testing.T) {
		c := newCuts(t)
		for n := 1; n <= 22; n++ {
			c.cut(fmt.Sprintf("power cut after %d bytes", n), func() { c.f.CutByte(n) })
		}
		c.saw("UNKNOWN", "ABORTED", "DROPPED")
	})
}

// cuts is a board whose power fails in one vend after the other.
type cuts struct {
	*host
	f     *wvltest.Firmware
	token uint32
	seen  map[string]int
}

func newCuts(t *testing.T) *cuts {
	t.Parallel()
	h, f := onFirmware(t)
	h.begin()
	return &cuts{h, f, 0x10101010, map[string]int{}}
}

func (c *cuts) cut(what string, arm func()) {
	c.Helper()
	c.token += 0x01010101 // no byte is as in the record before: each is written
	turns, drops, resets := len(c.f.Turns()), len(c.f.Drops()), c.f.Resets()
	command := c.vend(c.token, 1+int(c.token)%8, logCount(c.host))
	arm()
	time.Sleep(20 * time.Millisecond) // the board must know before the line comes
	c.try(command, 50*time.Millisecond)
	for end := time.Now().Add(3 * time.Second); c.f.Resets() == resets && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	reset(c.host, c.f) // takes back a cut that did not come to pass
	state := c.state(c.token)
	c.seen[state]++
	turned, fell := settled(c.T, c.f)-turns, len(c.f.Drops())-drops
	if state == "UNKNOWN" && turned != 0 || state == "DROPPED" && fell != 1 || state == "NODROP" && fell != 0 {
		c.Errorf("%s: %s, with %d turns and %d drops", what, state, turned, fell)
	}
	c.wantPrefix("the repeat", c.ask(command), fmt.Sprintf("ACK %d ", c.token))
	c.state(c.token)
	// An intent that was written to its last byte is a vend that ended there.
	if n := settled(c.T, c.f) - turns; n > 1 || state == "UNKNOWN" && n != 1 {
		c.Errorf("%s: %s, and %d turns after the repeat", what, state, n)
	}
}

func (c *cuts) saw(states ...string) {
	c.Helper()
	c.Logf("states after the cuts: %v", c.seen)
	for _, s := range states {
		if c.seen[s] == 0 {
			c.Errorf("no cut ended as %s: the cuts missed a part of the vend", s)
		}
	}
}

func logCount(h *host) (n uint32) {
	h.Helper()
	for _, w := range strings.Fields(h.ask("STATUS")) {
		fmt.Sscanf(w, "N=%d", &n)
	}
	return n
}

// reset cuts the power and waits until the board is back.
func reset(h *host, f *wvltest.Firmware) {
	h.Helper()
	before := f.Resets()
	f.Reset()
	for f.Resets() == before {
		time.Sleep(5 * time.Millisecond)
	}
	h.ask("STATUS")
}

func TestFirmwareLosesItsMemory(t *testing.T) {
	t.Parallel()
	h, f := onFirmware(t)
	h.begin()
	first, second := h.vend(1, 1, 0), h.vend(2, 2, 1)
	h.ask(first)
	h.state(1)
	h.ask(second)
	h.state(2)
	// One bit of the newest intent, whose outcome still tells that it was.
	const cells, size = 96, 22
	f.Rot(cells + 2*size + 5)
	reset(h, f)
	h.want("a rotten record", h.ask("RESULT 2"), "OK 2 UNKNOWN LOG=3F2A9C01 N=2 HAS=0")
	h.want("its repeat", h.ask(second), "NAK 2 OLD LOG=3F2A9C01 N=2 HAS=0")
	h.wantPrefix("the record before it", h.ask(first), "ACK 1 DROPPED")
	f.Wipe()
	reset(h, f)
	h.want("another EEPROM", h.ask("HELLO 1"), "OK WVL/1 board=avr328 fw=1.0 slots=8 boot=1 log=00000000")
	h.want("a command for the old one", h.ask(first), "NAK 1 LOG LOG=00000000 N=0 HAS=0")
	h.want("a log", h.ask("NEWLOG 00000002"), "OK NEWLOG LOG=00000002 N=0 HAS=0")
	h.want("a command for the old one", h.ask(first), "NAK 1 LOG LOG=00000002 N=0 HAS=0")
	h.want("a second log", h.ask("NEWLOG 00000003"), "NAK 0 LOG LOG=00000002 N=0 HAS=0")
	if n := len(f.Turns()); n != 2 {
		t.Errorf("%d turns for 2 tokens", n)
	}
}

func TestFirmwareGuards(t *testing.T) {
	t.Parallel()
	h, f := onFirmware(t)
	h.begin()
	f.Beam(1)
	for !strings.Contains(h.ask("STATUS 3"), "SENSOR") {
	}
	h.want("a blocked beam", h.ask(h.vend(1, 3, 0)), "NAK 1 SENSOR LOG=3F2A9C01 N=0 HAS=0")
	f.Beam(0)
	for !strings.Contains(h.ask("STATUS 3"), "READY") {
	}
	f.Stick()
	h.ask("STATUS")
	time.Sleep(20 * time.Millisecond)
	h.ask(h.vend(1, 3, 0))
	h.want("another while the motor has power", h.ask(h.vend(2, 4, 1)), "NAK 2 BUSY LOG=3F2A9C01 N=1 HAS=1")
	h.want("a motor that never leaves home", h.state(1), "JAM")
	// The program dies with a motor on: the watchdog must take its power.
	f.Hang()
	h.ask("STATUS")
	time.Sleep(20 * time.Millisecond)
	h.ask(h.vend(2, 4, 1))
	h.want("a program that died", h.state(2), "ABORTED")
	eventually(t, "the watchdog takes the motor's power", f.Idle)
	for _, bad := range []string{"HELLO 2", "STATUS x", "RESULT", "RESULT 01", "RESULT 4294967296", "DANCE"} {
		if got := h.ask(bad); !strings.HasPrefix(got, "NAK 0 ") {
			t.Errorf("%s is answered with %q", bad, got)
		}
	}
}
