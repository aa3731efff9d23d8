package devicetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultKind names what goes wrong. Each kind has occasions; a [Fault] strikes
// on one, some or all of them.
type FaultKind string

const (
	// On the line. The occasion is one frame of the sort named.
	DropHostAck  FaultKind = "drop_host_ack"  // the host's ACK of a data frame is lost: the board repeats
	DropBoardAck FaultKind = "drop_board_ack" // the board obeys a command, its ACK is lost
	DropCommand  FaultKind = "drop_command"   // a drive command (06) is lost on its way: not obeyed, no ACK
	RepeatFrame  FaultKind = "repeat_frame"   // the board sends an acknowledged data frame again
	Noise        FaultKind = "noise"          // stray bytes before a frame of the board
	HalfFrame    FaultKind = "half_frame"     // the second half of a data frame of the board is lost
	FlipBit      FaultKind = "flip_bit"       // one bit of a data frame of the board is wrong
	Cut          FaultKind = "cut"            // the cable is pulled in the exchange of the next 06: see Fault.At

	// The board's voice. The occasion is one turn; give For to let it last.
	Mute   FaultKind = "mute"   // POLLs go on, commands are neither obeyed nor answered
	Silent FaultKind = "silent" // the board neither sends nor listens

	// Reports of a vend. The occasion is one vend.
	LostResult   FaultKind = "lost_result"   // the last 04 is never sent
	LostReports  FaultKind = "lost_reports"  // no 04 is sent at all
	DelayStatus  FaultKind = "delay_status"  // every 04 comes Delay later
	StrayResult  FaultKind = "stray_result"  // before the result comes a success (02) for slot Other
	WrongSlot    FaultKind = "wrong_slot"    // progress and result name slot Other
	ExtraCode    FaultKind = "extra_code"    // an 04 with Code comes before the result
	ReplaceCode  FaultKind = "replace_code"  // the result comes as Code
	TrailingCode FaultKind = "trailing_code" // an 04 with Code follows the result

	// The machine. The occasion is one vend.
	NoDrop            FaultKind = "no_drop"             // the motor turns, nothing falls
	FalseJam          FaultKind = "false_jam"           // the product falls, the board reports a jam
	NoCount           FaultKind = "no_count"            // the sales counter misses this vend
	RestartBeforeDrop FaultKind = "restart_before_drop" // the board loses power, nothing fell yet
	RestartAfterDrop  FaultKind = "restart_after_drop"  // ... just after the product fell

	// Answers. The occasion is one answer to 01.
	CheckState FaultKind = "check_state" // 02 tells state Code

	// Pause lasts until it is taken back: after At more vends every slot is
	// "paused", and power cycles do not help.
	Pause FaultKind = "pause"
)

// FaultKinds lists every kind.
func FaultKinds() []FaultKind {
	return []FaultKind{DropHostAck, DropBoardAck, DropCommand, RepeatFrame, Noise, HalfFrame, FlipBit, Cut,
		Mute, Silent, LostResult, LostReports, DelayStatus, StrayResult, WrongSlot, ExtraCode, ReplaceCode,
		TrailingCode, NoDrop, FalseJam, NoCount, RestartBeforeDrop, RestartAfterDrop, CheckState, Pause}
}

// Directions of a [Cut].
const (
	FromHost  = "host"
	FromBoard = "board"
)

// Fault is something to go wrong. Without Times, Chance and For it strikes
// once, at the next occasion; with Chance 1 it strikes until it is cleared.
type Fault struct {
	Kind   FaultKind
	Times  int           // strikes on this many occasions
	Chance float64       // strikes with this probability (0 to 1, by the cabinet's seed); Times 0 is then without end
	For    time.Duration // ends by itself after this time; Times 0 is then without end
	Slot   int           // vends and checks of this slot only; 0 is any
	Code   byte          // ExtraCode, ReplaceCode, TrailingCode, CheckState
	Other  int           // StrayResult, WrongSlot: the slot that is named
	Delay  time.Duration // DelayStatus: how much later; Cut: plug again after this time, 0 for never

	// At is, for Cut, the number of bytes that still pass after the first byte
	// of the next 06: of the host's frame itself (Dir FromHost; once it is
	// complete the board obeys) or of what the board sends after it (Dir
	// FromBoard). For Pause it is the number of vends left.
	At  int
	Dir string
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		names := make([]string, 0, len(FaultKinds()))
		for _, k := range FaultKinds() {
			names = append(names, string(k))
		}
		return fmt.Errorf("no fault is called %q: use one of %s", f.Kind, strings.Join(names, ", "))
	case f.Times < 0 || f.At < 0 || f.Slot < 0 || f.Other < 0 || f.For < 0 || f.Delay < 0:
		return fmt.Errorf("fault %s: no number may be negative", f.Kind)
	case f.Chance < 0 || f.Chance > 1:
		return fmt.Errorf("fault %s: chance is %g: write a probability from 0 to 1", f.Kind, f.Chance)
	case f.Kind == Cut && f.Dir != FromHost && f.Dir != FromBoard:
		return fmt.Errorf(`fault cut: dir is %q: write "host" or "board"`, f.Dir)
	case f.Other == 0 && (f.Kind == StrayResult || f.Kind == WrongSlot):
		return fmt.Errorf("fault %s: name the other slot in other", f.Kind)
	case f.Delay == 0 && f.Kind == DelayStatus:
		return fmt.Errorf("fault %s: say how long in delay", f.Kind)
	}
	return nil
}

// armed is a fault that waits for its occasion.
type armed struct {
	Fault
	left int // strikes left, -1 without end
	ends time.Time
}

// Inject arms a fault. Several may be armed at once; of one kind the oldest
// strikes first. The error says what is wrong with f.
func (c *Cabinet) Inject(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.Kind == Cut && c.opt.Link == "" {
		return errNoLink
	}
	if f.Kind == Pause {
		c.pauseAt = c.vends + f.At
		return nil
	}
	a := &armed{Fault: f, left: f.Times}
	if f.Times == 0 {
		a.left = 1
		if f.Chance > 0 || f.For > 0 {
			a.left = -1
		}
	}
	if f.For > 0 {
		a.ends = time.Now().Add(f.For)
	}
	c.faults = append(c.faults, a)
	c.kick()
	return nil
}

// Clear takes back the faults of these kinds that have not struck; without a
// kind, all of them.
func (c *Cabinet) Clear(kinds ...FaultKind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hit := func(k FaultKind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	c.faults = slices.DeleteFunc(c.faults, func(a *armed) bool { return hit(a.Kind) })
	if hit(Pause) {
		c.pauseAt = -1
	}
	c.kick()
}

// strikes reports whether a fault of this kind strikes now, and uses it up.
// slot is 0 where the occasion concerns none.
func (c *Cabinet) strikes(k FaultKind, slot int) (Fault, bool) {
	now := time.Now()
	for i, a := range c.faults {
		if a.Kind != k || a.Slot != 0 && slot != 0 && a.Slot != slot {
			continue
		}
		if !a.ends.IsZero() && now.After(a.ends) {
			c.faults = slices.Delete(c.faults, i, i+1)
			return c.strikes(k, slot)
		}
		if a.Chance > 0 && c.rng.Float64() >= a.Chance {
			continue
		}
		if a.left > 0 {
			if a.left--; a.left == 0 {
				c.faults = slices.Delete(c.faults, i, i+1)
			}
		}
		c.counters.Faults[k]++
		c.log.Debug("fault strikes", "kind", string(k), "slot", slot)
		return a.Fault, true
	}
	return Fault{}, false
}
