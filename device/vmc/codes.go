package vmc

import (
	"fmt"

	"kioskd/sale"
)

// class is what a dispensing status (04) means for the order it belongs to.
//
// What decides is who can know. With a drop sensor in use (setting
// drop_sensor, sent in each 06) "jammed" means that nothing passed the sensor.
// Without it a jammed motor may still have pushed the product over the edge.
// Errors of the lift, the oven, the stay pole and the push rod come from
// behind the shelf: the product may have left it, be seen by no sensor, and
// still reach the customer. So they end a vend and prove nothing.
type class int

const (
	// working: under way, or information. Also every code that is in no
	// table: a code that nobody knows is not a result.
	working class = iota
	// given: the product fell; without sensor, the motor turned.
	given
	// jammed: nothing fell, if a sensor watched; otherwise doubtful.
	jammed
	// absent: there is no such motor, so nothing can have moved.
	absent
	// doubtful: the vend ended in a fault and the product may have fallen.
	doubtful
	// ended: terminated. Says nothing itself; it proves that nothing fell only
	// if a sensor watched and no earlier word can have been missed.
	ended
)

type status struct {
	text  string
	class class
}

// Codes with a part of their own.
const (
	codeDone    = 0x02 // with an oven: the product is off the shelf
	codeLift    = 0x07 // ... and its kin 12 and 13
	codeHeating = 0x23 // the last byte of its frame is the seconds left
)

const (
	moves      = "lift, door or oven moves"
	behind     = "oven, stay pole or push rod error"
	boxFault   = "oven or box fault"
	notInTable = "not in the protocol document"
)

// statuses is the document's table, with what is known from the field.
var statuses = map[byte]status{
	0x01:     {"dispensing", working},
	codeDone: {"dispensed", given},
	0x03:     {"selection jammed", jammed},
	0x04:     {"the motor did not stop normally", doubtful}, // it may have turned on and given the product
	0x06:     {"the motor does not exist", absent},
	codeLift: {"lift error", doubtful}, // the product may lie in the lift
	0x10:     {moves, working}, 0x11: {moves, working},
	0x12: {"lift error", doubtful}, 0x13: {"lift error", doubtful},
	0x14: {moves, working}, 0x15: {behind, doubtful}, 0x16: {moves, working}, 0x17: {behind, doubtful},
	0x18: {moves, working}, 0x19: {moves, working}, 0x20: {behind, doubtful},
	0x21: {"no product seen in the oven", working}, // hosts disagree whether this is the end
	0x22: {"heating", working}, codeHeating: {"heating, time left", working},
	0x24: {"please take the product", given}, // also from machines without an oven; repeats until taken
	0x25: {behind, doubtful}, 0x26: {moves, working},
	0x28: {behind, doubtful}, 0x29: {behind, doubtful}, 0x30: {behind, doubtful}, 0x31: {behind, doubtful}, 0x32: {behind, doubtful},
	0x40: {"picked up", working}, 0x41: {"delivery door opened", working}, 0x42: {"delivery door closed", working}, // newer firmware
	0xFF: {"purchase terminated", ended},
}

func statusOf(code byte) status {
	if s, ok := statuses[code]; ok {
		return s
	}
	return status{notInTable, working}
}

func words(code byte) string { return fmt.Sprintf("status %02X: %s", code, statusOf(code).text) }

// slotStates is table 4.3.1: what 02 answers to a check.
var slotStates = map[byte]string{
	0x05: "there is a product in the lift",
	0x06: "the delivery door is not locked",
	0x07: "lift error",
	0x08: "the lift's self-check found a fault",
	0x09: boxFault, 0x10: boxFault, 0x11: boxFault, 0x12: boxFault, 0x13: boxFault, 0x14: boxFault, 0x15: boxFault,
	0x16: "stay pole return error",
	0x17: "main motor fault",
	0x18: "translation motor fault",
	0x19: "stay pole push error",
	0x20: boxFault, 0x21: boxFault, 0x22: boxFault, 0x23: boxFault,
}

// The states of table 4.3.1 that are no faults.
const (
	stateNormal  = 0x01
	stateSoldOut = 0x02
	stateMissing = 0x03
	statePaused  = 0x04
)

// slotError is what Check returns for a state in 02.
func slotError(slot sale.Slot, state byte) error {
	switch state {
	case stateNormal:
		return nil
	case stateSoldOut:
		return fmt.Errorf("check slot %v: %w", slot, sale.ErrSoldOut)
	case stateMissing:
		return fmt.Errorf("check slot %v: %w", slot, sale.ErrNoSlot)
	case statePaused:
		return fmt.Errorf("check slot %v: %w", slot, sale.ErrSlotClosed)
	}
	text, ok := slotStates[state]
	if !ok {
		text = notInTable
	}
	return &sale.Fault{
		Code: sale.CodeBoardFault,
		What: fmt.Sprintf("the controller reports state %02X for slot %v: %s", state, slot, text),
		Hint: "look at the controller's own menu, clear the fault there and test the slot",
	}
}
