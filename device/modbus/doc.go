// Package modbus drives motors on relay boards that speak Modbus RTU: the
// families Waveshare, DAM/LC and R421A08, one board or two on one bus, with
// keypad, door switch and drop sensor on their inputs.
//
// The host is the master. One goroutine of [Dev] has the bus: it looks at the
// inputs all the time, and the calls of [kioskd/sale.Dispenser] take turns
// with that.
//
// The promises:
//
//   - A relay is switched on by the board's own timer only (the "flash"
//     commands). There is no way in this package to toggle one or to leave one
//     on, so a host that dies leaves no motor running.
//   - The pulse of a Dispense is put on the wire at most once. A pulse has no
//     number, so a second one is a second product: a lost answer means that the
//     motor may have turned.
//   - All relays are switched off, and seen off, before anything else after
//     the port was opened or a board was away, and switched off at Close.
//   - OutcomeDispensed means that the drop sensor saw the product. Without a
//     sensor it means that the board took the pulse and was heard until the
//     relay went off in its time. OutcomeNotDispensed means that no byte left,
//     that the board refused the pulse before it acted (exceptions 01 to 03)
//     and its relay stayed off, or that the pulse went as it should and a
//     sensor that has proved itself saw nothing. All else is unknown.
//   - [Dev.Check] and [Dev.Recover] move nothing.
//
// # Answers
//
// A Modbus answer does not say which question it belongs to. So a question is
// written after the line was silent for 3.5 characters and what came before
// was thrown away; address, function, length, echo and CRC must fit; and after
// a question that was given up, one that would be answered alike waits until
// the late answer must have come. An exception that the protocol document does
// not list is no answer. An adapter that repeats what is written to it would
// look like a board that obeys: it is found out and refused.
//
// # The drop sensor
//
// A look at an input takes about 28 ms at 9600 baud, and a product passes a
// beam in about 10. So there are three kinds: "level", an input with a pulse
// stretcher (drop_sensor.hold) that is looked at more often than that;
// "counter", a holding register that counts; "latch", a holding register that
// is not 0 from a drop until 0 is written. That the sensor saw nothing proves
// something only within a day of a product that it did see, in this process.
//
// # Evidence
//
// Relay boards remember nothing. Check notes the register of a counter or a
// latch, and Recover says dispensed if it is one higher and this process drove
// nothing else. A register that did not move is no proof: boards without power
// do not count. Without a register Recover cannot say. A hand in the beam
// counts like a product; between Check and the pulse it makes Dispense refuse.
//
// # Unverified
//
// The package has been run against simulated boards and against libmodbus and
// modbus-serial, never against a real board. Sources contradict each other on
// which mode word of a DAM/LC board switches on (see [Board].FlashMode), and
// that FC0F switches a DAM board's relays off is from the protocol, not from a
// board's manual.
package modbus
