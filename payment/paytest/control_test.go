package paytest_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"kioskd/payment/paytest"
)

// control calls the control API and returns status and body.
func control(s *paytest.Server, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	s.Control().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestControlPlaysTheCustomer(t *testing.T) {
	c := start(t)
	do := func(path, body string, status int, says string) {
		t.Helper()
		got, text := control(c.server, "POST", path, body)
		if got != status || !strings.Contains(text, says) {
			t.Fatalf("POST %s %s: %d %s, want %d and %q", path, body, got, text, status, says)
		}
	}
	do("/scan", `{}`, 400, `"there is no order yet"`)
	code, _ := json.Marshal(map[string]string{"code_url": c.order("ORDER00001")})
	do("/pay", `{}`, 409, `"reason":"not-scanned"`)
	do("/scan", string(code), 200, `"user":"customer"`)
	do("/second-phone", string(code), 409, `"reason":"other-user"`)
	do("/fail", `{}`, 200, `"stage":"failed"`)
	do("/pin", `{"for":"30s"}`, 200, `"stage":"pin"`)
	do("/pin", `{"for":"30s"}`, 409, `"reason":"entering-pin"`)
	c.want(c.close("ORDER00001"), 202, "USER_PAYING")
	do("/abandon", `{"out_trade_no":"ORDER00001"}`, 200, `"stage":"abandoned"`)
	do("/pay", `{"user":"customer"}`, 200, `"trade_state":"SUCCESS"`)
	do("/pay", `{}`, 409, `"shown":"该订单已支付"`)

	do("/faults", `{"call":"query","name":"html-502","times":2}`, 200, `{"pending":2}`)
	c.want(c.query("ORDER00001"), 502, "")
	do("/faults", `{"call":"query","name":"error","status":400,"code":"X","delay":"1ms"}`, 200, `{"pending":2}`)
	if status, text := control(c.server, "DELETE", "/faults", ""); status != 200 {
		t.Error(status, text)
	}
	c.want(c.query("ORDER00001"), 200, "")
	do("/chances", `{"call":"close","name":"system-error","share":1}`, 200, `"share":1`)
	c.want(c.close("ORDER00001"), 500, "SYSTEM_ERROR")
	do("/behaviour", `{"spelling":"plain","skew":"-2m"}`, 200, `"skew":"-2m0s"`)
	if b := c.server.Behaviour(); b.Spelling != paytest.SpellingPlain || b.RefundResult != "SUCCESS" || b.Skew.Minutes() != -2 {
		t.Errorf("%+v", b)
	}
	do("/funds", `{"fen":0}`, 200, `{"fen":0}`)
	c.want(c.refund("ORDER00001", "R1", 200), 403, "NOTENOUGH")
	do("/keys", `{"rotate":true}`, 200, c.server.Merchant().PublicKeyID[:12])
	if c.server.Merchant().PublicKeyID == c.merchant.PublicKeyID {
		t.Error("the key was not rotated")
	}
	do("/keys", `{"retire":"`+c.merchant.PublicKeyID+`"}`, 200, c.server.Merchant().PublicKeyID)
	do("/domains", `{"index":0,"state":"reset"}`, 200, `"state":"reset"`)
	if a := c.query("ORDER00001"); a.err == nil {
		t.Errorf("the broken domain answers: %v", a)
	}
}

func TestControlState(t *testing.T) {
	c := start(t)
	c.paid("ORDER00001")
	c.refund("ORDER00001", "R1", 200)
	status, text := control(c.server, "GET", "/state", "")
	var state struct {
		Merchant  map[string]any
		URLs      []string
		Behaviour map[string]any
		Orders    []map[string]any
		Refunds   []map[string]any
		Stats     map[string]any
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	if state.Merchant["appid"] != c.merchant.AppID || state.URLs[0] != c.server.URL() || state.Behaviour["refund_delay"] != "2s" ||
		state.Orders[0]["trade_state"] != "REFUND" || state.Refunds[0]["out_refund_no"] != "R1" || state.Stats["calls"] == nil {
		t.Errorf("%s", text)
	}
	if strings.Contains(text, "PRIVATE") || strings.Contains(text, "0001-01-01") {
		t.Errorf("a key or an empty time is in %s", text)
	}
	if status, text := control(c.server, "GET", "/orders/ORDER00001", ""); status != 200 || !strings.Contains(text, `"payer":"ann"`) {
		t.Error(status, text)
	}
	if status, text := control(c.server, "GET", "/orders/NOSUCH", ""); status != 404 || text != `{"error":"order \"NOSUCH\" does not exist"}` {
		t.Error(status, text)
	}
	if status, text := control(c.server, "GET", "/faults", ""); status != 200 || !strings.Contains(text, `"sign-test"`) {
		t.Error(status, text)
	}
}

func TestControlRefusesBadInput(t *testing.T) {
	c := start(t)
	for _, tc := range []struct{ path, body, sentence string }{
		{"/scan", `{"code":"x"}`, `the body is not what /scan wants: json: unknown field "code"`},
		{"/scan", ``, `the body is not what /scan wants: EOF`},
		{"/scan", `{} {}`, `the body holds more than one JSON value`},
		{"/scan", `{"out_trade_no":"NOSUCH"}`, `order "NOSUCH" does not exist`},
		{"/pay", `{"out_trade_no":"NOSUCH"}`, `order "NOSUCH" does not exist`},
		{"/pin", `{"for":"soon"}`, `the body is not what /pin wants: "soon" is not a duration such as 1.5s`},
		{"/faults", `{"call":"prepay"}`, `call "prepay" is none of [create query close refund refund-query bill bill-file]`},
		{"/faults", `{"call":"query","name":"fire"}`, `fault "fire" does not exist`},
		{"/faults", `{"call":"query","times":-1}`, `times is -1: it must be from 1 to 1000`},
		{"/faults", `{"call":"query","name":"error"}`, `fault error needs a status from 300 to 599 and a code`},
		{"/faults", `{"call":"query","delay":"-1s"}`, `a delay is negative`},
		{"/chances", `{"call":"query","name":"paid","share":2}`, `a share of 2 is not between 0 and 1`},
		{"/behaviour", `{"spelling":"loud"}`, `spelling "loud" is none of underscore, plain, mixed`},
		{"/behaviour", `{"refund_result":"LOST"}`, `refund_result "LOST" is none of SUCCESS, ABNORMAL, CLOSED`},
		{"/behaviour", `{"sign_test":2}`, `sign_test and sign_errors are shares from 0 to 1`},
		{"/behaviour", `{"latency":"-1s"}`, `only skew may be a negative duration`},
		{"/behaviour", `{"coupon":-1}`, `coupon and refund_failing must not be negative`},
		{"/funds", `{"fen":-2}`, `fen is -2: it must be 0 or more, or -1 for a balance that never runs out`},
		{"/keys", `{}`, `give one of "mode", "rotate", "retire", "list" and "use"`},
		{"/keys", `{"rotate":true,"list":true}`, `give one of "mode", "rotate", "retire", "list" and "use"`},
		{"/keys", `{"list":true}`, `a merchant in key mode public-key has no platform certificates`},
		{"/keys", `{"use":"X"}`, `platform certificate "X" is not listed`},
		{"/keys", `{"mode":"odd"}`, `key mode "odd" is none of public-key, transition, certificate`},
		{"/keys", `{"retire":"X"}`, `public key "X" does not exist or is retired`},
		{"/domains", `{"index":3,"state":"up"}`, `domain 3 does not exist: there are 1`},
		{"/domains", `{"state":"odd"}`, `domain state "odd" is none of up, reset, silent`},
	} {
		status, text := control(c.server, "POST", tc.path, tc.body)
		var e struct{ Error string }
		if err := json.Unmarshal([]byte(text), &e); err != nil || status != 400 || e.Error != tc.sentence {
			t.Errorf("POST %s %s: %d %s, want 400 %q", tc.path, tc.body, status, text, tc.sentence)
		}
	}
	if c.server.Behaviour() != paytest.DefaultBehaviour() {
		t.Error("refused input changed the behaviour")
	}
}

func TestControlRefusesOtherOrigins(t *testing.T) {
	c := start(t)
	for origin, want := range map[string]int{"": 200, "http://example.com": 200, "https://evil.example": 403, "null": 403} {
		r := httptest.NewRequest("GET", "http://example.com/state", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		c.server.Control().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("origin %q: %d, want %d", origin, w.Code, want)
		}
	}
}
