package mdbtest

import "time"

// window is how long the troubles of a vend last, from its approval on.
const window = time.Second

// Trouble is what befalls the next vend.
type Trouble struct {
	LoseCommand bool // the adapter does not get the approval
	// For a second after the approval:
	LoseResult  bool          // the result is not told to the host
	LoseReports bool          // nothing is told to the host
	Delay       time.Duration // what is told is so late
	Extra, Odd  bool          // before, or instead of, the result comes a message of no table
	Other       int           // the result names this item
	Stray       int           // before the result comes a success of this item

	RestartBefore, RestartAfter bool // the machine loses its power before, or after, the product fell

	// Cut, if not nil, pulls the cable for 50 ms.
	Cut *Cut
}

// Cut says where the cable is pulled.
type Cut struct {
	FromBoard bool // in what the adapter sends after the approval, else in the approval
	After     int  // bytes that pass
}

// tell puts a message of the adapter on the line, as the troubles want it.
func (m *Machine) tell(kind string, b []byte) {
	w := &m.wire
	if w.silent {
		return
	}
	if kind == "request" && w.lost > 0 {
		w.lost--
		return
	}
	v := &w.vend
	if kind == "" || time.Now().After(w.until) {
		v = &Trouble{}
	}
	if v.LoseReports || v.LoseResult && kind == "result" {
		return
	}
	if kind == "result" {
		b = m.troubled(v, b)
	}
	m.later(b, v.Delay)
}

// troubled is a result as the troubles want it.
func (m *Machine) troubled(v *Trouble, b []byte) []byte {
	x, isBox := m.adapter.(*box)
	odd := []byte("c,VEND,WOBBLY\n")
	if isBox {
		odd = x.bytes(sealed(0x13, 0x07, 0x00, 0x0B))
	}
	if v.Stray > 0 && isBox {
		m.later(x.bytes(sealed(0x13, 0x02, byte(v.Stray>>8), byte(v.Stray))), v.Delay)
	}
	if v.Extra {
		m.later(odd, v.Delay)
	}
	if v.Other > 0 && isBox {
		b = x.bytes(sealed(0x13, 0x02, byte(v.Other>>8), byte(v.Other)))
	}
	if v.Odd {
		b = odd
	}
	return b
}
