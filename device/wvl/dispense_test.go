package wvl_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/device/wvl"
	"kioskd/device/wvl/wvltest"
	"kioskd/sale"
)

const limit = 15 * time.Second

// bench is a driver on a board in memory.
type bench struct {
	*testing.T
	board *wvltest.Board
	wire  *wvltest.Wire
	dev   *wvl.Dev
}

func newBench(t *testing.T) *bench {
	t.Parallel()
	b := &bench{T: t, board: wvltest.NewBoard()}
	b.wire, b.dev = newDriver(t, b.board.Input)
	b.board.Start(b.wire.Output)
	b.ready()
	return b
}

func newDriver(t *testing.T, input func([]byte)) (*wvltest.Wire, *wvl.Dev) {
	path := filepath.Join(t.TempDir(), "port")
	w, err := wvltest.NewWire(path, input)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	d := wvl.Open(path, wvl.DefaultSettings(), wvl.Options{})
	t.Cleanup(func() { d.Close() })
	return w, d
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

func (b *bench) ready() {
	b.Helper()
	eventually(b.T, "Health is nil", func() bool { return b.dev.Health() == nil })
}

func (b *bench) context() context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), limit)
	b.Cleanup(cancel)
	return ctx
}

func (b *bench) check(token uint32) sale.Command {
	b.Helper()
	e, err := b.dev.Check(b.context(), 3)
	if err != nil {
		b.Fatalf("Check: %v", err)
	}
	return sale.Command{Number: "T", Token: token, Slot: 3, Evidence: e}
}

func (b *bench) dispense(c sale.Command, want sale.Outcome, detail string) {
	b.Helper()
	b.verdict("Dispense", b.dev.Dispense(b.context(), c), want, detail)
}

func (b *bench) recover(c sale.Command, want sale.Outcome, detail string) {
	b.Helper()
	v, err := b.dev.Recover(b.context(), c)
	if err != nil {
		b.Fatalf("Recover: %v", err)
	}
	b.verdict("Recover", v, want, detail)
}

func (b *bench) verdict(who string, v sale.Verdict, want sale.Outcome, detail string) {
	b.Helper()
	if v.Outcome != want || !strings.HasPrefix(v.Detail, detail) {
		b.Errorf("%s says %v (%s), want %v (%s)", who, v.Outcome, v.Detail, want, detail)
	}
}

// The command is written again with every word the same, and turns once.
func TestLostCommandIsRepeated(t *testing.T) {
	b := newBench(t)
	c := b.check(1)
	b.wire.With(func(t *wvltest.Trouble) { t.LoseCommand = true })
	b.dispense(c, sale.OutcomeDispensed, "DROPPED after ")
	sent := b.wire.Commands()
	if len(sent) != 2 {
		t.Fatalf("%d commands, want the lost one and its repeat", len(sent))
	}
	words := func(l []byte) string {
		_, text, _ := bytes.Cut(l, []byte(" "))
		text, _, _ = bytes.Cut(text, []byte("*"))
		return string(text)
	}
	if words(sent[0]) != words(sent[1]) {
		t.Errorf("the repeat %q differs from %q", sent[1], sent[0])
	}
	if n := len(b.board.Turns()); n != 1 {
		t.Errorf("%d turns", n)
	}
}

// The power fails while the board writes down the command: it never had it.
func TestTornIntent(t *testing.T) {
	b := newBench(t)
	c := b.check(1)
	b.board.Tear()
	b.dispense(c, sale.OutcomeDispensed, "DROPPED after ")
	if n := len(b.board.Turns()); n != 1 {
		t.Errorf("%d turns", n)
	}
}

func TestMemoryLostBeforeDispense(t *testing.T) {
	b := newBench(t)
	c := b.check(1)
	c.Evidence = wvl.Evidence(0x3F2A9C01, 0)
	v := b.dev.Dispense(b.context(), c)
	_, tail, _ := strings.Cut(v.Detail, ", and ")
	if want := "3F2A9C01 when the slot was checked: the board was exchanged or its memory cleared"; v.Outcome != sale.OutcomeNotDispensed || tail != want {
		t.Errorf("%v (%s), want %s", v.Outcome, v.Detail, want)
	}
	if n := len(b.wire.Commands()); n != 0 {
		t.Errorf("%d commands for a board that was not checked", n)
	}
}

