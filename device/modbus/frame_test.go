package modbus_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/device/modbus"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// The frames of section 6 of the reference: exchanged with libmodbus and
// modbus-serial there, or from the makers' pages.
func TestRequests(t *testing.T) {
	for want, r := range map[string]modbus.Request{
		"01 05 00 00 FF 00 8C 3A":                modbus.WriteCoil(1, 0, 0xFF00),
		"01 05 00 00 00 00 CD CA":                modbus.WriteCoil(1, 0, 0),
		"01 01 00 00 00 08 3D CC":                modbus.ReadCoils(1, 0, 8),
		"01 02 00 00 00 08 79 CC":                modbus.ReadInputs(1, 0, 8),
		"01 06 00 01 00 03 98 0B":                modbus.WriteRegister(1, 1, 3),
		"01 03 00 01 00 01 D5 CA":                modbus.ReadRegisters(1, 1, 1),
		"01 10 00 03 00 02 04 00 04 00 0A 72 7C": modbus.WriteRegisters(1, 3, 4, 10),
		"01 05 02 00 00 0F 8C 76":                modbus.WriteCoil(1, 0x0200, 15),
		"01 05 00 FF 00 00 FD FA":                modbus.WriteCoil(1, 0x00FF, 0),
		"FE 02 00 00 00 08 6D C3":                modbus.ReadInputs(0xFE, 0, 8),
	} {
		if got := r.Append(nil); !bytes.Equal(got, unhex(want)) {
			t.Errorf("% X, want %s", got, want)
		}
	}
}

