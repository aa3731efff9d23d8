package mdb

import (
	"fmt"
	"strconv"
	"strings"

	"kioskd/sale"
)

// qibixx is the text of Qibixx MDB-USB and MDB Pi Hat. Host and adapter write
// lines that end with LF; the first letter is large to the adapter and small
// from it.
type qibixx struct {
	money
	mode    string
	stop    bool // deny with C,STOP
	address byte
	timeout int // seconds from a request to its answer
	line    []byte
	long    bool // the line is too long to be one
}

// maxLine is longer than any line of the adapter that matters.
const maxLine = 200

func (q *qibixx) feed(b []byte) (all []message) {
	for _, c := range b {
		switch {
		case c == '\n' || c == '\r':
			if m, ok := q.message(string(q.line)); ok && !q.long {
				all = append(all, m)
			}
			q.stale()
		case c < ' ' || c > '~':
			q.stale() // noise: what follows may be a line
		case len(q.line) == maxLine:
			q.long = true
		default:
			q.line = append(q.line, c)
		}
	}
	return all
}

func (q *qibixx) stale() { q.line, q.long = q.line[:0], false }

// message reads a line. The adapter's noise, such as r,ACK, is none.
func (q *qibixx) message(s string) (message, bool) {
	words := strings.Split(s, ",")
	m := message{news: unlisted, text: s}
	switch {
	case words[0] == "v" && len(words) > 1:
		m.news = alive
	case words[0] != "c" || len(words) < 2:
		return m, false
	case s == "c,0", s == "c,1", s == "c,SET,OK":
		m.news, m.switched = configured, s == "c,1"
	case words[1] == "STATUS" && len(words) > 2:
		m.status(words[2:])
	case s == "c,VEND,SUCCESS":
		m.news, m.item = succeeded, noItem
	case s == "c,ERR,VEND 3":
		m.news = failed
	case words[1] == "ERR":
		m.news = refused
		m.over = len(words) > 2 && strings.HasPrefix(words[2], "VEND ")
	}
	return m, true
}

// status reads what follows c,STATUS.
func (m *message) status(words []string) {
	m.over = true
	switch words[0] {
	case "INACTIVE":
		m.news = wasReset
	case "DISABLED":
		m.news = disabled
	case "ENABLED":
		m.news = enabled
	case "IDLE":
		m.news = inSession
	case "VEND":
		m.over = false
		if len(words) != 3 {
			return
		}
		price, err := parse(words[1])
		item, err2 := strconv.ParseUint(words[2], 10, 16)
		if err == nil && err2 == nil {
			m.news, m.price, m.item = request, price, uint16(item)
		}
	default:
		m.over = false
	}
}

func (q *qibixx) say(w word, price sale.Fen, _ byte) ([]byte, error) {
	switch w {
	case approve:
		s, err := q.text(price)
		return []byte("C,VEND," + s + "\n"), err
	case deny:
		if q.stop {
			return []byte("C,STOP\n"), nil
		}
		return []byte("C,VEND,-1\n"), nil
	case begin:
		// The highest number that the bus has stands for a balance that is not
		// known.
		f, err := q.fen(most)
		if err != nil {
			f, err = q.fen(most / 10 * 10)
		}
		if err != nil {
			return nil, err
		}
		s, err := q.text(f)
		return []byte("C,START," + s + "\n"), err
	}
	return nil, nil
}

// ping is a question that disturbs nothing.
const ping = "V\n"

// switchOn switches the reader on. One that is on already refuses.
const switchOn = "C,1\n"

// setUp are the lines that set the reader up. The adapter takes each of them,
// or refuses it, before the next. Without power it forgets them.
func (q *qibixx) setUp() []string {
	conf := func(name string, value any) string { return fmt.Sprintf("C,SETCONF,%s=%v\n", name, value) }
	idle := 0
	if q.mode == modeAlwaysIdle {
		idle = 1
	}
	lines := []string{
		"C,0\n",
		conf("mdb-currency-code", fmt.Sprintf("0x%04X", currency)),
		conf("mdb-scale-factor", q.scale),
		conf("mdb-decimal-places", q.decimals),
		conf("mdb-always-idle", idle),
		conf("mdb-restore-funds", 1),
		conf("mdb-timeout-vend", q.timeout),
	}
	if q.address != addresses[1] {
		lines = append(lines, conf("mdb-addr", fmt.Sprintf("0x%02X", q.address)))
	}
	return append(lines, switchOn)
}
