package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"time"
)

// message is an answer or an event of the browser.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// read passes answers on and notes what the page complains about.
func (p *Page) read(replies *os.File) {
	defer close(p.answers)
	in := bufio.NewReader(replies)
	for {
		raw, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) != nil {
			continue
		}
		if m.ID != 0 {
			p.answers <- m
			continue
		}
		if c := complaint(m); c != "" {
			p.mu.Lock()
			p.complaints = append(p.complaints, c)
			p.mu.Unlock()
		}
	}
}

func complaint(m message) string {
	var e struct {
		Type  string          `json:"type"`
		Args  json.RawMessage `json:"args"`
		Entry struct {
			Level, Text, URL string
		} `json:"entry"`
	}
	_ = json.Unmarshal(m.Params, &e) // a complaint of another shape is told by its method
	switch {
	case m.Method == "Runtime.exceptionThrown":
		return string(m.Params)
	case m.Method == "Runtime.consoleAPICalled" && e.Type == "error":
		return string(e.Args)
	case m.Method == "Log.entryAdded" && e.Entry.Level == "error":
		return e.Entry.Text + " " + e.Entry.URL
	}
	return ""
}

func (p *Page) post(method string, params any, session string) int {
	p.next++
	m := map[string]any{"id": p.next, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	raw, err := json.Marshal(m)
	if err == nil {
		_, _ = p.send.Write(append(raw, 0)) // a browser that is gone shows in the answer
	}
	return p.next
}

// Do calls any DevTools method and decodes its result into out unless that is
// nil.
func (p *Page) Do(method string, params, out any) {
	p.t.Helper()
	id := p.post(method, params, p.session)
	late := time.After(patience)
	for {
		select {
		case m, ok := <-p.answers:
			if !ok {
				p.t.Fatalf("%s: the browser has ended", method)
			}
			if m.ID != id {
				continue
			}
			if m.Error != nil {
				p.t.Fatalf("%s: %s", method, m.Error.Message)
			}
			if out != nil {
				if err := json.Unmarshal(m.Result, out); err != nil {
					p.t.Fatalf("%s: %v", method, err)
				}
			}
			return
		case <-late:
			p.t.Fatalf("%s: no answer within %v", method, patience)
		}
	}
}
