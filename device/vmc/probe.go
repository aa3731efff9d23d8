package vmc

import (
	"context"
	"fmt"
	"time"

	"kioskd/device"
)

const (
	// listenFor is longer than the longest interval of POLLs.
	listenFor = 2200 * time.Millisecond
	// introducesWithin bounds the question who it is.
	introducesWithin = 1500 * time.Millisecond
)

// Probe finds a VMC by what it says unasked: its POLLs, and after its start a
// 31. A POLL is then answered with 51, which asks for the machine's number.
func Probe() device.Probe { return device.Probe{Bauds: []int{57600, 9600, 115200}, Ask: probe} }

func probe(ctx context.Context, l *device.Line, baud int, _ device.ProbeOptions) (device.Finding, error) {
	p := prober{line: l}
	heard, err := p.until(ctx, listenFor, func(f Frame) (bool, error) { return unasked(f), nil })
	if err != nil || !heard {
		return device.Finding{}, err
	}
	f := device.Finding{What: "XY controller (VMC)"}
	if id := p.introduces(ctx); id != "" {
		f.What += ", machine " + id
	}
	if baud != DefaultSettings().Baud {
		f.Settings = append(f.Settings, fmt.Sprintf("baud: %d", baud))
	}
	return f, nil
}

// prober is a host that only listens, and answers where it wants to know more.
type prober struct {
	line   *device.Line
	parser Parser
}

// until takes frames until one satisfies ok.
func (p *prober) until(ctx context.Context, within time.Duration, ok func(Frame) (bool, error)) (bool, error) {
	buf := make([]byte, 256)
	for end := time.Now().Add(within); time.Now().Before(end) && ctx.Err() == nil; {
		n, err := p.line.Read(buf, readWait)
		if err != nil {
			return false, err
		}
		for _, f := range p.parser.Feed(buf[:n]) {
			if is, err := ok(f); is || err != nil {
				return is, err
			}
		}
	}
	return false, ctx.Err()
}

// introduces asks for the machine's number: empty if there is no answer.
func (p *prober) introduces(ctx context.Context) (id string) {
	asked := false
	p.until(ctx, introducesWithin, func(f Frame) (done bool, err error) {
		switch {
		case f.Cmd == cmdPoll && !asked:
			asked = true
			_, err = p.line.Write(data(cmdMachine, 1).Append(nil))
		case f.Cmd == cmdMachined:
			if m, ok := decodeMachine(f.Text()); ok {
				id = m.ID
			}
			_, err = p.line.Write(ack)
			return true, err
		case f.Cmd != cmdAck:
			_, err = p.line.Write(ack) // else it says the same for a second
		}
		return false, err
	})
	return id
}

// unasked reports whether a frame is one that a VMC sends by itself.
func unasked(f Frame) bool {
	switch f.Cmd {
	case cmdPoll:
		return len(f.Body) == 0
	case cmdSync:
		return len(f.Body) == 1
	case cmdKey:
		return len(f.Body) == 3
	case cmdSlot:
		return len(f.Body) == 12
	case cmdStatus:
		return len(f.Body) == 4 || len(f.Body) == 5
	}
	return false
}
