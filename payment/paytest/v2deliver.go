package paytest

import (
	"fmt"
	"net/http"
	"time"
)

// deliverV2 sends the answer of API v2, as far as the fault lets it: always
// with HTTP 200, whatever it says.
func (s *Server) deliverV2(w http.ResponseWriter, q *request, f Fault, answer map[string]any, r *refusal) {
	if r != nil && r.code == noCertificate {
		s.logCall(q, f, r.status, "")
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(r.status)
		_, _ = w.Write([]byte("<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n" +
			"<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>\r\n</body>\r\n</html>\r\n"))
		return
	}
	fields, code := s.fieldsV2(q, answer, r)
	if r == nil {
		spoilV2(fields, f.Name)
	}
	if fields["return_code"] == "SUCCESS" {
		s.signAnswer(q, fields, f.Name)
	}
	body := writeXML(fields)
	if r == nil && f.Name == FaultReplay {
		body = s.replayV2(q, fields)
	} else if r == nil && f.Name == FaultNone {
		s.remember(v2Memory(q), answer, signed{no: q.no, body: body})
	}
	s.dateV2(w.Header(), f.Name)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	s.logCall(q, f, http.StatusOK, code)
	if f.Name == FaultTruncated {
		s.truncate(w, http.StatusOK, body)
	}
	s.send(w, http.StatusOK, internalOK, body)
}

// fieldsV2 are those of an answer, unsigned, and its code.
func (s *Server) fieldsV2(q *request, answer map[string]any, r *refusal) (map[string]string, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != nil {
		s.calls.code(r.code)
	}
	if r != nil && (r.code == returnFail || r.code == "SIGN_ERROR" || r.code == "PARAM_ERROR") {
		message := r.message
		if r.code == "SIGN_ERROR" {
			message = "签名错误"
		}
		return map[string]string{"return_code": "FAIL", "return_msg": message}, r.code
	}
	fields := map[string]string{
		"return_code": "SUCCESS", "return_msg": "OK", "result_code": "SUCCESS",
		"appid": q.fields["appid"], "mch_id": s.merchant.MchID, "nonce_str": s.token(base62, 16),
	}
	if r != nil {
		fields["result_code"], fields["err_code"], fields["err_code_des"] = "FAIL", s.v2Code(q.call, r), r.message
		return fields, fields["err_code"]
	}
	for name, value := range answer {
		fields[name] = fmt.Sprint(value)
	}
	if s.rand.IntN(2) == 0 {
		fields["field_of_tomorrow"] = "<&>" // clients verify what they do not know
	}
	return fields, ""
}

// signAnswer signs with the algorithm that the request asked for, or as the
// fault wants.
func (s *Server) signAnswer(q *request, fields map[string]string, fault FaultName) {
	kind, key := signType(q.fields["sign_type"]), s.merchant.APIKey
	switch fault {
	case FaultUnknownSerial:
		key = "00000000000000000000000000000000"
	case FaultOtherAlgorithm:
		if kind == signHMAC {
			kind = signMD5
		} else {
			kind = signHMAC
		}
	}
	sign := signV2(fields, key, kind)
	switch fault {
	case FaultMisSigned:
		sign = signV2(map[string]string{"another": "body"}, key, kind)
	case FaultSignTest:
		sign = (signTest + sign)[:len(sign)]
	case FaultSignTestBad:
		sign = signTest + sign
	case FaultUnsigned:
		return
	}
	fields["sign"] = sign
}

// spoilV2 puts a lie into an answer that will be signed well.
func spoilV2(fields map[string]string, name FaultName) {
	change := func(to func(string) string, names ...string) {
		for _, n := range names {
			if fields[n] != "" {
				fields[n] = to(fields[n])
			}
		}
	}
	as := func(s string) func(string) string { return func(string) string { return s } }
	switch name {
	case FaultWrongMchID:
		change(as("1900000000"), "mch_id")
	case FaultWrongAppID:
		change(as("wx0000000000000000"), "appid")
	case FaultWrongNumber:
		change(other, "out_trade_no", "out_refund_no", "out_refund_no_0")
	case FaultWrongAmount:
		change(func(s string) string { return s + "0" }, "total_fee", "refund_fee", "refund_fee_0")
	case FaultWrongCurrency:
		change(as("USD"), "fee_type", "refund_fee_type")
	case FaultWrongState:
		change(as("UNHEARD_OF"), "trade_state", "refund_status_0")
	}
}

// v2Memory is the call under which answers of API v2 are kept for FaultReplay.
func v2Memory(q *request) *request {
	kept := *q
	kept.call = "v2 " + q.call
	return &kept
}

func (s *Server) replayV2(q *request, fields map[string]string) []byte {
	if old, ok := s.earlier(v2Memory(q)); ok {
		return old.body
	}
	spoilV2(fields, FaultWrongNumber)
	s.signAnswer(q, fields, FaultNone)
	return writeXML(fields)
}

// dateV2 is the only thing in an answer that tells the time.
func (s *Server) dateV2(h http.Header, fault FaultName) {
	off := map[FaultName]time.Duration{FaultStale: -10 * time.Minute, FaultFuture: 10 * time.Minute}[fault]
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Set("Date", s.wire().Add(off).UTC().Format(http.TimeFormat))
}
