package ubox

import (
	"bytes"
	"slices"

	"kioskd/sale"
)

// The kinds of INFO that are asked for.
const (
	infoStock    = 1 // flag, number of bytes, a bit for each channel
	infoChannels = 4 // number of channels, a byte for each
)

// States of a channel in infoChannels.
const (
	channelDisabled = 0x01 // switched off by the host
	channelFaulty   = 0x02
)

// Results in a VEND_RPT.
const (
	success = 0
	failure = 1
)

// report is a VEND_RPT.
type report struct {
	channel sale.Slot
	result  byte
	sn      byte
}

func decodeReport(f Frame) (r report, ok bool) {
	if f.Type != vendRpt || len(f.Data) != 3 {
		return r, false
	}
	return report{sale.Slot(f.Data[0]), f.Data[1], f.Data[2]}, true
}

// decodeChannels reads the states of all channels.
func decodeChannels(f Frame) (states []byte, ok bool) {
	if f.Type != infoRpt || len(f.Data) < 2 || f.Data[0] != infoChannels || int(f.Data[1]) != len(f.Data)-2 {
		return nil, false
	}
	return slices.Clone(f.Data[2:]), true
}

// decodeStock reads the stock map.
func decodeStock(f Frame) (bits []byte, ok bool) {
	if f.Type != infoRpt || len(f.Data) < 3 || f.Data[0] != infoStock || int(f.Data[2]) != len(f.Data)-3 {
		return nil, false
	}
	return bytes.Clone(f.Data[3:]), true
}

// bit is that of a channel, from 1; the first is the lowest of the first byte.
func bit(bits []byte, channel sale.Slot) bool {
	i := int(channel) - 1
	return i/8 < len(bits) && bits[i/8]>>(i%8)&1 == 1
}

func ask(kind byte) []byte { return Frame{getInfo, []byte{kind}}.Append(nil) }

func vendFrame(channel sale.Slot, sn byte) []byte {
	return Frame{vendInd, []byte{byte(channel), sn}}.Append(nil)
}

// serial is an order's SN: 1 to 255. 0 is no number to a board.
func serial(token uint32) byte { return byte(token%255) + 1 }

func nextSerial(sn byte) byte { return sn%255 + 1 }
