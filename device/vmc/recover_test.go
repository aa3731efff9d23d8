package vmc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kioskd/device/vmc"
	"kioskd/sale"
)

type recovered struct {
	sale.Verdict
	err error
}

func (b *board) recover(limit time.Duration, e string) func() recovered {
	c := command(13)
	c.Evidence = sale.Evidence(e)
	return later(func() recovered {
		v, err := b.dev.Recover(within(b, limit), c)
		return recovered{v, err}
	})
}

func counting() vmc.Settings {
	s := vmc.DefaultSettings()
	s.Counts = true
	return s
}

// noted is evidence of an earlier process.
func noted(sold int, jammed bool) string {
	return fmt.Sprintf(`{"v":1,"run":1,"counters":{"sold":%d,"amount":0,"jammed":%v}}`, sold, jammed)
}

// A process that starts asks what became of another one's command.
func TestRecoverAfterRestart(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings vmc.Settings
		evidence string
		sold     uint32
		jams     []byte
		outcome  sale.Outcome
		detail   string
	}{
		{"counted", counting(), noted(7, false), 8, nil, given, "sales counter 7, then 8"},
		{"counted, jammed long ago", counting(), noted(7, true), 8, []byte{13}, given, "sales counter 7, then 8"},
		{"jammed", counting(), noted(7, false), 7, []byte{1, 13}, not, "sales counter 7, then 7, and the slot is newly in the jam list"},
		{"jammed long ago", counting(), noted(7, true), 7, []byte{13}, unknown, "the controller cannot say: sales counter 7, then 7"},
		{"another slot is jammed", counting(), noted(7, false), 7, []byte{14}, unknown, "the controller cannot say: sales counter 7, then 7"},
		{"counted and jammed", counting(), noted(7, false), 8, []byte{13}, unknown, "the controller cannot say: sales counter 7, then 8, and the slot is newly in the jam list"},
		{"counted twice", counting(), noted(7, false), 9, nil, unknown, "the controller cannot say: sales counter 7, then 9"},
		{"counter set back", counting(), noted(7, false), 0, nil, unknown, "the controller cannot say: sales counter 7, then 0"},
		{"counter goes round", counting(), noted(0xFFFFFFFF, false), 0, nil, given, "sales counter 4294967295, then 0"},
		{"jammed, no sensor", vmc.Settings{Counts: true, CheckLen: 3}, noted(7, false), 7, []byte{13}, unknown,
			"the controller cannot say: sales counter 7, then 7, and the slot is newly in the jam list"},
		{"counters that do not count", vmc.DefaultSettings(), noted(7, false), 8, nil, unknown, "the controller cannot say: no sales counter to compare with"},
		{"no evidence", counting(), "", 8, nil, unknown, "the controller cannot say: no sales counter to compare with"},
		{"evidence without counters", counting(), `{"v":1}`, 8, nil, unknown, "the controller cannot say: no sales counter to compare with"},
		{"evidence of a later version", counting(), `{"v":2,"counters":{"sold":7}}`, 8, nil, unknown, "the controller cannot say: no sales counter to compare with"},
		{"evidence that is none", counting(), "\xFF", 8, nil, unknown, "the controller cannot say: no sales counter to compare with"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.settings, func(b *board) {
				wait := b.recover(20*time.Second, c.evidence)
				time.Sleep(time.Second)
				b.plug()
				stop := b.answers(c.sold, c.jams...)
				got := wait()
				stop()
				if got.err != nil {
					b.Fatal(got.err)
				}
				b.want(got.Verdict, c.outcome, c.detail)
				for _, f := range b.sent {
					if p := f[:8]; p != "FA FB 31" && p != "FA FB 70" {
						b.Errorf("Recover sent %s", f)
					}
				}
			})
		})
	}
}

