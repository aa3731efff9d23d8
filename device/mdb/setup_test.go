package mdb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/device/mdb"
	"kioskd/sale"
)

// before begins a driver that nobody has waited for.
func before(t *testing.T, s mdb.Settings, do func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, line: newLine()}
		if s.Adapter == "qibixx" {
			r.answer = obliging()
		}
		r.dev = mdb.OpenOn(r.line, s, mdb.Options{Prices: prices, PayWithin: 90 * time.Second})
		defer r.dev.Close()
		do(r)
	})
}

const setUpLines = "C,0; C,SETCONF,mdb-currency-code=0x1156; C,SETCONF,mdb-scale-factor=1; C,SETCONF,mdb-decimal-places=2; " +
	"C,SETCONF,mdb-always-idle=1; C,SETCONF,mdb-restore-funds=1; C,SETCONF,mdb-timeout-vend=120"

// Nothing is said at first, for an earlier process may have approved a vend.
func TestSetUp(t *testing.T) {
	before(t, mdb.DefaultSettings(), func(r *rig) {
		r.sleep(2900 * time.Millisecond)
		r.spoke("")
		r.sleep(2 * time.Second)
		r.spoke(setUpLines)
		if err := r.dev.Health(); err == nil || err.Error() != "E-BOARD-01: the vending machine does not talk to the MDB adapter "+
			"(check the MDB cable, and that the machine has a cashless device switched on in its menu)" {
			t.Errorf("health is %v", err)
		}
		r.hear("c,STATUS,DISABLED\nc,STATUS,ENABLED\n")
		if err := r.dev.Health(); err != nil {
			t.Error(err)
		}
		// An adapter that has lost its power knows nothing, and says so when it
		// is told to be on.
		r.sleep(time.Minute)
		r.spoke("")
		r.plays(obliging())
		r.sleep(31 * time.Second)
		r.spoke(setUpLines)
	})
}

func TestSettingRefused(t *testing.T) {
	before(t, mdb.DefaultSettings(), func(r *rig) {
		good := r.answer
		r.plays(func(w string) string {
			if strings.HasPrefix(w, "C,SETCONF,mdb-always") {
				return `c,ERR,"unknown"`
			}
			return good(w)
		})
		r.sleep(5 * time.Second)
		if err := r.dev.Health(); err == nil || err.Error() != `E-BOARD-01: the MDB adapter refuses a setting: c,ERR,"unknown" `+
			"(its firmware may be old; see docs/controllers/mdb.md)" {
			t.Errorf("health is %v", err)
		}
		r.plays(good)
		r.sleep(10 * time.Second)
		r.hear("c,STATUS,ENABLED\n")
		if err := r.dev.Health(); err != nil {
			t.Error(err)
		}
	})
}

func TestSilentAdapter(t *testing.T) {
	at(t, mdb.DefaultSettings(), func(r *rig) {
		r.plays(nil)
		r.sleep(4500 * time.Millisecond)
		if err := r.dev.Health(); err == nil || !strings.HasPrefix(err.Error(), "E-SERIAL-03: the MDB adapter has been silent on /dev/test for ") {
			t.Errorf("health is %v", err)
		}
	})
}

// The machine's own questions, as the box passes them on.
func TestMachineSetsUp(t *testing.T) {
	at(t, box(), func(r *rig) {
		for _, c := range []struct{ hears, says string }{
			{"11 00 03 00 00 00 14", "01 03 11 56 01 02 78 01 E7"},
			{"11 01 FF FF 00 00 10", ""},
			{"17 00 41 41 41" + strings.Repeat(" 30", 12) + strings.Repeat(" 4D", 12) + " 01 00 B7",
				"09 4B 53 4B 30 30 30 30 30 30 30 30 30 30 30 31 4B 49 4F 53 4B 44 20 20 20 20 20 20 01 00 00 00 00 20 D9"},
			{"17 04 00 00 00 20 3B", ""},
			{"14 01 15", ""},
			{"14 02 16", "08 08"},
			{"15 01 16", "0E 0E"},
			{"13 01 14", "06 06"},
			{"13 04 17", "07 07"},
			{"13 05 01 5E 00 0D 84", ""},
			{"11 00 02 00 00 00 13", "01 02 11 56 01 02 78 01 E6"}, // level 2
		} {
			r.hear(c.hears)
			r.spoke(c.says)
		}
		r.events()
	})
}

