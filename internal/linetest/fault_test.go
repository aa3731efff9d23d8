package linetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/desk"
	"kioskd/internal/proof"
)

// trouble is what one sale meets on the line or at the board.
type trouble struct {
	name   string
	faults []devicetest.Fault
	paid   func(d *desk.Desk) error // done right before the customer pays
	counts bool
}

func (c trouble) String() string {
	if !c.counts {
		return c.name + "/mute"
	}
	return c.name + "/counts"
}

// listed are the status codes that decide something by themselves: jammed, no
// motor, terminated. A board that sends one and then gives the product all the
// same breaks the protocol; no host can be right about it.
var listed = []byte{0x03, 0x06, 0xFF}

func troubles() (all []trouble) {
	add := func(name string, faults ...devicetest.Fault) { all = append(all, trouble{name: name, faults: faults}) }
	type f = devicetest.Fault
	const every = 1
	add("noise before everything", f{Kind: devicetest.Noise, Chance: every, For: 20 * time.Second})
	add("noise now and then", f{Kind: devicetest.Noise, Chance: 0.3, For: 20 * time.Second})
	add("half frames", f{Kind: devicetest.HalfFrame, Chance: 0.4, For: 20 * time.Second})
	add("flipped bits", f{Kind: devicetest.FlipBit, Chance: 0.4, For: 20 * time.Second})
	add("all frames repeated", f{Kind: devicetest.RepeatFrame, Chance: every, For: 20 * time.Second})
	add("acknowledgements lost", f{Kind: devicetest.DropHostAck, Chance: 0.5, For: 20 * time.Second})
	add("board's acknowledgements lost", f{Kind: devicetest.DropBoardAck, Chance: 0.7, For: 20 * time.Second})
	add("command lost", f{Kind: devicetest.DropCommand})
	add("command's acknowledgement lost and results lost", f{Kind: devicetest.DropBoardAck, Times: 4}, f{Kind: devicetest.LostReports})
	add("result lost", f{Kind: devicetest.LostResult})
	add("all reports lost", f{Kind: devicetest.LostReports})
	add("reports lost and nothing fell", f{Kind: devicetest.LostReports}, f{Kind: devicetest.NoDrop})
	add("result late", f{Kind: devicetest.DelayStatus, Delay: 5 * time.Second})
	add("result later than the machine waits", f{Kind: devicetest.DelayStatus, Delay: 13 * time.Second})
	add("result of another slot", f{Kind: devicetest.StrayResult, Other: 12})
	add("result of another slot, and nothing fell", f{Kind: devicetest.StrayResult, Other: 12}, f{Kind: devicetest.NoDrop})
	add("everything told of another slot", f{Kind: devicetest.WrongSlot, Other: 12})
	add("everything told of another slot, and nothing fell", f{Kind: devicetest.WrongSlot, Other: 12}, f{Kind: devicetest.NoDrop})
	add("nothing fell", f{Kind: devicetest.NoDrop})
	add("not counted", f{Kind: devicetest.NoCount})
	add("restart before the drop", f{Kind: devicetest.RestartBeforeDrop})
	add("restart after the drop", f{Kind: devicetest.RestartAfterDrop})
	add("restart after the drop, not counted", f{Kind: devicetest.RestartAfterDrop}, f{Kind: devicetest.NoCount})
	add("mute for seconds", f{Kind: devicetest.Mute, For: 2 * time.Second})
	add("silent for seconds", f{Kind: devicetest.Silent, For: 2 * time.Second})
	add("check answered with an unlisted state", f{Kind: devicetest.CheckState, Code: 0x77})
	all = append(all,
		trouble{name: "silent from the payment on", paid: func(d *desk.Desk) error {
			return d.Cabinet.Inject(f{Kind: devicetest.Silent, For: 8 * time.Second})
		}},
		trouble{name: "silent for longer than the port stays open", paid: func(d *desk.Desk) error {
			return d.Cabinet.Inject(f{Kind: devicetest.Silent, For: 20 * time.Second})
		}},
		trouble{name: "restart at the payment", paid: func(d *desk.Desk) error { d.Cabinet.Restart(); return nil }},
		trouble{name: "unplugged at the payment", paid: func(d *desk.Desk) error { d.Wire.Unplug(); return nil }},
		trouble{name: "slot paused at the payment", paid: func(d *desk.Desk) error { return d.Cabinet.SetPaused(slot, true) }},
	)
	for code := range 256 {
		if slices.Contains(listed, byte(code)) {
			continue
		}
		add(fmt.Sprintf("extra status %02X", code), f{Kind: devicetest.ExtraCode, Code: byte(code)})
		add(fmt.Sprintf("trailing status %02X", code), f{Kind: devicetest.TrailingCode, Code: byte(code)})
		if code != 0x02 && code != 0x24 { // these say "given", and it was
			add(fmt.Sprintf("status %02X for the result", code), f{Kind: devicetest.ReplaceCode, Code: byte(code)})
		}
	}
	for _, c := range slices.Clone(all) {
		c.counts = true
		all = append(all, c)
	}
	return all
}

func (p *player) trouble(ctx context.Context, c trouble) (outcome, error) {
	if err := errors.Join(p.d.Cabinet.SetPaused(slot, false), p.ready(ctx)); err != nil {
		return outcome{}, fmt.Errorf("before the case: %w", err)
	}
	before := p.strikes()
	for _, f := range c.faults {
		if err := p.d.Cabinet.Inject(f); err != nil {
			return outcome{}, err
		}
	}
	err := p.meets(ctx, c)
	return outcome{struck: p.strikes() > before || c.paid != nil}, err
}

// meets is a customer who pays, and a technician who comes after a while.
func (p *player) meets(ctx context.Context, c trouble) error {
	for range 8 {
		seq := p.d.Seq()
		if err := p.d.Cabinet.Press(slot); err != nil {
			return err
		}
		s, err := p.d.Code(ctx, seq, 4*time.Second)
		if err != nil {
			continue
		}
		if c.paid != nil {
			if err := c.paid(p.d); err != nil {
				return err
			}
		}
		if p.d.Pay(s) != nil {
			continue
		}
		mended := time.AfterFunc(20*time.Second, func() {
			p.d.Cabinet.Clear()
			if err := p.d.Wire.Plug(); err != nil {
				p.t.Error(err)
			}
		})
		defer mended.Stop()
		return p.d.Settled(ctx, 150*time.Second)
	}
	return fmt.Errorf("nothing could be bought: %+v", p.d.Panel.Now())
}

func (p *player) strikes() (n int) {
	for _, times := range p.d.Cabinet.Counters().Faults {
		n += times
	}
	return n
}

func TestBoardMisbehaves(t *testing.T) {
	t.Parallel()
	keys, err := desk.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	cases := proof.Choose(flags, troubles(), 16)
	run(t, "line faults", keys, cases, func(ctx context.Context, p *player, c trouble) (outcome, error) { return p.trouble(ctx, c) }, func(c trouble) bool { return c.counts })
}