// Another EEPROM in the middle of a vend: nobody knows, and nothing is sent
// to the board that would obey it again.
func TestMemoryLostInDispense(t *testing.T) {
	b := newBench(t)
	c := b.check(1)
	b.wire.With(func(t *wvltest.Trouble) { t.LoseReports = true })
	got := make(chan sale.Verdict, 1)
	go func() { got <- b.dev.Dispense(b.context(), c) }()
	eventually(t, "the motor turns", func() bool { return len(b.board.Turns()) == 1 })
	b.board.Wipe()
	b.verdict("Dispense", <-got, sale.OutcomeUnknown, "the controller's log is ")
	b.recover(c, sale.OutcomeUnknown, "the controller's log is ")
	if n := len(b.board.Turns()); n != 1 {
		t.Errorf("%d turns", n)
	}
}

func TestTokenUsedBefore(t *testing.T) {
	b := newBench(t)
	b.dispense(b.check(1), sale.OutcomeDispensed, "DROPPED after ")
	again := b.check(1)
	b.dispense(again, sale.OutcomeNotDispensed, "no byte of the command left: the controller used token 1 before, for slot 3 (DROPPED)")
	b.recover(again, sale.OutcomeUnknown, "the controller has the token from before this order (record 1, at 1)")
	b.dispense(b.check(0), sale.OutcomeNotDispensed, "no byte of the command left: token 0 for slot 3: both begin at 1")
	if n := len(b.board.Turns()); n != 1 {
		t.Errorf("%d turns", n)
	}
}

// The log forgets: after so many vends it proves nothing about an old command.
func TestLogRunsOver(t *testing.T) {
	b := newBench(t)
	b.board.Keep = 3
	never, first := b.check(1000), b.check(1)
	b.dispense(first, sale.OutcomeDispensed, "DROPPED after ")
	b.recover(never, sale.OutcomeNotDispensed, "log ")
	for token := uint32(2); token <= 4; token++ {
		b.dispense(b.check(token), sale.OutcomeDispensed, "DROPPED after ")
	}
	const why = "the controller does not know the token, and its log does not reach back far enough (record 0; it has the last 3 of 4)"
	b.recover(never, sale.OutcomeUnknown, why)
	b.recover(first, sale.OutcomeUnknown, why)
	b.dispense(never, sale.OutcomeNotDispensed, "no byte of the command left: the controller's log does not reach back to when the slot was checked (record 0; it has the last 3 of 4)")
}

