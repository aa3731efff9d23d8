// Package devicetest is a vending cabinet without the metal, and the
// conformance suite for drivers of real ones.
//
// [Start] opens a pseudo terminal and speaks the board's side of the XY "VMC -
// Upper computer" protocol V3.0 on it (FA FB frames, 57600 8N1): it is the
// master, polls, repeats a frame until it is acknowledged, and turns motors. A
// driver opens [Cabinet.Path] as it would open a real port. The code shares
// nothing with the drivers, so that a misread line of the document shows.
//
// The cabinet promises to keep true books. A [Command] is entered for each
// drive command (06) that reaches the wire, heard by the board or not; a
// [Drop] for each product that falls. No fault falsifies them: a test that
// compares both finds every product given twice.
//
// What the document leaves open is set to the harder case: a repeated 06 with
// the same PackNO turns the motor again, 01 is accepted with LEN 3 and 4, and
// an answer later than 100 ms after its POLL goes unheard. See [Options].
//
// What people do (press, jam, unplug, open the door) and what breaks ([Fault])
// are methods, safe for use by any goroutine. Unplugging closes the pty;
// plugging makes a new one behind the same link.
//
// # Control API
//
// [Cabinet.Control] offers the same as JSON over HTTP. POST answers 204, or
// 400 with {"error": "a sentence"}. Unknown fields are refused.
//
//	GET  /state                                  a State
//	POST /press    {"slot": 11}                  a customer presses a product's number
//	POST /cancel   {}                            ... the cancel key
//	POST /jam      {"slot": 11}                  the next product of the slot will hang
//	POST /stock    {"slot": 11, "stock": 0}      somebody fills or empties a slot
//	POST /pause    {"slot": 11, "paused": true}  the board's menu closes a slot
//	POST /door     {"open": true}
//	POST /lift     {"state": 1}                  what the lift says when it is asked
//	POST /fill     {}                            the button "fully loaded"
//	POST /unplug   {}                            pulls the serial cable
//	POST /plug     {}                            ... and puts it back
//	POST /restart  {}                            cuts the board's power for a moment
//	POST /fault    {"kind": "mute", "for_ms": 5000}
//
// The fields of a fault are those of [Fault] in lower case, with durations as
// for_ms and delay_ms: kind, times, chance, slot, code, other, at, dir, for_ms,
// delay_ms. Besides, "off": true takes back the faults of that kind, or of all
// kinds where kind is left out.
//
// # Conformance
//
// [RunDriver] takes a [Harness] and tests what every [kioskd/sale.Dispenser]
// owes the core. [CabinetHarness] is the harness for drivers of this cabinet.
// Simulated boards of other protocols stand beside their drivers (tcntest and
// so on); [Rig] is what they have in common.
package devicetest
