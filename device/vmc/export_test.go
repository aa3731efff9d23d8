package vmc

import (
	"log/slog"

	"kioskd/sale"
)

// OpenOn makes a driver on a line of the test's own.
func OpenOn(w wire, s Settings) *Dev { return open(w, "/dev/test", s, slog.New(slog.DiscardHandler)) }

// DropAfter is the number of unread keypad events that are kept.
const DropAfter = maxKeys

// Listed is the parser of the jam list.
func Listed(b []byte, slot sale.Slot) bool { return listed(b, slot) }

// Evidence decodes stored evidence and encodes it again.
func Evidence(b sale.Evidence) sale.Evidence { return decodeEvidence(b).encode() }

// DecodeMachine reads the text of 52.
func DecodeMachine(t []byte) (Machine, bool) { return decodeMachine(t) }