// The pulses of section 6.2, and what switches all relays off.
func TestPulses(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		family string
		addr   byte
		relay  int
		pulse  time.Duration
		want   string
	}{
		{"waveshare", 1, 1, 700 * ms, "01 05 02 00 00 07 8D B0"},
		{"waveshare", 1, 2, 800 * ms, "01 05 02 01 00 08 9C 74"},
		{"waveshare", 1, 1, 1500 * ms, "01 05 02 00 00 0F 8C 76"},
		{"dam", 0xFE, 1, time.Second, "FE 10 00 03 00 02 04 00 04 00 0A 41 6B"},
		{"dam", 0xFE, 2, time.Second, "FE 10 00 08 00 02 04 00 04 00 0A 00 D8"},
		{"r421", 1, 1, 2 * time.Second, "01 06 00 01 06 02 5A 6B"},
	} {
		if got := modbus.Pulse(c.family, c.addr, c.relay, c.pulse, 4).Append(nil); !bytes.Equal(got, unhex(c.want)) {
			t.Errorf("%s relay %d: % X, want %s", c.family, c.relay, got, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		request modbus.Request
		line    string
		data    string
		refusal string
		end     int
	}{
		{"coils", modbus.ReadCoils(1, 0, 8), "01 01 01 01 90 48", "01", "", 6},
		{"inputs", modbus.ReadInputs(1, 0, 8), "01 02 01 04 A0 4B", "04", "", 6},
		{"register", modbus.ReadRegisters(1, 1, 1), "01 03 02 00 03 F8 45", "00 03", "", 7},
		{"echo", modbus.WriteCoil(1, 0, 0xFF00), "01 05 00 00 FF 00 8C 3A", "", "", 8},
		{"coils written", modbus.Request{Addr: 1, Func: 0x0F, Data: []byte{0, 0, 0, 8, 1, 0xFF}}, "01 0F 00 00 00 08 54 0D", "", "", 8},
		{"registers written", modbus.WriteRegisters(1, 3, 4, 10), "01 10 00 03 00 02 B1 C8", "", "", 8},
		{"bad value", modbus.WriteCoil(1, 0, 0x5500), "01 85 03 02 91", "", "exception 03 to function 05: illegal data value", 5},
		{"bad address", modbus.WriteCoil(1, 0x0200, 7), "01 85 02 C3 51", "", "exception 02 to function 05: illegal data address", 5},
		{"behind noise", modbus.ReadInputs(1, 0, 8), "00 FF 01 02 01 02 01 04 A0 4B", "04", "", 10},
		{"bad CRC", modbus.ReadCoils(1, 0, 8), "01 01 01 01 90 49", "", "", 0},
		{"another address", modbus.ReadCoils(2, 0, 8), "01 01 01 01 90 48", "", "", 0},
		{"another function", modbus.ReadInputs(1, 0, 8), "01 01 01 01 90 48", "", "", 0},
		{"another length", modbus.ReadCoils(1, 0, 9), "01 01 01 01 90 48", "", "", 0},
		{"another relay", modbus.WriteCoil(1, 0x0201, 7), "01 05 02 00 00 07 8D B0", "", "", 0},
		{"another time", modbus.WriteCoil(1, 0x0200, 8), "01 05 02 00 00 07 8D B0", "", "", 0},
		{"a byte short", modbus.WriteCoil(1, 0x0200, 7), "01 05 02 00 00 07 8D", "", "", 0},
		{"nothing", modbus.ReadCoils(1, 0, 8), "", "", "", 0},
	} {
		a, end := c.request.Find(unhex(c.line))
		if end != c.end || !bytes.Equal(a.Data, unhex(c.data)) {
			t.Errorf("%s: % X to %d, want %s to %d", c.name, a.Data, end, c.data, c.end)
		}
		refusal := ""
		if a.Refusal != nil {
			refusal = a.Refusal.Error()
		}
		if refusal != c.refusal {
			t.Errorf("%s: %q, want %q", c.name, refusal, c.refusal)
		}
	}
	odd := modbus.Exception{Func: 5, Code: 0x77}
	if got, want := odd.Error(), "exception 77 to function 05: not in the protocol document"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func anyRequest(t *rapid.T) modbus.Request {
	addr := rapid.Byte().Draw(t, "address")
	at := rapid.Uint16().Draw(t, "at")
	n := rapid.Uint16Range(1, 100).Draw(t, "n")
	return rapid.SampledFrom([]modbus.Request{
		modbus.ReadCoils(addr, at, n), modbus.ReadInputs(addr, at, n), modbus.ReadRegisters(addr, at, n),
		modbus.WriteCoil(addr, at, n), modbus.WriteRegister(addr, at, n), modbus.WriteRegisters(addr, at, n, n),
		modbus.ClearCoils(addr, int(n)),
	}).Draw(t, "request")
}

// reply is a board's answer, made as a board would.
func reply(r modbus.Request, fill byte) []byte {
	frame := r.Append(nil)
	if r.Func > 4 {
		return modbus.Request{Addr: r.Addr, Func: r.Func, Data: frame[2:6]}.Append(nil)
	}
	n := int(frame[4])<<8 | int(frame[5])
	if r.Func < 3 {
		n = (n + 7) / 8
	} else {
		n *= 2
	}
	return modbus.Request{Addr: r.Addr, Func: r.Func, Data: append([]byte{byte(n)}, bytes.Repeat([]byte{fill}, n)...)}.Append(nil)
}

// The answer is found; with any one bit changed it is not.
func TestOneBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		b := reply(r, rapid.Byte().Draw(t, "fill"))
		if _, end := r.Find(b); end != len(b) {
			t.Fatalf("% X is no answer to % X", b, r.Append(nil))
		}
		bit := rapid.IntRange(0, 8*len(b)-1).Draw(t, "bit")
		b[bit/8] ^= 1 << (bit % 8)
		if a, end := r.Find(b); end > 0 {
			t.Fatalf("% X is taken for an answer to % X: %v", b, r.Append(nil), a)
		}
	})
}

func FuzzFind(f *testing.F) {
	f.Add(byte(1), byte(5), uint16(0x0200), uint16(7), unhex("01 05 02 00 00 07 8D B0"))
	f.Add(byte(1), byte(2), uint16(0), uint16(8), unhex("01 02 01 04 A0 4B"))
	f.Add(byte(1), byte(5), uint16(0x0200), uint16(7), unhex("00 01 85 02 C3 51"))
	f.Fuzz(func(t *testing.T, addr, fc byte, at, n uint16, line []byte) {
		var r modbus.Request
		switch fc % 5 {
		case 0:
			r = modbus.ReadCoils(addr, at, n)
		case 1:
			r = modbus.ReadInputs(addr, at, n)
		case 2:
			r = modbus.ReadRegisters(addr, at, n)
		case 3:
			r = modbus.WriteRegister(addr, at, n)
		default:
			r = modbus.WriteCoil(addr, at, n)
		}
		a, end := r.Find(line)
		if end < 0 || end > len(line) {
			t.Fatalf("the answer ends at %d of %d", end, len(line))
		}
		if end == 0 && (a.Data != nil || a.Refusal != nil) {
			t.Fatalf("no answer, and %v", a)
		}
		if end > 0 && a.Refusal == nil && r.Func >= 5 && !bytes.HasSuffix(line[:end], r.Append(nil)) {
			t.Fatalf("% X is taken for the echo of % X", line[:end], r.Append(nil))
		}
	})
}