// The VMC is still vending as the process starts, or repeats what nobody
// acknowledged.
func TestRecoverHears(t *testing.T) {
	for _, c := range []struct {
		name    string
		after   time.Duration
		words   []byte
		outcome sale.Outcome
		detail  string
	}{
		{"before it is asked", -1, []byte{0x02}, given, "status 02: dispensed"},
		{"at once", 0, []byte{0x02}, given, "status 02: dispensed"},
		{"late", 8 * time.Second, []byte{0x02}, given, "status 02: dispensed"},
		{"very late, but under way", 6 * time.Second, []byte{0x01, 0x10, 0x10, 0x02}, given, "status 02: dispensed"},
		{"jam", 3 * time.Second, []byte{0x03}, not, "status 03: selection jammed"},
		{"terminated, and what came before is not known", 3 * time.Second, []byte{0xFF}, unknown, "status FF: purchase terminated, and an earlier word may have been missed; the controller cannot say: sales counter 7, then 7"},
		{"ran on", 3 * time.Second, []byte{0x04}, unknown, "status 04: the motor did not stop normally; the controller cannot say: sales counter 7, then 7"},
		{"ran on, and fell after all", 3 * time.Second, []byte{0x04, 0x02}, given, "status 02: dispensed"},
		{"unlisted", 3 * time.Second, []byte{0x77}, unknown, "the controller cannot say: sales counter 7, then 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, counting(), func(b *board) {
				say := func() {
					for i, w := range c.words {
						if i > 0 {
							b.quietly(4*time.Second, 7)
						}
						b.status(w, 13)
					}
				}
				if c.after < 0 {
					say()
				}
				wait := b.recover(20*time.Second, noted(7, false))
				if c.after >= 0 {
					b.quietly(c.after, 7)
					say()
				}
				stop := b.answers(7)
				got := wait()
				stop()
				if got.err != nil {
					b.Fatal(got.err)
				}
				b.want(got.Verdict, c.outcome, c.detail)
			})
		})
	}
}

// quietly answers questions for a while.
func (b *board) quietly(d time.Duration, sold uint32, jams ...byte) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		b.answer(b.poll(), sold, jams)
	}
}

// A vend of another process was under way. Nobody knows what it said before
// this one listened, so that a counter that stands still proves nothing.
func TestRecoverNeverProvesByForeignSilence(t *testing.T) {
	talking(t, counting(), func(b *board) {
		b.status(0x01, 13)
		b.idle(time.Minute)
		wait := b.recover(20*time.Second, noted(7, false))
		stop := b.answers(7)
		got := wait()
		stop()
		b.want(got.Verdict, unknown, "the controller cannot say: sales counter 7, then 7")
	})
}

// The result of another order of the same slot says nothing of this one.
func TestRecoverAnotherOrder(t *testing.T) {
	talking(t, vmc.DefaultSettings(), func(b *board) {
		wait := b.dispense(time.Minute)
		b.ack()
		b.status(0x02, 13)
		b.want(wait(), given, "status 02: dispensed")
		b.idle(11 * time.Second)
		v, err := b.dev.Recover(within(b, 20*time.Second), sale.Command{Number: "SH0042000002", Slot: 13})
		if err != nil || v.Outcome != unknown {
			b.Errorf("Recover of another order: %v, %v", v, err)
		}
		v, err = b.dev.Recover(within(b, 20*time.Second), command(13))
		if err != nil || v.Outcome != given {
			b.Errorf("Recover of the order: %v, %v", v, err)
		}
	})
}

// The process that sent the command asks itself. A counter that stands still
// is proof only if the VMC was heard all the time.
func TestRecoverInTheSameProcess(t *testing.T) {
	const heard = "the sales counter stands at 7 as before the command, and the controller was heard without a break since"
	const stands = "the controller cannot say: sales counter 7, then 7"
	for _, c := range []struct {
		name    string
		vend    func(*board) // between the command and its end
		limit   time.Duration
		sold    uint32
		outcome sale.Outcome
		detail  string
	}{
		{"command lost", func(b *board) { b.idle(11 * time.Second) }, 20 * time.Second, 7, not, heard},
		{"command lost, asked at once", nil, 20 * time.Second, 7, not, heard},
		{"command lost, no time to listen", nil, 3 * time.Second, 7, unknown, stands},
		{"result lost", nil, 20 * time.Second, 8, given, "sales counter 7, then 8"},
		{"started, nothing since", func(b *board) { b.status(0x01, 13) }, 20 * time.Second, 7, unknown, stands},
		{"started, nothing for a long time", func(b *board) { b.status(0x01, 13); b.idle(50 * time.Second) }, 20 * time.Second, 7, not, heard},
		{"unplugged", func(b *board) { b.unplug(); b.plug() }, 20 * time.Second, 7, unknown, stands},
		{"silent", func(b *board) { time.Sleep(4 * time.Second); b.poll() }, 20 * time.Second, 7, unknown, stands},
		{"restart", func(b *board) { b.data(0x31) }, 20 * time.Second, 7, unknown, stands},
		{"a word missed", func(b *board) { b.pack++; b.data(0x05, 0, 14) }, 20 * time.Second, 7, unknown, stands},
		{"ran on", func(b *board) { b.status(0x04, 13) }, 20 * time.Second, 7, unknown, "status 04: the motor did not stop normally; " + stands},
		{"ran on, counted", func(b *board) { b.status(0x04, 13) }, 20 * time.Second, 8, given, "sales counter 7, then 8"},
		{"result after the deadline", func(b *board) { b.idle(61 * time.Second); b.status(0x02, 13) }, 20 * time.Second, 7, given, "status 02: dispensed"},
		{"another slot's result", func(b *board) { b.status(0x02, 14) }, 3 * time.Second, 7, unknown, stands},
	} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, counting(), func(b *board) {
				check := later(func() checked { e, err := b.dev.Check(within(b, time.Minute), 13); return checked{e, err} })
				b.quietly(time.Second, 7)
				e := check()
				if e.err != nil {
					b.Fatal(e.err)
				}
				b.quietly(time.Second, 7)
				order := command(13)
				order.Evidence = e.evidence
				dispense := later(func() sale.Verdict { return b.dev.Dispense(within(b, 500*time.Millisecond), order) })
				if got := b.poll(); !strings.HasPrefix(got, "FA FB 06") {
					b.Fatalf("the POLL is answered by %s", got)
				}
				b.quietly(time.Second, 7)
				b.want(dispense(), unknown, "no result in time; the command was not acknowledged")
				if c.vend != nil {
					c.vend(b)
				}
				wait := b.recover(c.limit, string(e.evidence))
				stop := b.answers(c.sold)
				got := wait()
				stop()
				if got.err != nil {
					b.Fatal(got.err)
				}
				b.want(got.Verdict, c.outcome, c.detail)
				b.once(1)
			})
		})
	}
}

