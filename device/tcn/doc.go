// Package tcn drives spiral boards with the 6-byte commands 00 FF (TCN,
// Zhongji). The board never speaks first. A run is answered once, when the
// motor is done.
//
// The promises:
//
//   - The command of a [Dev.Dispense] is put on the wire at most once. It has
//     no number, and the board knows no "last result", so a second one is a
//     second product: a lost reply means that the motor may have turned.
//   - Nothing is said to the board while a motor may turn: replies do not say
//     what they answer, and what the board does with a command in a run is
//     not known. After a start, and after a run whose reply did not come, that
//     is [Settings].VendTime.
//   - OutcomeDispensed is the board's word that it saw the drop or, with
//     drop_sensor: false, that the motor turned. OutcomeNotDispensed means that
//     no byte left, or that a light curtain which is in order saw nothing: see
//     the table in codes.go. A reply that is in no table is waited past.
//   - [Dev.Check] and [Dev.Recover] read the door, which moves nothing.
//
// Recover has nothing to ask the board. It knows a reply that came after the
// Dispense had given up, in this process, and else cannot say.
//
// # Source and what is unverified
//
// The bytes are those of a published host of a spiral machine
// (PhiMVC/sampling_machine_mobile_testing). That all boards of the maker speak
// like this, the speed, the longest run, and what a command in a run does are
// not known. That host's code and its comment contradict each other on which
// answer means an open door: hence [Settings].Door. No physical board has been
// tried.
package tcn
