// Package ubox drives boards with the UBOX "SIMPLE" protocol (frames AA). The
// host asks; keys and results of vends come unasked, once each.
//
// The promises:
//
//   - The VEND_IND of a [Dev.Dispense] is put on the wire at most once.
//   - OutcomeDispensed is the board's report of success for this channel and
//     serial number. OutcomeNotDispensed means that no byte left, or that the
//     board reported a failure where a drop sensor is in use. A report of
//     another channel or number, and a result that is in no table, mean
//     nothing.
//   - [Dev.Check] and [Dev.Recover] move nothing.
//
// # The serial number
//
// A VEND_IND carries a number SN, one byte, which its report repeats. A board
// that gets the SN of its last vend again does not run the motor and reports
// the stored result. That is not used to send a command twice: the SN is in
// RAM, so a board that lost its power would vend again; and while the motor
// turns the report has the result of the vend before. What it is used for:
//
//   - SN is the order's token modulo 255, plus 1. So a report that comes late,
//     or to the process after the one that sent the command, is the order's.
//   - With [Settings].ProbeChannel the stored result can be asked for. The
//     question is a VEND_IND for a channel that does not exist. With the SN of
//     the last vend the board reports that vend, with its channel; with any
//     other it refuses the channel. Before each command the same is sent with
//     another SN: that stores "failed", so that a later "success" can only be
//     the command's; and it makes sure that the board's last SN is not the
//     command's. What the probe answers is believed only if it is a success.
//
// Without a probe, one rare case remains: the board's last vend was exactly 255
// orders ago, or a multiple (64 or 128 orders ago, if it was the second or third
// of its order), none of those between them was vended, kioskd started anew
// since, and the channel is the same. Then the board takes the
// command for a repeat and reports the old result. Within one process another
// SN is taken. With a probe the same can happen only if kioskd dies, besides,
// between the order's intent and the sending of "failed".
//
// # Source and what is unverified
//
// The bytes are those of the source of a vending controller's firmware
// (EasiVend, UBProtocol_SIMPLE), where the name of the CRC's routine is known
// and not the routine: XMODEM is an assumption. The speed is another. In that
// firmware a bit of the stock map is set for a channel that can vend, although
// the comment calls it "sold out": hence [Settings].StockBit. No physical board
// has been tried.
package ubox
