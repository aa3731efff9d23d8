package modbus

// doorway tells when the door moves. Two looks that agree are one, for a switch
// bounces; the first is where the door was all along.
type doorway struct {
	looked, seen bool // the last look
	known, open  bool // where the door is
}

// look takes what the switch says now and reports whether the door has moved.
func (w *doorway) look(open bool) (moved bool) {
	agree := w.looked && w.seen == open
	w.looked, w.seen = true, open
	if !agree || w.known && w.open == open {
		return false
	}
	moved = w.known
	w.known, w.open = true, open
	return moved
}