// A session that the machine wants first, opened anew after each end.
func TestSession(t *testing.T) {
	s := box()
	s.Mode = "session"
	at(t, s, func(r *rig) {
		r.hear("11 00 03 00 00 00 14")
		r.said()
		r.hear("14 01 15")
		r.sleep(time.Second)
		r.spoke("03 FF FF FF FF FF FF 00 00 00 FD")
		r.hear("14 01 15") // again
		got := r.dispense(r.asked("13 00 00 C8 00 0B E6"), time.Minute)
		r.hear("13 02 00 0B 20")
		r.verdict(got, success)
		r.hear("13 04 17")
		r.spoke("05 00 C8 CD; 07 07")
		r.sleep(1100 * time.Millisecond)
		r.spoke("03 FF FF FF FF FF FF 00 00 00 FD")
	})
}

// A box that was here before: what may be open is ended, and a session begun.
func TestSessionAfterARestart(t *testing.T) {
	s := box()
	s.Mode = "session"
	before(t, s, func(r *rig) {
		r.sleep(10 * time.Second)
		r.spoke("06 06; 04 04; 03 FF FF FF FF FF FF 00 00 00 FD")
	})
	before(t, box(), func(r *rig) {
		r.sleep(10 * time.Second)
		r.spoke("06 06")
	})
}

// An earlier process may have approved. Nothing is said while the result may
// come; nothing is approved, ever.
func TestRecoverBefore(t *testing.T) {
	for _, a := range tongues() {
		var c sale.Command
		at(t, a.settings, func(r *rig) { c = r.asked(a.request) })
		for name, w := range map[string]struct {
			hears string
			want  sale.Verdict
		}{
			"success": {a.success, sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "VEND SUCCESS, told to the process after the one that approved"}},
			"failure": {a.failure, sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: failure.Detail + ", told to the process after the one that approved"}},
			"nothing": {"", sale.Verdict{Detail: "the approval may have left in an earlier process, and the vending machine has told no result since"}},
			"reset":   {a.reset, sale.Verdict{Detail: "the approval may have left in an earlier process, and the vending machine has told no result since"}},
			"another": {"13 02 01 2C 42", sale.Verdict{Detail: "a result came that is not this order's: 13 02 01 2C 42"}},
		} {
			if name == "another" && a.name == "qibixx" {
				continue
			}
			t.Run(a.name+"/"+name, func(t *testing.T) {
				before(t, a.settings, func(r *rig) {
					r.sleep(time.Second)
					got := make(chan sale.Verdict, 1)
					go func() {
						v, err := r.dev.Recover(r.Context(), c)
						if err != nil {
							t.Error(err)
						}
						got <- v
					}()
					r.sleep(10 * time.Second)
					if w.hears != "" {
						r.hear(w.hears)
					}
					if name == "reset" {
						r.said()
					}
					r.spoke("")
					r.sleep(6 * time.Second)
					r.verdict(got, w.want)
					r.verdict(r.dispense(c, time.Minute), notSent("the vending machine waits for another request, or for none"))
					r.sleep(5 * time.Second)
					// Set up by now, so nothing comes any more.
					v, err := r.dev.Recover(r.Context(), sale.Command{Number: "OTHER", Slot: 11, Evidence: c.Evidence})
					if err != nil || v != (sale.Verdict{Detail: "the approval may have left in an earlier process, and the vending machine cannot be asked"}) {
						t.Errorf("%+v, %v", v, err)
					}
				})
			})
		}
	}
}

// A silent adapter has not answered: Recover is to be called again.
func TestRecoverSilent(t *testing.T) {
	before(t, mdb.DefaultSettings(), func(r *rig) {
		r.plays(nil)
		_, err := r.dev.Recover(r.Context(), sale.Command{Number: "X", Slot: 11})
		if f, ok := errors.AsType[*sale.Fault](err); !ok || f.Code != sale.CodeSerialSilent {
			t.Errorf("%v", err)
		}
	})
}

// A second Dispense waits for its turn, and ends with its context.
func TestOneAtATime(t *testing.T) {
	at(t, box(), func(r *rig) {
		c := r.asked("13 00 00 C8 00 0B E6")
		first := r.dispense(c, 30*time.Second)
		second := r.dispense(c, time.Second)
		r.sleep(2 * time.Second)
		r.verdict(second, notSent(context.DeadlineExceeded.Error()))
		r.hear("13 02 00 0B 20")
		r.verdict(first, success)
		r.spoke("05 00 C8 CD")
	})
}
