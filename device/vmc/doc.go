// Package vmc drives controllers that speak the XY "VMC - Upper computer"
// protocol, V3.0 (frames FA FB, RS-232, 57600 8N1). The controller is called
// the VMC here, as in the document.
//
// The VMC is the master. It sends a POLL every 200 ms and waits 100 ms for an
// answer: an ACK, or one command, which it acknowledges. What it has to say
// itself it sends between two POLLs and repeats up to five times until it is
// acknowledged. One goroutine of [Dev] reads the line and answers; the calls of
// [kioskd/sale.Dispenser] leave their commands with it and wait.
//
// The promises:
//
//   - The dispense command (06) of a call is put on the wire at most once. The
//     document lets a host repeat a command that was not acknowledged, with the
//     same PackNO, but does not say that the VMC then drops it. So the driver
//     never repeats a 06, not even where a counter seems to prove that the
//     first one was lost.
//   - OutcomeDispensed is the VMC's own word about this slot, or its sales
//     counter's. OutcomeNotDispensed means that no byte of the command left, or
//     that the VMC said so where it can know: see the table in codes.go.
//   - What a status 04 says of another slot is logged and means nothing here.
//   - [Dev.Check], [Dev.Recover], [Dev.Slots] and what is asked unasked move
//     nothing: 01, 51, 53 and reads of the menu (70).
//   - After twelve vends without a rest Check refuses further ones for a while
//     (see [Settings].Pace). A paid order is never held back.
//
// # Evidence
//
// The protocol has no "last result". What can be asked is the sales counter of
// a selection (menu 47) and the list of jammed selections (menu 32). Whether 06
// raises the counter is not documented: it must be tried once on the machine,
// and [Settings].Counts says that it does. A test vend ([sale.Number.Test])
// tries it: its verdict says what the counter did, and the ledger keeps that.
// The setting stays a person's, because it also says that nothing else sells.
// Where it is set, Check notes both, and Recover compares. A counter that rose
// by one, or a slot that is newly in the jam list, is a record that the VMC
// made, and counts whenever it is read. A counter that did not rise is silence.
// It proves that nothing was sold only if this process wrote the command and
// has heard the VMC ever since without a break: a VMC that loses its power as
// the product falls counts nothing either. A counter that is found standing
// still after the VMC gave a product is no evidence until the next start.
//
// The counter is shared with whatever else sells from the slot. So nothing
// else may: no coin acceptor, no service test between Check and the result.
// Dispense refuses, before a byte leaves, evidence that was overtaken by
// another vend of the slot.
//
// # Unverified
//
// The package has been run against simulated controllers only. The document
// leaves open: the LEN of 01 (see [Settings].CheckLen), whether a repeated 06
// is dropped, whether 06 raises the counter, the meaning of 04 with LEN 3
// (ignored here), whether the VMC answers a 31 of the host with its own, what
// the door's byte in 52 means, and the layouts of the clock (menu 09), the list
// of selections (menu 41) and the motor errors (menu 33), which are not used.
// Where a board rests is from one report of one board.
package vmc
