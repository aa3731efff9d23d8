package paytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// deliver sends the answer, as far as the fault lets it.
func (s *Server) deliver(w http.ResponseWriter, q *request, f Fault, fields map[string]any, refused *refusal) {
	if s.cutOrReplaced(w, q, f) {
		return
	}
	if refused = f.refusal(refused); q.v2 {
		s.deliverV2(w, q, f, fields, refused)
		return
	}
	if refused != nil {
		s.refuse(w, q, f, refused)
		return
	}
	spoil(fields, f.Name)
	var body []byte
	status := http.StatusNoContent
	if fields != nil {
		status, body = http.StatusOK, encode(fields)
	}
	a := s.sign(q, f.Name, body)
	if f.Name == FaultReplay {
		if old, ok := s.earlier(q); ok {
			a = old
		} else {
			spoil(fields, FaultWrongNumber)
			a = s.sign(q, f.Name, encode(fields))
		}
	} else if f.Name == FaultNone {
		s.remember(q, fields, a)
	}
	if f.Name != FaultUnsigned {
		a.headers(w.Header())
	}
	s.logCall(q, f, status, "")
	if f.Name == FaultTruncated {
		s.truncate(w, status, a.body)
	}
	s.send(w, status, internalOK, a.body)
}

// cutOrReplaced handles the faults that leave no API answer.
func (s *Server) cutOrReplaced(w http.ResponseWriter, q *request, f Fault) bool {
	switch f.Name {
	case FaultResetBefore, FaultResetAfter:
		s.logCall(q, f, 0, "")
		cut(w)
	case FaultSilent:
		s.logCall(q, f, 0, "")
		select {
		case <-q.http.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	case FaultEmpty200:
		w.WriteHeader(http.StatusOK)
	case FaultHuge200:
		blanks := bytes.Repeat([]byte(" "), 1<<20)
		for range 8 {
			if _, err := w.Write(blanks); err != nil {
				break
			}
		}
	default:
		p, ok := pages[f.Name]
		if !ok {
			return false
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(p.status)
		_, _ = w.Write([]byte(p.body))
		s.logCall(q, f, p.status, "")
	}
	return true
}

// refuse sends an error answer, unsigned but for the behaviour's share and
// for 202, which clients take for a success unless they look.
func (s *Server) refuse(w http.ResponseWriter, q *request, f Fault, r *refusal) {
	s.mu.Lock()
	code := s.spell(r.code)
	signedError := r.status == http.StatusAccepted || s.rand.Float64() < s.behaviour.SignErrors
	s.calls.code(r.code)
	s.mu.Unlock()
	body := encode(map[string]any{"code": code, "message": r.message})
	if r.detail != nil {
		body = encode(map[string]any{"code": code, "message": r.message, "detail": r.detail})
	}
	if signedError {
		s.sign(q, FaultNone, body).headers(w.Header())
	}
	s.logCall(q, f, r.status, code)
	s.send(w, r.status, r.internal, body)
}

// send adds the headers that every answer has.
func (s *Server) send(w http.ResponseWriter, status, internal int, body []byte) {
	h := w.Header()
	s.mu.Lock()
	if h.Get("Date") == "" {
		h.Set("Date", s.wire().UTC().Format(http.TimeFormat))
	}
	h.Set("Request-ID", fmt.Sprintf("08%s-%d", s.token("0123456789ABCDEF", 22), internal))
	s.mu.Unlock()
	h.Set("Server", "nginx")
	h.Set("Cache-Control", "no-cache, must-revalidate")
	h.Set("X-Content-Type-Options", "nosniff")
	if len(body) > 0 {
		typed(h)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// truncate sends half a body under a Content-Length for all of it. It does
// not return.
func (s *Server) truncate(w http.ResponseWriter, status int, body []byte) {
	typed(w.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body[:len(body)/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// typed says what a body is, unless that has been said.
func typed(h http.Header) {
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
}

// cut resets the connection. It may not return.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			reset(c)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// spoil puts a lie into an answer that will be signed well.
func spoil(fields map[string]any, name FaultName) {
	if fields == nil {
		return
	}
	amount, _ := fields["amount"].(map[string]any)
	switch name {
	case FaultWrongMchID:
		lie(fields, "1900000000", "mchid", "sub_mchid")
	case FaultWrongAppID:
		lie(fields, "wx0000000000000000", "appid", "sp_appid")
	case FaultWrongNumber:
		for _, n := range []string{"out_trade_no", "out_refund_no"} {
			if no, ok := fields[n].(string); ok {
				fields[n] = other(no)
			}
		}
	case FaultWrongAmount:
		for _, n := range []string{"total", "refund"} {
			if fen, ok := amount[n].(int64); ok {
				amount[n] = fen + 1
			}
		}
	case FaultWrongCurrency:
		if amount != nil {
			amount["currency"] = "USD"
		}
	case FaultWrongHash, FaultWrongURL:
		spoilBill(fields, name)
	case FaultWrongState:
		for _, n := range []string{"trade_state", "status"} {
			if _, ok := fields[n]; ok {
				fields[n] = "UNHEARD_OF"
			}
		}
	}
}

// lie changes the first of the fields that an answer has.
func lie(fields map[string]any, value string, names ...string) {
	for _, n := range names {
		if _, ok := fields[n]; ok {
			fields[n] = value
			return
		}
	}
}

// other changes a number's last character.
func other(no string) string {
	end := "X"
	if strings.HasSuffix(no, end) {
		end = "Y"
	}
	return no[:len(no)-1] + end
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // & stands in some code_urls as it is
	if err := e.Encode(v); err != nil {
		panic("an answer cannot be encoded: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
