// Package mdb drives vending machines with an MDB/ICP bus. Towards the machine
// kioskd is a cashless reader; keypad, prices and motors are the machine's. No
// port of a computer can speak on the bus itself (nine bits, an answer within
// 5 ms), so an adapter hangs between: a Qibixx MDB-USB or MDB Pi Hat, which
// speaks text, or a Waferstar RS232-MDB, MDB-USB or Pi2MDB, which passes MDB
// messages on as bytes or hexadecimal text. Sources are MDB/ICP Version 4.2
// (NAMA, February 2011), Qibixx' online documentation and Waferstar's quick
// start v3.5. How to wire it, and what it can prove, stands in
// docs/controllers/mdb.md.
//
// # Who asks whom
//
// The machine is the master. A customer chooses, and it asks for a payment:
//
//	VEND REQUEST price item    -> sale.Selected
//	                              Check: it still waits, and at our price
//	VEND APPROVED amount       <- Dispense
//	VEND SUCCESS | FAILURE     -> the verdict of Dispense
//	SESSION COMPLETE           -> END SESSION
//
// A request that ends otherwise (VEND CANCEL, a reset, the adapter goes away)
// is sale.CancelPressed. A sale that ends without a payment is told by
// [Dev.Decline], and the machine gets VEND DENIED; so it does if nobody takes
// its request up within three seconds, just before it would wait no longer, and
// when the driver is closed.
//
// The promises:
//
//   - A request is approved once, by the one order that Check noted it for. The
//     same request again is a repeat on the line. Nothing of an earlier process
//     is ever approved: the number of a request is only known to the process
//     that heard it.
//   - A payment for a request that is over is not approved: NotDispensed.
//   - VEND SUCCESS is OutcomeDispensed, VEND FAILURE OutcomeNotDispensed. A
//     message of no table, and a success that names another item, are no result.
//   - A reset of the reader by the machine between approval and result counts
//     as success [MDB/ICP 4.2, 7.4.7]: dispensed, presumed. Only if the machine
//     had the approval, which is certain after a second (it polls every 25 to
//     200 ms), and only if the port was not opened anew meanwhile: an adapter
//     that starts looks like a reset. All else is unknown.
//   - Recover and Check say nothing to the machine. The bus has no question for
//     what became of a vend.
//
// # The adapter is left alone
//
// Setting a Qibixx up switches the reader off for a moment, which loses the
// result of a vend. So it is not done while a vend is open, nor in the first
// three seconds of the process; and if within these the core asks what became
// of an order (Recover), not for another fifteen: the result that comes then is
// that order's. Otherwise the set-up frees a machine that still waits for an
// earlier process.
//
// # Time
//
// The machine is told to wait half a minute longer than the customer may pay,
// 255 s at most.
//
// # Money
//
// A number on the bus times scale is an amount in the last of so many decimal
// places of a yuan. Amounts are whole fen, or they are no amounts.
//
// # Unverified
//
// No adapter and no machine has been tried. The only independent peer are the
// vectors of the specification and of published host programs; the simulated
// machine was written from the same documents as this. Not documented, and set
// to what seems safest: how a Qibixx tells VEND CANCEL (any c,STATUS that is not
// VEND ends a request), whether c,STATUS,INACTIVE is only ever a reset, which of
// C,VEND,-1 and C,STOP denies, the name of the setting for the address, that
// C,1 is refused by a reader which is on; whether a Waferstar box passes SETUP
// and PERIPHERAL ID on, its speed, and what a machine does with VEND DENIED when
// it did not ask.
package mdb