func TestRecoverFromASilentBoard(t *testing.T) {
	for name, c := range map[string]struct {
		board func(*board)
		code  sale.Code
	}{
		"unplugged": {func(*board) {}, sale.CodeSerialMissing},
		"no POLL":   {func(b *board) { b.plug() }, sale.CodeSerialSilent},
		"gone while it listens": {func(b *board) {
			b.plug()
			go func() {
				b.quietly(4*time.Second, 7)
				b.unplug()
			}()
		}, sale.CodeSerialMissing},
		"POLLs and answers nothing": {func(b *board) {
			b.plug()
			go b.idle(30 * time.Second)
		}, sale.CodeSerialSilent},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, counting(), func(b *board) {
				c.board(b)
				got := b.recover(20*time.Second, noted(7, false))()
				if faultCode(got.err) != c.code {
					b.Errorf("Recover: %v, %v; want code %s", got.Verdict, got.err, c.code)
				}
				time.Sleep(time.Minute) // the board's goroutine ends
			})
		})
	}
}

// Two orders were checked one after the other, and the second was served
// first. Its count must never be taken for that of the other.
func TestOvertakenEvidence(t *testing.T) {
	talking(t, counting(), func(b *board) {
		var orders [2]sale.Command
		for i := range orders {
			check := later(func() checked { e, err := b.dev.Check(within(b, time.Minute), 13); return checked{e, err} })
			b.quietly(time.Second, 7)
			e := check()
			orders[i] = sale.Command{Number: sale.Number(fmt.Sprint("SH004200000", i)), Slot: 13, Evidence: e.evidence}
		}
		second := later(func() sale.Verdict { return b.dev.Dispense(within(b, time.Minute), orders[1]) })
		b.poll()
		b.ack()
		b.status(0x02, 13)
		b.want(second(), given, "status 02: dispensed")
		stop := b.answers(8)
		first := b.dev.Dispense(within(b, time.Minute), orders[0])
		stop()
		b.want(first, not, "no byte of the command left: slot 13 was driven after it was checked for this order (sales counter 7, then 8)")
		b.once(1)
	})
}

// A process that resumes a paid order looks whether its evidence still holds.
func TestEvidenceOfAnotherProcess(t *testing.T) {
	for sold, want := range map[uint32]sale.Outcome{0x80: given, 0x81: not} {
		talking(t, counting(), func(b *board) {
			order := command(13)
			order.Evidence = sale.Evidence(`{"v":1,"run":1,"counters":{"sold":128,"amount":44800,"jammed":false}}`)
			wait := later(func() sale.Verdict { return b.dev.Dispense(within(b, time.Minute), order) })
			b.quietly(time.Second, sold)
			if want == given {
				b.status(0x02, 13)
			}
			if got := wait(); got.Outcome != want {
				b.Errorf("counter %d: %v, want %v", sold, got, want)
			}
			if want := map[sale.Outcome]int{given: 1, not: 0}[want]; b.drives() != want {
				b.Errorf("counter %d: %d commands, want %d", sold, b.drives(), want)
			}
		})
	}
}
