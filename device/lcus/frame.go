package lcus

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
)

// Switch puts one relay on or off. On the wire it is A0, the channel, 01 or 00,
// and the low byte of the sum of these three.
type Switch struct {
	Channel byte // from 1
	On      bool
}

const switchHead = 0xA0

// Append encodes the switch behind b.
func (s Switch) Append(b []byte) []byte {
	state := byte(0)
	if s.On {
		state = 1
	}
	return append(b, switchHead, s.Channel, state, switchHead+s.Channel+state)
}

// askStates is the question for the states of all relays.
var askStates = []byte{0xFF}

// State is what the board says of one relay, a line of text: "CH1: ON".
type State struct {
	Channel int // 1 to 8
	On      bool
}

func (s State) String() string {
	if s.On {
		return fmt.Sprintf("CH%d: ON", s.Channel)
	}
	return fmt.Sprintf("CH%d: OFF", s.Channel)
}

// line is a State with the liberties that boards are said to take.
var line = regexp.MustCompile(`^ *CH([1-8]) *: *(ON|OFF) *$`)

func decodeState(b []byte) (State, bool) {
	m := line.FindSubmatch(b)
	if m == nil {
		return State{}, false
	}
	n, err := strconv.Atoi(string(m[1]))
	return State{n, string(m[2]) == "ON"}, err == nil
}

// lineMost is longer than any State is written.
const lineMost = 32

// Parser finds the answers to askStates: the states of all relays, from the
// first to the last, a line each.
type Parser struct {
	channels int
	buf      []byte
	states   []bool // of the lines that have come
}

// NewParser makes a parser for a board with so many relays.
func NewParser(channels int) *Parser { return &Parser{channels: channels} }

// Feed takes the bytes that came and returns the answers that are complete:
// for each relay whether it is on. A line that is none, or that is out of
// order, ends an answer that has begun.
func (p *Parser) Feed(b []byte) (found [][]bool) {
	p.buf = append(p.buf, b...)
	for {
		end := bytes.IndexAny(p.buf, "\r\n")
		if end < 0 {
			break
		}
		text := p.buf[:end]
		p.buf = p.buf[end+1:]
		if len(text) > 0 {
			found = p.line(text, found)
		}
	}
	if len(p.buf) > lineMost {
		p.buf, p.states = p.buf[len(p.buf)-lineMost:], nil
	}
	p.buf = bytes.Clone(p.buf) // let go of what was read
	return found
}

func (p *Parser) line(text []byte, found [][]bool) [][]bool {
	s, ok := decodeState(text)
	if ok && s.Channel == 1 {
		p.states = nil // an answer begins
	}
	if !ok || s.Channel != len(p.states)+1 || s.Channel > p.channels {
		p.states = nil
		return found
	}
	if p.states = append(p.states, s.On); len(p.states) == p.channels {
		found, p.states = append(found, p.states), nil
	}
	return found
}

// Gap ends an answer whose rest will not come.
func (p *Parser) Gap() [][]bool {
	p.Reset()
	return nil
}

// Reset forgets what has come of an answer.
func (p *Parser) Reset() { p.buf, p.states = nil, nil }
