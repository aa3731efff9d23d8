package mdbtest

import (
	"fmt"
	"strconv"
	"strings"
)

// hat is a Qibixx adapter: a reader of its own that speaks text to the host.
type hat struct {
	m    *Machine
	line []byte

	on     bool
	config map[string]string
	state  string   // INACTIVE, DISABLED, ENABLED, IDLE, VEND
	reply  [][]byte // for the next POLLs
	asked  bool     // the request is not answered
	always bool     // the machine uses Always Idle
}

func newHat(m *Machine) *hat {
	h := &hat{m: m}
	h.restart()
	return h
}

// restart: it has forgotten its settings and is off.
func (h *hat) restart() {
	*h = hat{m: h.m, state: "INACTIVE", config: map[string]string{
		"mdb-always-idle": "0", "mdb-currency-code": "0x1978", "mdb-decimal-places": "2", "mdb-scale-factor": "1",
		"mdb-restore-funds": "0", "mdb-timeout-vend": "60",
	}}
}

func (h *hat) number(name string) int {
	n, _ := strconv.ParseInt(h.config[name], 0, 32)
	return int(n)
}

func (h *hat) tell(kind string, s string) { h.m.tell(kind, []byte(s+"\n")) }

func (h *hat) status(s string) {
	h.state = s
	h.tell("status", "c,STATUS,"+s)
}

var ack = []byte{0}

func (h *hat) bus(b []byte) []byte {
	if !h.on {
		return nil
	}
	if sum(b[:len(b)-1]) != b[len(b)-1] {
		return nil
	}
	switch {
	case b[0] == 0x10:
		h.reply, h.asked = [][]byte{{0x00}}, false
		h.status("INACTIVE")
	case b[0] == 0x12:
		return h.poll()
	case b[0] == 0x11 && b[1] == 0:
		cur, misc := h.number("mdb-currency-code"), h.number("mdb-restore-funds")
		h.status("DISABLED")
		return sealed(0x01, 0x03, byte(cur>>8), byte(cur), byte(h.number("mdb-scale-factor")), byte(h.number("mdb-decimal-places")),
			byte(h.number("mdb-timeout-vend")), byte(misc))
	case b[0] == 0x17 && b[1] == 4:
		h.always = b[5]&0x20 != 0 && h.number("mdb-always-idle") == 1
	case b[0] == 0x14 && b[1] == 0:
		h.status("DISABLED")
	case b[0] == 0x14 && b[1] == 1:
		if h.state == "DISABLED" || h.state == "INACTIVE" {
			h.status("ENABLED")
		}
	case b[0] == 0x13:
		return h.sale(b)
	}
	return ack
}

func (h *hat) poll() []byte {
	if len(h.reply) == 0 {
		return ack
	}
	r := h.reply[0]
	h.reply = h.reply[1:]
	return sealed(r...)
}

func (h *hat) sale(b []byte) []byte {
	switch b[1] {
	case 0:
		if h.state == "IDLE" || h.state == "ENABLED" && h.always || h.state == "VEND" {
			h.state, h.asked = "VEND", true
			price, item := int(b[2])<<8|int(b[3]), int(b[4])<<8|int(b[5])
			h.tell("request", fmt.Sprintf("c,STATUS,VEND,%s,%d", h.text(price), item))
		} else {
			h.reply = append(h.reply, []byte{0x0B})
		}
	case 1:
		h.asked, h.reply = false, nil
		h.status("IDLE")
		return sealed(0x06)
	case 2:
		h.tell("result", "c,VEND,SUCCESS")
		h.status("IDLE")
	case 3:
		h.tell("result", "c,ERR,VEND 3")
		h.status("IDLE")
	case 4:
		h.asked = false
		h.status("ENABLED")
		return sealed(0x07)
	}
	return ack
}

// text is units in the machine's currency.
func (h *hat) text(units int) string {
	n, d := units*h.number("mdb-scale-factor"), h.number("mdb-decimal-places")
	s := fmt.Sprintf("%0*d", d+1, n)
	if d == 0 {
		return s
	}
	return s[:len(s)-d] + "." + s[len(s)-d:]
}

// units is the reverse, -1 for what is none.
func (h *hat) units(s string) int {
	for u := range 0x10000 {
		if h.text(u) == s {
			return u
		}
	}
	return -1
}

func (h *hat) host(b []byte) {
	for _, c := range b {
		if c != '\n' {
			h.line = append(h.line, c)
			continue
		}
		l := string(h.line)
		h.line = nil
		h.obey(l)
	}
}

func (h *hat) obey(l string) {
	conf, isConf := strings.CutPrefix(l, "C,SETCONF,")
	name, value, _ := strings.Cut(conf, "=")
	vend, isVend := strings.CutPrefix(l, "C,VEND,")
	start, isStart := strings.CutPrefix(l, "C,START,")
	switch {
	case l == "V":
		h.tell("", "v,4.0.1.0,1234567890ABCDEF")
	case l == "C,0":
		h.on, h.asked, h.reply = false, false, nil
		h.state = "INACTIVE"
		h.tell("", "c,0")
	case l == "C,1" && h.on:
		h.tell("", `c,ERR,"cashless is on"`)
	case l == "C,1":
		h.on = true
		h.tell("", "c,1")
		h.status("INACTIVE")
	case isConf && h.on:
		h.tell("", `c,ERR,"cashless is on"`)
	case isConf:
		if _, known := h.config[name]; !known && name != "mdb-addr" {
			h.tell("", `c,ERR,"no such parameter"`)
			return
		}
		h.config[name] = value
		h.tell("", "c,SET,OK")
	case isVend && vend == "-1", l == "C,STOP":
		if h.asked {
			h.asked = false
			h.reply = append(h.reply, []byte{0x06})
			h.state = "IDLE"
			h.tell("status", "c,STATUS,IDLE")
		}
	case isVend:
		h.approve(vend)
	case isStart:
		if u := h.units(start); u >= 0 && h.state == "ENABLED" && !h.always {
			h.reply = append(h.reply, []byte{0x03, byte(u >> 8), byte(u), 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0})
			h.status("IDLE," + start)
			h.state = "IDLE"
			return
		}
		h.tell("", "c,ERR,START")
	default:
		h.tell("", "c,ERR,"+l)
	}
}

func (h *hat) approve(amount string) {
	u := h.units(amount)
	if !h.asked || u < 0 {
		h.tell("", "c,ERR,VEND 2")
		return
	}
	h.asked = false
	h.reply = append(h.reply, []byte{0x05, byte(u >> 8), byte(u)})
}
