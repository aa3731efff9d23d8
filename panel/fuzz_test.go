package panel_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzStranger: whatever somebody without the PIN sends, the answer is the page,
// a redirection within it, or a refusal in JSON, and the machine hears nothing.
func FuzzStranger(f *testing.F) {
	f.Add("GET", "/", "127.0.0.1:8930", "", "")
	f.Add("GET", "/api/v1/status", "127.0.0.1", "kioskd_panel=AAAA", "")
	f.Add("POST", "/api/login", "localhost", "", `{"pin":"12345678"}`)
	f.Add("POST", "/api/v1/../v1/test", "[::1]:8930", "kioskd_panel=", `{"slot":11}`)
	f.Add("HEAD", "//api/v1//orders?limit=0", "evil.example", "a=b; kioskd_panel=%00", "[[[")
	d := newDesk(f)
	f.Fuzz(func(t *testing.T, method, path, host, cookie, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || strings.Contains(body, right) {
			return
		}
		r := &http.Request{
			Method: method, URL: u, Host: host, RequestURI: path, Body: http.NoBody, RemoteAddr: "192.0.2.1:1234",
			Header: http.Header{"Cookie": {cookie}, "X-Kioskd-Panel": {"1"}, "Content-Type": {"application/json"}},
		}
		if body != "" {
			r.Body = http.MaxBytesReader(nil, httptest.NewRequest("POST", "/", strings.NewReader(body)).Body, 1<<20)
		}
		w := httptest.NewRecorder()
		d.panel.ServeHTTP(w, r.WithContext(t.Context()))
		kind, own := w.Header().Get("Content-Type"), !strings.HasPrefix(u.Path, "/api")
		switch {
		case len(d.machine.calls) > 0, w.Header().Get("Set-Cookie") != "" && u.Path != "/api/logout":
			t.Fatalf("somebody got in: %q, %q", d.machine.calls, w.Header().Get("Set-Cookie"))
		case w.Code >= 500:
			t.Errorf("%d %s", w.Code, w.Body)
		case w.Code < 300 && !own && u.Path != "/api/logout":
			t.Errorf("%d %s", w.Code, w.Body)
		case kind == "application/json" && !json.Valid(w.Body.Bytes()):
			t.Errorf("not JSON: %s", w.Body)
		}
	})
}
