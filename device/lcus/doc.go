// Package lcus switches loads with LCUS USB relays (frames A0, a CH340 with a
// small controller). The loads must be safe when they stay on: lamps, magnetic
// locks, signals to a gate or to another controller. A motor is refused in the
// settings.
//
// The promises:
//
//   - The "on" of a [Dev.Dispense] is put on the wire at most once. "Off" is
//     repeated as often as it takes: it gives nothing.
//   - All relays are switched off, and the board says that they are, before
//     anything else after the port was opened and after a relay was found on
//     that should not be. They are switched off at Close, too.
//   - OutcomeDispensed means that the board said, in answers to questions of
//     this vend, that the relay was on, that it stayed so for its time and was
//     off after the "off". OutcomeNotDispensed means that no byte left. All else
//     is unknown: an answer that was lost, a relay that was never seen on, one
//     that fell off early, a port that went.
//   - [Dev.Check] asks for the relays' states. [Dev.Recover] does the same and
//     switches off what is on.
//
// # What it cannot prove
//
// There is no sensor, no counter and no memory. That a relay was on says
// nothing of the load: of a lamp that is broken, a lock that hangs, a door that
// nobody opened. After a crash nothing can be said of the vend at all.
//
// A relay is on for at least its time, and for about a second longer where an
// answer is lost at the end of it. The board has no timer and no watchdog. If this program dies while a relay is
// on, it stays on until the program runs again, however long that takes.
//
// # Unverified
//
// The frames are published; the text that answers FF ("CH1: ON", a line for
// each relay) is from descriptions, and that boards with one relay give no
// answer as well. No physical board has been tried.
package lcus
