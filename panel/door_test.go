package panel_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Nothing but the page and the door opens without a session, and with one only
// what is listed.
func TestDoor(t *testing.T) {
	d := newDesk(t)
	for path, want := range map[string]int{
		"/": 200, "/panel.js": 200, "/panel.css": 200, "/icon.svg": 200, "/favicon.ico": 404, "/panel.html": 404, "/page/app.js": 404,
		"/api/session": 401, "/api/screen": 401, "/api/v1/status": 401, "/api/v1/orders": 401, "/api/v1/export?format=csv": 401, "/api/v1/backup": 404, "/v1/status": 404,
	} {
		if w := d.ask("GET", path, ""); w.Code != want {
			t.Errorf("GET %s: %d, want %d", path, w.Code, want)
		}
	}
	if w := d.ask("POST", "/api/v1/test", `{"slot":11}`); w.Code != 401 || len(d.machine.calls) != 0 {
		t.Errorf("a test vend by nobody: %d, %q", w.Code, d.machine.calls)
	}
	in := d.logIn(t)
	for path, want := range map[string]int{"/api/session": 200, "/api/screen": 200, "/api/v1/status": 200, "/api/v1/backup": 404, "/api/v1/../v1/backup": 307, "/api/v1/sales?days=30": 200} {
		if w := d.ask("GET", path, "", in); w.Code != want {
			t.Errorf("GET %s with the PIN: %d, want %d", path, w.Code, want)
		}
	}
	if w := d.ask("POST", "/api/v1/test", `{"slot":11}`, in); w.Code != 200 || len(d.machine.calls) != 1 {
		t.Errorf("a test vend: %d %s, %q", w.Code, w.Body, d.machine.calls)
	}
	if w := d.ask("POST", "/api/v1/refunds", `{}`, in); w.Code != 500 || w.Body.String() != `{"error":"kioskd made a mistake with /api/v1/refunds: see its log"}`+"\n" {
		t.Errorf("a mistake: %d %s", w.Code, w.Body)
	}
	d.ask("POST", "/api/logout", `{}`, in)
	if w := d.ask("GET", "/api/v1/status", "", in); w.Code != 401 {
		t.Errorf("after the end: %d", w.Code)
	}
}

func TestCookie(t *testing.T) {
	d := newDesk(t)
	w := d.ask("POST", "/api/login", `{"pin":"`+right+`"}`)
	got := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(got, "kioskd_panel=") || !strings.HasSuffix(got, "; Path=/; HttpOnly; SameSite=Strict") {
		t.Errorf("the cookie is %q", got)
	}
	for _, value := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 5000), "e30="} {
		if w := d.ask("GET", "/api/v1/status", "", header("Cookie", "kioskd_panel="+value)); w.Code != 401 {
			t.Errorf("the cookie %.50q: %d", value, w.Code)
		}
	}
}

