package modbus

import (
	"bytes"
	"context"
	"errors"
	"time"

	"kioskd/device"
)

// bus carries one request at a time over the line.
type bus struct {
	line    device.Wire
	session int           // of the line, for which secure is responsible
	gap     time.Duration // t3.5: the silence between two frames
	byteOn  time.Duration // one byte on the line
	within  time.Duration
	// late says until when the answer to a request that was given up may still
	// come, by board and function: see settle.
	late map[[2]byte]time.Time
}

var (
	errNoAnswer = errors.New("no answer")
	errDamaged  = errors.New("the answer is damaged")
	errReopened = errors.New("the port was opened anew")
	errEcho     = errors.New("the adapter repeats what is written to it")
)

// brokenAfter a pause of that length a read's answer will not be completed.
const brokenAfter = 150 * time.Millisecond

func newBus(line device.Wire, baud int, within time.Duration) bus {
	if within == 0 {
		within = answerWithin
	}
	b := bus{line: line, within: within, late: map[[2]byte]time.Time{}}
	b.byteOn = 10 * time.Second / time.Duration(baud)
	// The serial line guide: 3.5 characters of 11 bits, and 1.75 ms from 19200
	// baud on.
	b.gap = max(1750*time.Microsecond, 7*11*time.Second/2/time.Duration(baud))
	return b
}

// ask sends a request that may be repeated and returns the data of its answer.
func (b *bus) ask(ctx context.Context, r Request) ([]byte, error) {
	if r.reads() { // a write's echo names it
		if err := b.forget(ctx, r); err != nil {
			return nil, err
		}
	}
	if _, err := b.send(ctx, r); err != nil {
		return nil, err
	}
	a, err := b.hear(ctx, r)
	if err == nil && a.Refusal != nil {
		err = a.Refusal
	}
	return a.Data, err
}

// send writes a request after the line has been silent. n is how many bytes may
// have left.
func (b *bus) send(ctx context.Context, r Request) (n int, err error) {
	if err := b.settle(ctx, b.gap); err != nil {
		return 0, err
	}
	// The port is opened in a Read alone, so it is still the one whose relays
	// were switched off.
	if b.line.Session() != b.session {
		return 0, errReopened
	}
	return b.line.Write(r.Append(nil))
}

// settle throws away what is on the line until it is silent for so long.
func (b *bus) settle(ctx context.Context, silence time.Duration) error {
	buf := make([]byte, 256)
	for {
		n, err := b.line.Read(buf, silence)
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n == 0:
			return nil
		}
	}
}

// forget waits until no answer can come any more to an earlier request that
// looks the same as the answer to r, and throws it away.
func (b *bus) forget(ctx context.Context, r Request) error {
	key := [2]byte{r.Addr, r.Func}
	for until := b.late[key]; time.Now().Before(until); {
		if err := b.settle(ctx, max(b.gap, min(time.Until(until), 50*time.Millisecond))); err != nil {
			return err
		}
	}
	delete(b.late, key)
	return nil
}

// hear waits for the answer to r, which has just been sent. An exception that
// the document does not know is no answer.
func (b *bus) hear(ctx context.Context, r Request) (Answer, error) {
	_, size := r.head()
	sent := r.Append(nil)
	end := time.Now().Add(b.within + time.Duration(len(sent)+size)*b.byteOn)
	var got []byte
	buf := make([]byte, 256)
	for quiet := end; ; {
		if a, n := r.Find(got); n > 0 {
			if a.Refusal == nil || a.Refusal.listed() {
				return a, nil
			}
			got = got[n:]
		}
		if !r.echoed() && bytes.Contains(got, sent) {
			return Answer{}, errEcho
		}
		if err := b.over(ctx, r, len(got) >= size, quiet, end); err != nil {
			return Answer{}, err
		}
		n, err := b.line.Read(buf, min(20*time.Millisecond, b.within))
		if err != nil {
			return Answer{}, err
		}
		if n > 0 {
			got, quiet = append(got, buf[:n]...), time.Now()
		}
		if b.line.Session() != b.session {
			return Answer{}, errReopened
		}
	}
}

// over says why an answer is not to be waited for any longer. A read is
// repeated soon after damage, which has been its answer if there was enough of
// it; a write is waited for to the end.
func (b *bus) over(ctx context.Context, r Request, enough bool, quiet, end time.Time) error {
	key, now := [2]byte{r.Addr, r.Func}, time.Now()
	switch {
	case ctx.Err() != nil:
		b.late[key] = now.Add(2 * b.within)
		return context.Cause(ctx)
	case !now.Before(end):
		b.late[key] = now.Add(b.within)
		return errNoAnswer
	case r.reads() && now.Sub(quiet) > brokenAfter:
		if !enough {
			b.late[key] = end
		}
		return errDamaged
	}
	return nil
}
