package modbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kioskd/device"
	"kioskd/sale"
)

const (
	// probeWithin is how long a board has for an answer to a probe, behind the
	// time of the bytes: makers name tens of milliseconds.
	probeWithin = 150 * time.Millisecond
	// probeMost bounds the questions to one address.
	probeMost = 10 * time.Second
	opensFor  = 20 * time.Millisecond
)

// probeAddresses are the usual ones: those of a first board, and that of a DAM
// board as it is delivered.
var probeAddresses = []int{1, 2, 3, 4, 254}

// Probe finds relay boards with reads alone: of inputs, coils and registers.
func Probe() device.Probe {
	return device.Probe{Bauds: []int{9600, 115200, 19200, 38400, 57600, 4800}, Ask: probe}
}

func probe(ctx context.Context, l *device.Line, baud int, o device.ProbeOptions) (device.Finding, error) {
	if _, err := l.Read(make([]byte, 1), opensFor); err != nil { // opens the port
		return device.Finding{}, err
	}
	p := prober{bus: newBus(l, baud, probeWithin)}
	p.bus.session = l.Session()
	addresses := o.Addresses
	if len(addresses) == 0 {
		addresses = probeAddresses
	}
	var boards []Board
	for _, addr := range addresses {
		b, err := p.board(ctx, byte(addr))
		if err != nil {
			return device.Finding{}, err
		}
		if b != nil {
			boards = append(boards, *b)
		}
	}
	if len(boards) == 0 {
		return device.Finding{}, nil
	}
	return finding(boards, baud), nil
}

type prober struct{ bus bus }

// board asks one address; nil: nobody has it. A refusal is an answer too.
func (p *prober) board(ctx context.Context, addr byte) (*Board, error) {
	ctx, cancel := context.WithTimeout(ctx, probeMost)
	defer cancel()
	there, err := p.answers(ctx, ReadInputs(addr, 0, 1))
	if err != nil || !there {
		return nil, err
	}
	b := Board{Address: int(addr)}
	for _, n := range []int{32, 16, 8, 4, 2, 1} {
		if b.Inputs == 0 && p.reads(ctx, ReadInputs(addr, 0, uint16(n))) {
			b.Inputs = n
		}
		if b.Relays == 0 && p.reads(ctx, ReadCoils(addr, 0, uint16(n))) {
			b.Relays = n
		}
	}
	switch {
	case b.Relays > 0 && b.Inputs > 0 && p.reads(ctx, ReadRegisters(addr, linkage, 1)):
		b.Family = waveshare
	case b.Relays > 0:
		// Waveshare or DAM: what would tell them apart for certain is a pulse.
	case b.Inputs > 0:
		b.Family = inputs
	default:
		for _, n := range []int{16, 8, 4, 1} {
			if p.reads(ctx, ReadRegisters(addr, uint16(n), 1)) {
				b.Family, b.Relays = r421, n
				break
			}
		}
	}
	return &b, ctx.Err()
}

// answers reports whether anybody answers. Silence is no error, a port that
// goes away or repeats what is written is.
func (p *prober) answers(ctx context.Context, r Request) (bool, error) {
	_, err := p.bus.ask(ctx, r)
	_, refused := errors.AsType[*Exception](err)
	switch _, fault := errors.AsType[*sale.Fault](err); {
	case err == nil, refused:
		return true, nil
	case fault, ctx.Err() != nil, errors.Is(err, errEcho), errors.Is(err, errReopened):
		return false, fmt.Errorf("ask address %d: %w", r.Addr, err)
	}
	return false, nil
}

// reads reports whether a question is answered, and not refused.
func (p *prober) reads(ctx context.Context, r Request) bool {
	for range 2 {
		_, err := p.bus.ask(ctx, r)
		if _, refused := errors.AsType[*Exception](err); err == nil || refused {
			return err == nil
		}
	}
	return false
}

func finding(boards []Board, baud int) (f device.Finding) {
	var what []string
	if baud != DefaultSettings().Baud {
		f.Settings = append(f.Settings, fmt.Sprintf("baud: %d", baud))
	}
	f.Settings = append(f.Settings, "boards:")
	for _, b := range boards {
		family, note := b.Family, ""
		if family == "" {
			family, note = waveshare, " # or dam: see the board's label"
		}
		what = append(what, fmt.Sprintf("address %d (%d relays, %d inputs)", b.Address, b.Relays, b.Inputs))
		f.Settings = append(f.Settings, fmt.Sprintf("  - {address: %d, family: %s, relays: %d, inputs: %d}%s", b.Address, family, b.Relays, b.Inputs, note))
	}
	f.Settings = append(f.Settings, "slots: # one line for each motor: docs/controllers/modbus.md", "  - {slot: 11, relay: "+firstRelay(boards)+", pulse: 1s}")
	f.What = "Modbus boards: " + strings.Join(what, ", ")
	if len(boards) == 1 {
		f.What = "Modbus board: " + what[0]
	}
	return f
}

// firstRelay is how the settings name the first relay there is.
func firstRelay(boards []Board) string {
	for _, b := range boards {
		if b.Relays > 0 {
			if len(boards) == 1 {
				return "1"
			}
			return fmt.Sprintf("%d/1", b.Address)
		}
	}
	return "1"
}
