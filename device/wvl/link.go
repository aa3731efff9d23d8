package wvl

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	keepEvery = 50 * time.Millisecond
	// sameKey is how long a board repeats a key that it was not thanked for;
	// later the same number is another press.
	sameKey = 3 * time.Second
)

// link is the state of the talk with the board. Guarded by Dev.mu.
type link struct {
	parser  Parser
	session int
	opened  time.Time
	heard   time.Time // the last answer of this session, or its beginning
	seq     uint16
	asked   *question

	greeted bool // in this session and this life of the board
	board   hello
	fault   *sale.Fault // what the board itself has

	keyID string
	keyAt time.Time
}

// question is a line that waits for its answer.
type question struct {
	seq uint16
	got []string // the words of the answer, nil for none yet
}

// round takes what was read, in the goroutine that reads.
func (d *Dev) round(b []byte) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	changed := false
	if s := d.life.Line.Session(); s != l.session {
		l.session, l.opened, l.heard = s, now, now
		l.greeted, l.fault = false, nil
		l.parser.Reset()
		changed = true
	}
	for _, line := range l.parser.Feed(b) {
		d.receive(line, now)
		changed = true
	}
	if changed {
		d.mu.Changed()
	}
}

func (d *Dev) receive(line Line, now time.Time) {
	l := &d.link
	switch q := l.asked; {
	case line.Seq == 0 && len(line.Words) > 1 && line.Words[0] == "EV":
		d.event(line.Words[1], line.Words[2:], now)
	case q != nil && q.got == nil && line.Seq == q.seq:
		q.got, l.heard = line.Words, now
	default:
		d.log.Debug("a line without use", "line", line.String())
	}
}

func (d *Dev) event(what string, words []string, now time.Time) {
	switch what {
	case "KEY":
		d.key(words, now)
	case "RESULT":
		if r, ok := decodeRecord(words); ok {
			d.told = &r
		}
	case "BOOT":
		d.log.Warn("the controller has started")
		d.link.greeted, d.link.keyID = false, ""
	default:
		d.log.Info("event of the controller", "event", what, "words", words)
	}
}

// key takes a press. The board repeats it until it gets a GOT.
func (d *Dev) key(words []string, now time.Time) {
	if len(words) == 0 {
		return
	}
	n, ok := decimal(words[0], 15)
	if !ok {
		return
	}
	l := &d.link
	if id, ok := decimal(values(words)["ID"], 32); ok {
		d.life.Line.Write(Line{Seq: d.nextSeq(), Words: []string{"GOT", strconv.FormatUint(id, 10)}}.Append(nil))
		again := l.keyID == words[0]+"/"+values(words)["ID"] && now.Sub(l.keyAt) < sameKey
		l.keyID, l.keyAt = words[0]+"/"+values(words)["ID"], now
		if again {
			return
		}
	}
	var e sale.BoardEvent = sale.CancelPressed{}
	if n != 0 {
		e = sale.Selected{Slot: sale.Slot(n)}
	}
	d.life.Emit(e)
}

func (d *Dev) nextSeq() uint16 {
	d.link.seq = d.link.seq%65535 + 1
	return d.link.seq
}

var errReopened = errors.New("the port was opened anew meanwhile")

// exchange writes one question, once, and waits for its answer for a second
// at most. left reports whether any byte of it may have left.
func (d *Dev) exchange(ctx context.Context, words ...string) (answer []string, left bool, err error) {
	release, err := d.life.Take(ctx, d.asking)
	if err != nil {
		return nil, false, err
	}
	defer release()
	if err := ctx.Err(); err != nil {
		return nil, false, context.Cause(ctx)
	}
	d.mu.Lock()
	q := &question{seq: d.nextSeq()}
	d.link.asked = q
	session := d.life.Line.Session()
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.link.asked = nil
		d.mu.Unlock()
	}()
	if n, err := d.life.Line.Write(Line{Seq: q.seq, Words: words}.Append(nil)); err != nil {
		return nil, n > 0, err
	}
	within, cancel := context.WithTimeoutCause(ctx, answerWithin, d.life.Board.Silent("does not answer "+words[0]))
	defer cancel()
	err = d.life.Await(within, &d.mu, func() bool { return q.got != nil || d.link.session != session })
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case q.got != nil:
		return q.got, true, nil
	case err == nil:
		err = errReopened
	}
	return nil, true, err
}