// No page from elsewhere gets a change through, nor any answer by a name that
// was made to point here.
func TestForeignPages(t *testing.T) {
	d := newDesk(t)
	in := d.logIn(t)
	const change = "/api/v1/shelves/11"
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"the page":             {header("Origin", "http://192.168.8.1:8930"), 200},
		"a script":             {func(r *http.Request) {}, 200},
		"another origin":       {header("Origin", "http://evil.example"), 403},
		"no origin":            {header("Origin", "null"), 403},
		"another site":         {header("Sec-Fetch-Site", "cross-site"), 403},
		"a sister site":        {header("Sec-Fetch-Site", "same-site"), 403},
		"without the header":   {func(r *http.Request) { r.Header.Del("X-Kioskd-Panel") }, 403},
		"a form":               {header("Content-Type", "application/x-www-form-urlencoded"), 415},
		"a form that is plain": {header("Content-Type", "text/plain"), 415},
		"no type":              {func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		"a name":               {host("kiosk.evil.example"), 421},
		"a name with a port":   {host("kiosk.local:8930"), 421},
		"no host":              {host(""), 421},
		"localhost":            {host("localhost:8930"), 200},
		"IPv6":                 {host("[fd00::1]:8930"), 200},
	} {
		d.machine.calls = nil
		if w := d.ask("POST", change, `{"stock":3}`, in, c.change); w.Code != c.want || (len(d.machine.calls) == 1) != (c.want == 200) {
			t.Errorf("%s: %d %s, want %d; the machine heard %q", name, w.Code, w.Body, c.want, d.machine.calls)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "POSTX"} {
		if w := d.ask(method, change, "", in); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := d.ask("GET", "/", "", host("rebound.example")); w.Code != 421 {
		t.Errorf("the page by a name: %d", w.Code)
	}
}

func TestLockOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		in := d.logIn(t)
		for _, slip := range []string{``, `{}`, `{"pin":""}`, `{"pin":"123"}`, `{"pin":"12a4"}`, `{"pin":"1234567890123"}`, `{"pin":904417}`, `{"pin":"904417","x":1}`, `[`} {
			if w := d.ask("POST", "/api/login", slip); w.Code != 400 || d.tally.n != 0 {
				t.Errorf("%s: %d, counted %d", slip, w.Code, d.tally.n)
			}
		}
		for i := range 5 {
			w := d.ask("POST", "/api/login", `{"pin":"111222"}`)
			want := `{"error":"wrong PIN","locked_s":0}`
			if i == 4 {
				want = `{"error":"wrong PIN","locked_s":60}`
			}
			if got := strings.TrimSpace(w.Body.String()); w.Code != 401 || got != want || len(w.Result().Cookies()) != 0 {
				t.Errorf("wrong PIN %d: %d %s", i+1, w.Code, got)
			}
		}
		time.Sleep(20 * time.Second)
		w := d.ask("POST", "/api/login", `{"pin":"`+right+`"}`)
		if got := strings.TrimSpace(w.Body.String()); w.Code != 429 || w.Header().Get("Retry-After") != "40" || got != `{"error":"too many wrong PINs: try again in 40s","locked_s":40}` {
			t.Errorf("locked: %d %s", w.Code, got)
		}
		if w := d.ask("GET", "/api/v1/status", "", in); w.Code != 200 {
			t.Errorf("who is inside stays inside: %d", w.Code)
		}
		if w := d.ask("GET", "/api/session", ""); w.Code != 401 || !strings.Contains(w.Body.String(), `"locked_s":40`) {
			t.Errorf("the door says %d %s", w.Code, w.Body)
		}
		time.Sleep(40 * time.Second)
		d.logIn(t)
	})
}

// A session ends when nobody does anything. What the page asks by itself is
// nothing.
func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		in, poll := d.logIn(t), header("X-Kioskd-Poll", "1")
		status := func(change ...func(*http.Request)) int {
			return d.ask("GET", "/api/v1/status", "", append(change, in)...).Code
		}
		for range 3 {
			time.Sleep(14 * time.Minute)
			if got := status(poll); got != 200 {
				t.Fatalf("after 14 minutes: %d", got)
			}
			if got := status(); got != 200 {
				t.Fatalf("something done: %d", got)
			}
		}
		time.Sleep(14 * time.Minute)
		if w := d.ask("GET", "/api/session", "", poll, in); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"left_s":60}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		time.Sleep(time.Minute)
		if got := status(poll); got != 401 {
			t.Errorf("after 15 minutes of polls: %d", got)
		}
		in = d.logIn(t)
		for range 12 * 6 {
			time.Sleep(10 * time.Minute)
			status()
		}
		if got := status(); got != 401 {
			t.Errorf("after 12 hours: %d", got)
		}
	})
}

// More than eight sessions there are not: the one unused for longest ends.
func TestSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		first := d.logIn(t)
		time.Sleep(time.Second)
		second := d.logIn(t)
		time.Sleep(time.Second)
		d.ask("GET", "/api/v1/status", "", first)
		for range 7 {
			time.Sleep(time.Second)
			d.logIn(t)
		}
		if w := d.ask("GET", "/api/v1/status", "", second); w.Code != 401 {
			t.Errorf("the one unused for longest: %d", w.Code)
		}
		if w := d.ask("GET", "/api/v1/status", "", first); w.Code != 200 {
			t.Errorf("one that was used: %d", w.Code)
		}
	})
}

// Every answer forbids what the page does not need.
func TestHeaders(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/", "/panel.js", "/api/session", "/nothing"} {
		h := d.ask("GET", path, "").Header()
		for key, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(key) != want {
				t.Errorf("%s: %s is %q", path, key, h.Get(key))
			}
		}
	}
	var said struct{ Error string }
	if err := json.Unmarshal(d.ask("GET", "/nothing", "").Body.Bytes(), &said); err != nil || said.Error != "there is nothing here" {
		t.Errorf("%v %q", err, said.Error)
	}
}
