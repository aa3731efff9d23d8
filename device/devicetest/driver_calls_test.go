package devicetest_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"kioskd/sale"
)

var errAway = &sale.Fault{Code: sale.CodeSerialSilent, What: "the board does not answer"}

func (d *driver) Health() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed() || time.Since(d.heard) > 700*time.Millisecond {
		if d.flaw == "plain errors" {
			return errors.New("no answer")
		}
		return errAway
	}
	return nil
}

// post makes the command go out at the next POLL; it needs the turn.
func (d *driver) post(cmd byte, text []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.port == nil || d.closed() {
		return errAway
	}
	for len(d.inbox) > 0 && d.flaw != "believes old results" {
		<-d.inbox
	}
	d.pending = d.frame(cmd, text)
	return nil
}

// withdraw takes back what has not left.
func (d *driver) withdraw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.flaw != "sends later" {
		d.pending = nil
	}
}

// call has the turn for one command and its answer.
func (d *driver) call(ctx context.Context, limit time.Duration, cmd byte, text []byte, mine func([]byte) bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return errAway
	}
	if err := d.post(cmd, text); err != nil {
		return err
	}
	defer d.withdraw()
	var again <-chan time.Time
	if d.flaw == "repeats the command" && cmd == 0x06 {
		again = time.After(500 * time.Millisecond)
	}
	for {
		select {
		case f := <-d.inbox:
			if f == nil || f[2] == 0x31 {
				return errAway
			}
			if mine(f) {
				return nil
			}
		case <-again:
			d.mu.Lock()
			d.pending = d.frame(cmd, text)
			d.mu.Unlock()
		case <-ctx.Done():
			return errAway
		case <-d.stop:
			return errAway
		}
	}
}

func be(slot sale.Slot) []byte { return binary.BigEndian.AppendUint16(nil, uint16(slot)) }

// evidence reads the slot's sales counter and whether it is in the jam list.
func (d *driver) evidence(ctx context.Context, slot sale.Slot) (count uint32, jam bool, err error) {
	err = d.call(ctx, 3*time.Second, 0x70, append([]byte{0x47, 0}, be(slot)...), func(f []byte) bool {
		if f[2] != 0x71 || f[5] != 0x47 {
			return false
		}
		count = binary.BigEndian.Uint32(f[7:])
		return true
	})
	if err != nil {
		return 0, false, err
	}
	err = d.call(ctx, 3*time.Second, 0x70, []byte{0x32, 0}, func(f []byte) bool {
		if f[2] != 0x71 || f[5] != 0x32 {
			return false
		}
		for i := range int(f[7]) {
			jam = jam || bytes.Equal(f[8+2*i:10+2*i], be(slot))
		}
		return true
	})
	return count, jam, err
}

func (d *driver) Check(ctx context.Context, slot sale.Slot) (sale.Evidence, error) {
	var state byte
	err := d.call(ctx, 2*time.Second, 0x01, be(slot), func(f []byte) bool {
		if f[2] != 0x02 || !bytes.Equal(f[6:8], be(slot)) {
			return false
		}
		state = f[5]
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case state == 2:
		return nil, sale.ErrSoldOut
	case state == 3:
		return nil, sale.ErrNoSlot
	case state == 4:
		return nil, sale.ErrSlotClosed
	}
	count, jam, err := d.evidence(ctx, slot)
	if err != nil {
		return nil, err
	}
	e := binary.BigEndian.AppendUint32(nil, count)
	if jam {
		e = append(e, 1)
	}
	return e, nil
}

func (d *driver) Dispense(ctx context.Context, c sale.Command) (v sale.Verdict) {
	if d.flaw == "takes silence for failure" {
		v.Outcome = sale.OutcomeNotDispensed
	}
	d.call(ctx, time.Hour, 0x06, append([]byte{1, 0}, be(c.Slot)...), func(f []byte) bool {
		if f[2] != 0x04 || !bytes.Equal(f[6:8], be(c.Slot)) && d.flaw != "believes any slot" {
			return false
		}
		switch f[5] {
		case 0x01:
			return false
		case 0x02, 0x24:
			v = sale.Verdict{Outcome: sale.OutcomeDispensed}
		case 0x03:
			v = sale.Verdict{Outcome: sale.OutcomeNotDispensed}
		default:
			if d.flaw != "takes odd codes for failure" {
				return false
			}
			v = sale.Verdict{Outcome: sale.OutcomeNotDispensed}
		}
		return true
	})
	return v
}

func (d *driver) Recover(ctx context.Context, c sale.Command) (sale.Verdict, error) {
	if d.flaw == "sends again to recover" {
		return d.Dispense(ctx, c), nil
	}
	count, jam, err := d.evidence(ctx, c.Slot)
	switch {
	case err != nil:
		return sale.Verdict{}, err
	case len(c.Evidence) < 4:
		return sale.Verdict{}, nil
	case count > binary.BigEndian.Uint32(c.Evidence):
		return sale.Verdict{Outcome: sale.OutcomeDispensed}, nil
	case jam && (len(c.Evidence) == 4 || d.flaw == "believes an old jam"):
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed}, nil
	case d.flaw == "takes the counter for proof":
		return sale.Verdict{Outcome: sale.OutcomeNotDispensed}, nil
	}
	return sale.Verdict{}, nil
}