// ask repeats a question that moves nothing until it is answered with what
// take accepts, or ctx ends.
func (d *Dev) ask(ctx context.Context, take func(answer []string) bool, words ...string) error {
	for {
		answer, _, err := d.exchange(ctx, words...)
		if err == nil && take(answer) {
			return nil
		}
		if err == device.ErrClosed {
			return d.life.Board.Closed()
		}
		if err == nil {
			err = d.life.Board.Fault(fmt.Sprintf("answers %s with %q", words[0], answer), "its firmware does not keep to WVL/1 as docs/controllers/wvl.md has it")
		}
		d.life.Pause(ctx, keepEvery)
		if ctx.Err() != nil {
			return d.absence(err)
		}
	}
}

// absence says why there was no answer: as a fault.
func (d *Dev) absence(err error) error {
	if f, ok := errors.AsType[*sale.Fault](err); ok && !d.life.Closed() {
		return f
	}
	return d.life.Absence(d.Health(), err)
}

// keep is the goroutine that greets the board and asks it now and then.
func (d *Dev) keep() {
	ctx := d.life.Context()
	for !d.life.Closed() {
		d.life.Pause(ctx, keepEvery)
		if d.life.Line.Err() != nil {
			continue
		}
		d.mu.Lock()
		l := d.link
		d.mu.Unlock()
		switch {
		case l.session == 0 || l.session != d.life.Line.Session():
		case time.Since(l.heard) > device.ReopenAfter:
			d.life.Reopen()
		case !l.greeted:
			if !d.greet(ctx, l.session) {
				d.life.Pause(ctx, pingEvery)
			}
		case time.Since(l.heard) > pingEvery:
			d.ping(ctx)
		}
	}
}

// greet finds out who the board is, and gives a board without a log one. It
// reports whether there may be a better answer at once.
func (d *Dev) greet(ctx context.Context, session int) bool {
	answer, _, err := d.exchange(ctx, "HELLO", "1")
	if err != nil {
		return true // watched by Health
	}
	h, ok := decodeHello(answer)
	if ok && h.log == 0 {
		ok = d.newLog(ctx, &h)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	if l.session != session {
		return true
	}
	if !ok {
		l.fault = d.life.Board.Fault(fmt.Sprintf("answers HELLO with %q", answer), "it needs firmware for WVL/1 that names its log, as docs/controllers/wvl.md has it")
		d.mu.Changed()
		return false
	}
	if l.board != h {
		d.log.Info("controller found", "board", h.board, "firmware", h.firmware, "slots", int(h.slots), "boot", h.boot, "log", fmt.Sprintf("%08X", h.log))
	}
	l.greeted, l.board, l.fault = true, h, nil
	d.mu.Changed()
	return true
}

// newLog has a board begin a log. Its identity comes from here, because a
// small board has no good source of chance.
func (d *Dev) newLog(ctx context.Context, h *hello) bool {
	id := rand.Uint32N(1<<32-1) + 1
	d.log.Warn("the controller has no log of its vends; it begins one", "log", fmt.Sprintf("%08X", id))
	if _, _, err := d.exchange(ctx, "NEWLOG", fmt.Sprintf("%08X", id)); err != nil {
		return false
	}
	answer, _, err := d.exchange(ctx, "HELLO", "1")
	if err != nil {
		return false
	}
	again, ok := decodeHello(answer)
	*h = again
	return ok && h.log != 0
}

// ping notices a board that restarted, and its faults.
func (d *Dev) ping(ctx context.Context) {
	answer, _, err := d.exchange(ctx, "STATUS")
	if err != nil || answer[0] != "OK" {
		return
	}
	s, ok := decodeSlot(answer[1:])
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &d.link
	if s.boot != l.board.boot || s.log != l.board.log {
		l.greeted = false
	}
	l.fault = nil
	if s.state == stateROM {
		l.fault = d.romFault()
	}
	d.mu.Changed()
}

func (d *Dev) romFault() *sale.Fault {
	return d.life.Board.Fault("cannot write its log", "its EEPROM is worn out: exchange the board")
}
