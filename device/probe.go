package device

import (
	"context"
	"fmt"
	"time"
)

// Probe asks a port whether a controller of one kind is there. A driver has
// one if its protocol has a question that can do no harm. A probe moves nothing
// and switches nothing, whatever board is there instead: it listens, or asks
// what only reads. That an answer came means that its checksum was right and
// that it is of the kind that only such a controller gives.
type Probe struct {
	Bauds []int // speeds to try, the likely ones first
	// Named: it is asked only where a person has named the protocol, because
	// there are boards of another kind that a byte of its question switches.
	Named bool
	// Ask talks on a line of that speed that is its own, not yet opened by a
	// Read. An error is of the line, or the context's; silence is none.
	Ask func(ctx context.Context, l *Line, baud int, o ProbeOptions) (Finding, error)
}

// ProbeOptions narrow a probe.
type ProbeOptions struct {
	Addresses []int // of the boards to ask, on a bus that has addresses
}

// Finding is what answered. The zero value is nobody.
type Finding struct {
	What string // for a person: "XY controller, machine 0000012345"
	// Settings are the lines of YAML that belong under controller.settings.
	Settings []string
}

// Found reports whether anybody answered.
func (f Finding) Found() bool { return f.What != "" }

// Inquiry is a question that may be repeated.
type Inquiry struct {
	Question []byte
	Every    time.Duration
	For      time.Duration
}

// Ask opens the port, repeats the question and hands over what comes, or
// nothing after each silence of 50 ms, until it is answered or the time is
// over. Silence is no error; one is of the line, or the context's.
func (q Inquiry) Ask(ctx context.Context, l *Line, answered func(b []byte) bool) error {
	buf := make([]byte, 256)
	var asked time.Time
	for end := time.Now().Add(q.For); time.Now().Before(end) && ctx.Err() == nil; {
		n, err := l.Read(buf, readWait)
		if err != nil {
			return err
		}
		if answered(buf[:n]) {
			return nil
		}
		if time.Since(asked) >= q.Every {
			asked = time.Now()
			if _, err := l.Write(q.Question); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// BaudSetting is the line that names a speed, none where it is the default.
func BaudSetting(baud, byDefault int) []string {
	if baud == byDefault {
		return nil
	}
	return []string{fmt.Sprintf("baud: %d", baud)}
}
