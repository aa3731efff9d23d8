package modbus

import (
	"math/bits"

	"kioskd/sale"
)

// keypad makes presses of what the inputs show. A press is the same key in two
// looks in a row; the next one needs a look at released keys, twice, between.
// Two keys at once are none, until all are released.
type keypad struct {
	keys map[uint64]sale.BoardEvent // by the set of inputs that are on
	last uint64
	held bool // a release is awaited
}

// look takes the inputs as they are now.
func (k *keypad) look(now uint64) sale.BoardEvent {
	now &= k.inputs()
	same := now == k.last
	k.last = now
	switch {
	case !same:
	case now == 0:
		k.held = false
	case k.held:
	case k.keys[now] != nil:
		k.held = true
		return k.keys[now]
	case !k.partly(now):
		k.held = true
	}
	return nil
}

// inputs is the set of all that the keys use.
func (k *keypad) inputs() (all uint64) {
	for set := range k.keys {
		all |= set
	}
	return all
}

// partly reports whether the rest of one key's inputs may still follow: rows
// and columns do not close at the same instant.
func (k *keypad) partly(now uint64) bool {
	for set := range k.keys {
		if set&now == now && bits.OnesCount64(set) > bits.OnesCount64(now) {
			return true
		}
	}
	return false
}
