package mdb_test

import (
	"testing"
	"time"

	"kioskd/device/mdb"
	"kioskd/sale"
)

// tongue is what a machine says through one of the adapters, and what the
// driver writes.
type tongue struct {
	name                                        string
	settings                                    mdb.Settings
	request, other, wrongPrice, cancel          string
	success, failure, over, reset, more, odd    string
	approve, deny, denyCancel, complete, closes string
}

func tongues() []tongue {
	return []tongue{{
		name: "qibixx", settings: mdb.DefaultSettings(),
		request: "c,STATUS,VEND,2.00,11\n", other: "c,STATUS,VEND,3.50,300\n", wrongPrice: "c,STATUS,VEND,2.50,11\n",
		cancel: "c,STATUS,IDLE\n", success: "c,VEND,SUCCESS\n", failure: "c,ERR,VEND 3\n", over: "c,STATUS,ENABLED\n",
		reset: "c,STATUS,INACTIVE\n", more: "c,STATUS,DISABLED\n", odd: "c,VEND,FAILURE\n",
		approve: "C,VEND,2.00", deny: "C,VEND,-1",
	}, {
		name: "waferstar", settings: box(),
		request: "13 00 00 C8 00 0B E6", other: "13 00 01 5E 01 2C 9F", wrongPrice: "13 00 00 FA 00 0B 18",
		cancel: "13 01 14", success: "13 02 00 0B 20", failure: "13 03 16", over: "13 04 17",
		reset: "11 00 03 00 00 00 14", more: "14 00 14", odd: "13 02 01 2C 42", // a success of item 300
		approve: "05 00 C8 CD", deny: "06 06", denyCancel: "06 06", complete: "07 07", closes: "01 03 11 56 01 02 78 01 E7",
	}}
}

// each runs a test through both adapters.
func each(t *testing.T, do func(r *rig, a tongue)) {
	for _, a := range tongues() {
		t.Run(a.name, func(t *testing.T) { at(t, a.settings, func(r *rig) { do(r, a) }) })
	}
}

var (
	success = sale.Verdict{Outcome: sale.OutcomeDispensed, Detail: "VEND SUCCESS"}
	failure = sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "VEND FAILURE: the vending machine gave nothing"}
)

func notSent(why string) sale.Verdict {
	return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "no byte of the command left: " + why, NotSent: true}
}

func TestVend(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.spoke(a.approve)
		r.sleep(5 * time.Second)
		r.hear(a.odd)
		r.sleep(time.Second)
		if len(got) > 0 {
			t.Fatalf("it ended with another's result: %+v", <-got)
		}
		r.hear(a.success)
		r.verdict(got, success)
		r.hear(a.over)
		r.spoke(a.complete)
		r.events()
	})
}

// The machine says that nothing fell: the money goes back. When it asks for the
// slot again it has found it good.
func TestFailure(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.hear(a.failure)
		r.verdict(got, failure)
		r.hear(a.success) // a result is told once
		r.hear(a.over)
		r.hear(a.request)
		r.events(sale.SlotReport{Slot: 11}, sale.Selected{Slot: 11})
	})
}

// A machine that disables the reader in a vend goes on with it.
func TestDisabledInAVend(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.hear(a.more)
		if err := r.dev.Health(); err != nil {
			t.Error(err)
		}
		r.hear(a.success)
		r.verdict(got, success)
		if err := r.dev.Health(); err == nil || err.Error() != "E-BOARD-01: the vending machine has switched cashless payment off (close its door and leave its menu; if it stays so, look at its list of faults)" {
			t.Errorf("health is %v", err)
		}
	})
}

// MDB/ICP 7.4.7: a reset after the approval counts as success, but only if the
// machine must have had the approval.
func TestReset(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.sleep(time.Second)
		r.hear(a.reset)
		r.verdict(got, sale.Verdict{Outcome: sale.OutcomeDispensed, Presumed: true,
			Detail: "presumed: the vending machine reset the reader after the approval, before a result (MDB/ICP 7.4.7)"})
	})
}

func TestResetAtOnce(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.hear(a.reset)
		r.sleep(2 * time.Second)
		r.verdict(got, sale.Verdict{Detail: "the reader was reset right after the approval, which the vending machine perhaps had not taken"})
	})
}

// After the port came back nobody knows whether the machine reset the reader or
// the adapter started.
func TestResetBehindANewPort(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.sleep(2 * time.Second)
		r.reopened()
		r.sleep(time.Second)
		r.hear(a.reset)
		r.sleep(2 * time.Second)
		r.verdict(got, sale.Verdict{Detail: "the reader was reset, perhaps by a start of the adapter"})
	})
}

// The port came back in a vend: the adapter is left alone, and its word counts.
func TestNewPortInAVend(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.said()
		r.reopened()
		r.sleep(20 * time.Second)
		r.spoke("")
		r.hear(a.success)
		r.verdict(got, success)
	})
}

// The machine ended the vend and told no result.
func TestNoResult(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		got := r.dispense(r.asked(a.request), time.Minute)
		r.hear(a.over)
		r.sleep(3 * time.Second)
		what := "c,STATUS,ENABLED"
		if a.name != "qibixx" {
			what = "SESSION COMPLETE"
		}
		r.verdict(got, sale.Verdict{Detail: "the vending machine ended the vend (" + what + ") without a result"})
	})
}

// A result after the end of Dispense is there for Recover.
func TestLateResult(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		got := r.dispense(c, 5*time.Second)
		r.sleep(6 * time.Second)
		r.verdict(got, sale.Verdict{Detail: "no result of the vending machine in time"})
		r.hear(a.failure)
		v, err := r.dev.Recover(r.Context(), c)
		if err != nil || v != failure {
			t.Errorf("%+v, %v", v, err)
		}
		r.hear(a.over)
		r.hear(a.request)
		r.events(sale.SlotReport{Slot: 11}, sale.Selected{Slot: 11})
	})
}

// The machine asks anew, and has not told what became of the vend: nothing is
// to be expected any more.
func TestResultNeverTold(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		got := r.dispense(c, 5*time.Second)
		r.sleep(6 * time.Second)
		r.verdict(got, sale.Verdict{Detail: "no result of the vending machine in time"})
		r.hear(a.other)
		r.hear(a.success)
		v, err := r.dev.Recover(r.Context(), c)
		if want := (sale.Verdict{Detail: "the vending machine asked for something else, and had not told the result"}); err != nil || v != want {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
