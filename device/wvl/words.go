package wvl

import (
	"fmt"
	"strings"

	"kioskd/sale"
)

// What the words of a line mean. A word that is not known here is passed over,
// so that a board may say more.

// hello is the board's answer to HELLO.
type hello struct {
	board, firmware string
	slots           sale.Slot
	boot            uint32
	log             uint32 // 0: the board has no log yet
}

// journal is where the board's durable log stands.
type journal struct {
	log uint32 // its identity
	n   uint32 // records ever written to it
	has uint32 // so many of the newest it still has, without a gap
}

// reaches reports whether the log still has every record since it stood at n.
func (j journal) reaches(n uint32) bool { return n <= j.n && j.n-n <= j.has }

// state is what the board says of a token, in its own word.
type state string

const (
	running  state = "RUNNING"
	dropped  state = "DROPPED" // the sensor saw the product fall
	turned   state = "TURNED"  // the motor made its turn, and no sensor was to watch
	noDrop   state = "NODROP"  // the motor made its turn, and the sensor saw nothing
	jam      state = "JAM"     // the motor did not make its turn; nor did the sensor see anything
	aborted  state = "ABORTED" // the power failed, or somebody said OFF
	notKnown state = "UNKNOWN" // not in the log
)

// record is what the board says of a token.
type record struct {
	token uint32
	state state
	ms    uint32 // since the motor started
	slot  sale.Slot
	index uint32 // its number in the log, from 1
	journal
}

func (r record) final() bool {
	switch r.state {
	case dropped, turned, noDrop, jam, aborted:
		return true
	}
	return false
}

// refusal is the board's NAK.
type refusal struct {
	token uint32
	why   string
	journal
}

// slotState is the board's answer to STATUS.
type slotState struct {
	slot  sale.Slot
	state string
	boot  uint32
	journal
}

// command is everything that a VEND says.
type command struct {
	token uint32
	slot  sale.Slot
	drop  bool
	log   uint32 // the log that it is for
	at    uint32 // where that log stood before
}

// words encodes a VEND. Its CRC covers all words before and not the line's
// number, so that a repeat is the same.
func (c command) words() []string {
	drop := 0
	if c.drop {
		drop = 1
	}
	s := fmt.Sprintf("VEND %d %d DROP=%d LOG=%08X AT=%d", c.token, c.slot, drop, c.log, c.at)
	return strings.Fields(fmt.Sprintf("%s CRC=%04X", s, crc16(s)))
}

// values are the words of the form KEY=VALUE. A doubled key has no value.
func values(words []string) map[string]string {
	m := map[string]string{}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if _, twice := m[k]; twice {
			v = ""
		}
		if ok {
			m[k] = v
		}
	}
	return m
}

func decodeHello(words []string) (h hello, ok bool) {
	if len(words) < 2 || words[0] != "OK" || words[1] != "WVL/1" {
		return h, false
	}
	v := values(words[2:])
	slots, ok1 := decimal(v["slots"], 15)
	boot, ok2 := decimal(v["boot"], 32)
	log, ok3 := hex32(v["log"])
	return hello{v["board"], v["fw"], sale.Slot(slots), uint32(boot), log}, ok1 && ok2 && ok3
}

func decodeJournal(v map[string]string) (journal, bool) {
	log, ok1 := hex32(v["LOG"])
	n, ok2 := decimal(v["N"], 32)
	has, ok3 := decimal(v["HAS"], 32)
	return journal{log, uint32(n), uint32(has)}, ok1 && ok2 && ok3 && has <= n
}

// decodeRecord takes what follows OK, ACK or EV RESULT.
func decodeRecord(words []string) (r record, ok bool) {
	if len(words) < 2 {
		return r, false
	}
	token, ok1 := decimal(words[0], 32)
	v := values(words[2:])
	j, ok2 := decodeJournal(v)
	r = record{token: uint32(token), state: state(words[1]), journal: j}
	if !ok1 || !ok2 || r.state == notKnown {
		return r, ok1 && ok2
	}
	if len(words) < 3 {
		return r, false
	}
	ms, ok1 := decimal(words[2], 32)
	slot, ok2 := decimal(v["SLOT"], 15)
	index, ok3 := decimal(v["I"], 32)
	r.ms, r.slot, r.index = uint32(ms), sale.Slot(slot), uint32(index)
	return r, ok1 && ok2 && ok3 && index >= 1 && r.index <= r.n
}

// decodeRefusal takes what follows NAK.
func decodeRefusal(words []string) (r refusal, ok bool) {
	if len(words) < 2 {
		return r, false
	}
	token, ok1 := decimal(words[0], 32)
	j, ok2 := decodeJournal(values(words[2:]))
	return refusal{uint32(token), words[1], j}, ok1 && ok2
}

// decodeSlot takes what follows OK.
func decodeSlot(words []string) (s slotState, ok bool) {
	if len(words) < 2 {
		return s, false
	}
	v := values(words[2:])
	slot, ok1 := decimal(words[0], 15)
	boot, ok2 := decimal(v["BOOT"], 32)
	j, ok3 := decodeJournal(v)
	return slotState{sale.Slot(slot), words[1], uint32(boot), j}, ok1 && ok2 && ok3
}