func TestRecovered(t *testing.T) {
	const log, tail = 0x3F2A9C01, " LOG=3F2A9C01 N=57 HAS=32"
	for _, c := range []struct {
		name, words string
		evidence    sale.Evidence
		sensor      bool
		want        sale.Outcome
		detail      string
	}{
		{"dropped", "7 DROPPED 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeDispensed, "DROPPED after 80 ms"},
		{"dropped, no evidence", "7 DROPPED 80 SLOT=3 I=57" + tail, nil, true, sale.OutcomeDispensed, "DROPPED after 80 ms"},
		{"no drop", "7 NODROP 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeNotDispensed, "NODROP after 80 ms"},
		{"no drop, and no sensor", "7 NODROP 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), false, sale.OutcomeUnknown, "NODROP after 80 ms, which proves nothing here"},
		{"jam", "7 JAM 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeNotDispensed, "JAM after 80 ms"},
		{"jam without a sensor", "7 JAM 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), false, sale.OutcomeUnknown, "JAM after 80 ms, which proves nothing here"},
		{"turned", "7 TURNED 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), false, sale.OutcomeDispensed, "TURNED after 80 ms"},
		{"turned, with a sensor", "7 TURNED 80 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeUnknown, "TURNED after 80 ms, which proves nothing here"},
		{"aborted", "7 ABORTED 0 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeUnknown, "ABORTED: the controller lost its power or was told to stop during the vend"},
		{"no state", "7 WOBBLY 0 SLOT=3 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeUnknown, "the controller says WOBBLY, which is no result"},
		{"another slot", "7 DROPPED 80 SLOT=4 I=57" + tail, wvl.Evidence(log, 56), true, sale.OutcomeUnknown, "the controller has the token for slot 4"},
		{"an older record", "7 NODROP 80 SLOT=3 I=56" + tail, wvl.Evidence(log, 56), true, sale.OutcomeUnknown, "the controller has the token from before this order (record 56, at 56)"},
		{"another log", "7 NODROP 80 SLOT=3 I=57" + tail, wvl.Evidence(1, 56), true, sale.OutcomeUnknown, "the controller's log is 3F2A9C01, and 00000001 when the slot was checked: the board was exchanged or its memory cleared"},
		{"never came", "7 UNKNOWN" + tail, wvl.Evidence(log, 25), true, sale.OutcomeNotDispensed, "log 3F2A9C01 has every record since the slot was checked, and not this token"},
		{"not known, too long ago", "7 UNKNOWN" + tail, wvl.Evidence(log, 24), true, sale.OutcomeUnknown, "the controller does not know the token, and its log does not reach back far enough (record 24; it has the last 32 of 57)"},
		{"not known, and the log went back", "7 UNKNOWN" + tail, wvl.Evidence(log, 58), true, sale.OutcomeUnknown, "the controller does not know the token, and its log does not reach back far enough (record 58; it has the last 32 of 57)"},
		{"not known to another log", "7 UNKNOWN" + tail, wvl.Evidence(1, 56), true, sale.OutcomeUnknown, "the controller's log is 3F2A9C01, and 00000001 when the slot was checked: the board was exchanged or its memory cleared"},
		{"not known, no evidence", "7 UNKNOWN" + tail, nil, true, sale.OutcomeUnknown, "the controller does not know the token, and nothing says which log it had before"},
		{"not known, evidence of tomorrow", "7 UNKNOWN" + tail, sale.Evidence(`{"v":2,"log":1059757057,"n":56}`), true, sale.OutcomeUnknown, "the controller does not know the token, and nothing says which log it had before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := wvl.Recovered(sale.Command{Token: 7, Slot: 3, Evidence: c.evidence}, strings.Fields(c.words), c.sensor)
			if got.Outcome != c.want || got.Detail != c.detail {
				t.Errorf("%v (%s), want %v (%s)", got.Outcome, got.Detail, c.want, c.detail)
			}
		})
	}
}

// Boards that must not be sold from, each with the technician's words.
func TestStrangers(t *testing.T) {
	for _, c := range []struct{ name, hello, want string }{
		{
			"no log", "OK WVL/1 board=demo fw=0.1 slots=8 boot=17",
			`E-BOARD-01: the controller answers HELLO with ["OK" "WVL/1" "board=demo" "fw=0.1" "slots=8" "boot=17"] (it needs firmware for WVL/1 that names its log, as docs/controllers/wvl.md has it)`,
		},
		{
			"another version", "NAK 0 VERSION",
			`E-BOARD-01: the controller answers HELLO with ["NAK" "0" "VERSION"] (it needs firmware for WVL/1 that names its log, as docs/controllers/wvl.md has it)`,
		},
		{
			"silent", "",
			"E-SERIAL-03: the controller has not answered yet on ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var w *wvltest.Wire
			ready := make(chan struct{})
			var p wvl.Parser
			w, d := newDriver(t, func(b []byte) {
				<-ready
				for _, l := range p.Feed(b) {
					if c.hello != "" && l.Words[0] == "HELLO" {
						w.Output(wvl.Line{Seq: l.Seq, Words: strings.Fields(c.hello)}.Append(nil))
					}
				}
			})
			close(ready)
			eventually(t, c.want, func() bool { return strings.HasPrefix(d.Health().Error(), c.want) })
			if _, err := d.Check(t.Context(), 3); err == nil || !strings.HasPrefix(err.Error(), "check slot 3: "+c.want) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}
