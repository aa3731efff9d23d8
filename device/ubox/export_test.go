package ubox

import "kioskd/sale"

// CRC16 is the CRC of a frame.
func CRC16(b []byte) uint16 { return crc16(b) }

// DecodeAll lets every decoder have a try.
func DecodeAll(f Frame) {
	decodeReport(f)
	decodeChannels(f)
	bits, _ := decodeStock(f)
	bit(bits, 1)
}

// Serial is an order's SN.
func Serial(token uint32) byte { return serial(token) }

// Judge is the verdict on a VEND_RPT.
func Judge(f Frame, sensor bool) sale.Verdict {
	r, _ := decodeReport(f)
	return verdictOf(r, sensor)
}
