package mdb_test

import (
	"testing"
	"time"

	"kioskd/device/mdb"
	"kioskd/sale"
)

// A request is approved once, however often it is asked and dispensed.
func TestApprovedOnce(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.hear(a.request)
		r.events()
		got := r.dispense(c, time.Minute)
		r.hear(a.request)
		r.hear(a.request)
		r.hear(a.success)
		r.verdict(got, success)
		r.verdict(r.dispense(c, time.Minute), notSent("the request was approved before"))
		r.events()
		r.spoke(a.approve)
	})
}

// A cancel at the machine takes the code down. What is paid all the same is not
// approved.
func TestCancel(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.hear(a.cancel)
		r.events(sale.CancelPressed{})
		r.spoke(a.denyCancel)
		r.verdict(r.dispense(c, time.Minute), notSent("the request was over: cancelled at the vending machine"))
		r.hear(a.request) // the same again is another one
		r.events(sale.SlotReport{Slot: 11}, sale.Selected{Slot: 11})
		r.verdict(r.dispense(c, time.Minute), notSent("the vending machine waits for another request, or for none"))
		r.spoke("")
	})
}

func TestResetWhileItWaits(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.hear(a.reset)
		r.events(sale.CancelPressed{})
		r.spoke(a.closes)
		r.verdict(r.dispense(c, time.Minute), notSent("the request was over: the vending machine has reset the reader"))
	})
}

// The machine asks for something else: only that counts.
func TestAnotherRequest(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.hear(a.other)
		r.events(sale.Selected{Slot: 300})
		if _, err := r.dev.Check(r.Context(), 11); err == nil || err.Error() != "check slot 11: slot is closed: the vending machine does not ask for it" {
			t.Errorf("Check: %v", err)
		}
		if _, err := r.dev.Check(r.Context(), 300); err != nil {
			t.Errorf("Check: %v", err)
		}
		r.verdict(r.dispense(c, time.Minute), notSent("the vending machine waits for another request, or for none"))
		r.spoke("")
	})
}

func TestPrice(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		r.hear(a.wrongPrice)
		r.events(sale.Selected{Slot: 11})
		_, err := r.dev.Check(r.Context(), 11)
		if err == nil || err.Error() != "E-BOARD-01: the vending machine wants 2.50 yuan for slot 11 (item 11), and the configuration 2.00 "+
			"(set the same price in both; if all differ by the same factor, set scale and decimals)" {
			t.Errorf("Check: %v", err)
		}
		r.spoke(a.deny)
	})
}

// The machine must not wait for nobody.
func TestNobodyTakesItUp(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		r.hear(a.request)
		r.events(sale.Selected{Slot: 11})
		r.sleep(2900 * time.Millisecond)
		r.spoke("")
		r.sleep(200 * time.Millisecond)
		r.spoke(a.deny)
		r.events(sale.CancelPressed{})
	})
}

func TestDeclined(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.sleep(80 * time.Second)
		r.dev.Decline(c.Evidence)
		r.sleep(100 * time.Millisecond)
		r.spoke(a.deny)
		r.hear(a.over)
		r.said()
		again := r.asked(a.request)
		r.dev.Decline(c.Evidence) // which is not this request's
		r.sleep(time.Second)
		r.spoke("")
		r.dev.Decline(again.Evidence)
		r.sleep(100 * time.Millisecond)
		r.verdict(r.dispense(again, time.Minute), notSent("the request was over: its sale ended without a payment"))
	})
}

// The machine was told to wait 120 s.
func TestTooLate(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.sleep(116 * time.Second)
		r.spoke("")
		r.sleep(2 * time.Second)
		r.spoke(a.deny)
		r.events(sale.CancelPressed{})
		r.verdict(r.dispense(c, time.Minute), notSent("the request was over: the vending machine waits no longer"))
	})
}

func TestPortGoneBeforeTheApproval(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.reopened()
		r.sleep(200 * time.Millisecond)
		r.events(sale.CancelPressed{})
		r.verdict(r.dispense(c, time.Minute), notSent("the request was over: the adapter went away"))
	})
}

// Not a byte of the approval left.
func TestWriteFails(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		if a.name == "qibixx" {
			return // which is asked first; see TestSilentBeforeTheApproval
		}
		c := r.asked(a.request)
		r.mu.Lock()
		r.broken = errPulled
		r.mu.Unlock()
		r.verdict(r.dispense(c, time.Minute), notSent("the adapter went away since the request"))
	})
}

func TestSilentBeforeTheApproval(t *testing.T) {
	at(t, mdb.DefaultSettings(), func(r *rig) {
		c := r.asked("c,STATUS,VEND,2.00,11\n")
		r.plays(nil)
		got := r.dispense(c, time.Minute)
		r.sleep(3 * time.Second)
		r.verdict(got, notSent("E-SERIAL-03: the MDB adapter does not answer: context deadline exceeded (check that its cable is plugged, that it has power, and that adapter and baud name it)"))
		r.spoke("")
	})
}

func TestItemsNobodySells(t *testing.T) {
	at(t, box(), func(r *rig) {
		r.hear("13 00 00 C8 00 0D E8") // item 13
		r.events(sale.Selected{Slot: 13})
		r.spoke("06 06")
		r.hear("13 00 00 C8 FF FF D9") // an item without a number
		r.events()
		r.spoke("06 06")
	})
}

func TestClose(t *testing.T) {
	each(t, func(r *rig, a tongue) {
		c := r.asked(a.request)
		r.dev.Close()
		r.spoke(a.deny)
		r.verdict(r.dispense(c, time.Minute), notSent("the driver is closed"))
	})
}

// An order of an earlier process has a request that nobody knows any more; its
// number may be that of one which is open now.
func TestRequestOfAnotherProcess(t *testing.T) {
	for _, a := range tongues() {
		var old sale.Command
		at(t, a.settings, func(r *rig) { old = r.asked(a.request) })
		at(t, a.settings, func(r *rig) {
			r.asked(a.request)
			r.dev.Decline(old.Evidence)
			r.verdict(r.dispense(old, time.Minute), notSent("the vending machine waits for another request, or for none"))
			old.Evidence = nil // as of a payment that came late
			r.verdict(r.dispense(old, time.Minute), notSent("the vending machine waits for another request, or for none"))
			r.spoke("")
		})
	}
}
