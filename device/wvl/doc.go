// Package wvl drives boards that speak WVL/1, a line protocol of our own for
// Arduino, ESP32 and their like. Its reference firmware, for an ATmega328P, is
// in the folder firmware. How to wire it, and the protocol on one page, stand
// in docs/controllers/wvl.md; what follows is the whole of it.
//
// WVL/1 is the one protocol here in which a dispense may be repeated. A
// command carries a token, and the board keeps a durable log of tokens: one
// that is in the log never turns a motor again.
//
// The promises:
//
//   - One Dispense turns a motor at most once, whatever is lost or restarts.
//     The driver writes its command again only while the call lasts, with every
//     word the same, and only after the board answered that its log has not the
//     token. After the call nothing is written.
//   - [Dev.Recover] sends RESULT and [Dev.Check] sends STATUS. They move nothing.
//   - OutcomeDispensed is the board's word about this token, in this slot, in a
//     record that is younger than the order. OutcomeNotDispensed is the same, or
//     the board's refusal, or the proof below. A state of no table is no result.
//
// # Lines
//
//	line = "@" body "*" XX CR LF    XX: XOR of the body's bytes, upper-case hex
//	body = seq SP verb {SP word}    at most 120 bytes, printable ASCII but @ and *
//
// The host numbers its questions 1 to 65535, then 1 again; the answer repeats
// the number. Events of the board have number 0. Decimal numbers have no
// leading zero, hexadecimal ones all their digits in upper case. Words of the
// form KEY=value follow in any order, and those that are not known are passed
// over; but the words of VEND stand as written here. A damaged line is passed
// over in silence. A board answers and obeys lines in the order in which they
// came, and within a second.
//
//	HELLO 1                -> OK WVL/1 board=.. fw=.. slots=n boot=n log=hhhhhhhh
//	NEWLOG hhhhhhhh        -> OK NEWLOG j
//	STATUS                 -> OK 0 s j BOOT=n
//	STATUS slot            -> OK slot s j BOOT=n
//	VEND token slot DROP=d LOG=hhhhhhhh AT=n CRC=hhhh
//	                       -> ACK r  |  NAK token why j
//	RESULT token           -> OK r
//	OFF                    -> OK OFF        all motors off; a vend under way is ABORTED
//	GOT id                 -> (nothing)     thanks for EV KEY
//	anything else          -> NAK 0 ARG j   HELLO of another version: NAK 0 VERSION j
//	events                    EV KEY slot ID=id (slot 0: cancel) · EV RESULT r · EV BOOT n
//
//	j = LOG=hhhhhhhh N=n HAS=n          where the log stands, see below
//	r = token UNKNOWN j  |  token state ms SLOT=slot I=n j
//	s = READY BUSY EMPTY CLOSED NONE SENSOR ROM
//	state = RUNNING DROPPED TURNED NODROP JAM ABORTED
//
// boot counts the board's starts, durably. ms is the time since the motor got
// power, until the drop if there was one. I is the number of the token's
// record. SENSOR: the beam is blocked; ROM: the log cannot be written.
//
// DROPPED: the sensor saw it fall. NODROP: the motor made its turn and the
// sensor saw nothing. JAM: the motor did not make its turn within the board's
// own limit, and the sensor saw nothing either. TURNED: the motor made its
// turn, and DROP=0 told the board not to look. ABORTED: the power failed, or
// OFF came, before any of this was known. There is no UNKNOWN in the log: it
// says that the token is not in it.
//
// EV KEY is repeated, with the same ID, every 250 ms until a GOT names it, six
// times at most. EV RESULT is not repeated: the host asks.
//
// # The log
//
// It is what a board must not forget. A record has a number, from 1 and without
// gaps, and the token, slot and outcome of one vend. LOG is the log's identity:
// 32 bits of chance that the host gives, with NEWLOG, to a board that has no
// log (LOG=00000000), because a small board has no good source of chance. A
// board with a log refuses NEWLOG (NAK 0 LOG). A board whose EEPROM was
// exchanged, cleared or damaged at its head has none. N is the number of the
// newest record. HAS says that the newest so many are all there: at least 8
// once so many were written. A board that finds a gap or a damaged record
// counts only those after it; if it cannot be sure of the newest, HAS is 0.
//
// CRC in VEND is CRC-16/CCITT-FALSE over the text from VEND to the last
// character before " CRC=": the XOR alone would let one damaged line in 256
// pass, and with another token or slot it would be obeyed. AT is the N that the
// host read before it decided. The board takes these steps in this order:
//
//  1. Malformed, wrong CRC, token 0: NAK 0 ARG.
//  2. LOG is not its own, or it has none: NAK LOG.
//  3. The token is in the log. In a record not younger than AT: NAK KNOWN. For
//     another slot: NAK OTHER. Else ACK with what is known: nothing moves.
//  4. AT is greater than N, or N-AT greater than HAS: NAK OLD. So a command
//     that was sent long ago is refused even when its record has been overwritten.
//  5. NAK BUSY, NONE, EMPTY, CLOSED, SENSOR (if DROP=1), ROM.
//  6. The record is written and read back; then the motor gets power; then ACK.
//
// Steps 2 to 4 are why a command, sent ever so often to ever so many boards,
// turns one motor once. Tokens are compared for equality only: after
// 4294967295 they may begin anew.
//
// The outcome is written before it is told, DROPPED as soon as the sensor sees
// it. It is not written over the intent: a torn write must leave RUNNING,
// which the next start reads as ABORTED, and never a token that is not there.
//
// # What proves that nothing was dispensed
//
// Check notes LOG and N with the order. In Recover "UNKNOWN" proves that the
// command never came if LOG is the same, N has not gone back, and HAS reaches
// back to the noted N. A log with another identity, a log that is too short,
// an order without a note (a late payment has none), silence: none of them
// proves anything, and the outcome is unknown. The same holds for the record
// of a token that another log has.
//
// # Unverified
//
// No physical board has been tried. The firmware has run on simavr only.
package wvl
