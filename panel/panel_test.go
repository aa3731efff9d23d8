package panel_test

import (
	"compress/gzip"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kioskd/panel"
)

// ask is a request as the page sends it, changed by the test.
func (d *desk) ask(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "192.168.8.1:8930"
	r.Header.Set("X-Kioskd-Panel", "1")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	d.panel.ServeHTTP(w, r)
	return w
}

func (d *desk) logIn(t *testing.T) func(*http.Request) {
	t.Helper()
	w := d.ask("POST", "/api/login", `{"pin":"`+right+`"}`)
	if w.Code != http.StatusOK || len(w.Result().Cookies()) != 1 {
		t.Fatalf("the right PIN: %d %s", w.Code, w.Body)
	}
	c := w.Result().Cookies()[0]
	return func(r *http.Request) { r.AddCookie(c) }
}

func header(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

// The machine hears four calls at a time; others wait a little, then give up.
func TestFewCallsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		in := d.logIn(t)
		d.machine.hold = make(chan struct{})
		codes := make(chan int, 40)
		for range 20 {
			go func() { codes <- d.ask("GET", "/api/v1/status", "", in).Code }()
		}
		for range 3 {
			go func() { codes <- d.ask("POST", "/api/v1/test", `{"slot":11}`, in).Code }()
		}
		time.Sleep(3 * time.Second)
		busy := 0
		for range 18 {
			if <-codes == http.StatusServiceUnavailable {
				busy++
			}
		}
		synctest.Wait()
		if busy != 18 || len(codes) != 0 {
			t.Errorf("%d were refused, %d more answered", busy, len(codes))
		}
		close(d.machine.hold)
		for range 5 {
			if got := <-codes; got != 200 {
				t.Errorf("one that was let in: %d", got)
			}
		}
	})
}

func TestBodiesAreSmall(t *testing.T) {
	d := newDesk(t)
	if w := d.ask("POST", "/api/login", `{"pin":"`+strings.Repeat("9", 1<<20)+`"}`); w.Code != 400 {
		t.Errorf("a PIN of a mebibyte: %d", w.Code)
	}
	d.machine.hold = nil
	in := d.logIn(t)
	d.ask("POST", "/api/v1/shelves/11", `{"reason":"`+strings.Repeat("x", 1<<20)+`"}`, in)
	if got := d.machine.calls[0]; len(got) > 100 {
		t.Errorf("the machine heard %d bytes", len(got))
	}
}

// All who look share one picture a second.
func TestPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks, shown := 0, screen()
		d := newDesk(t)
		d.renew(t, panel.Options{Screen: func() image.Image { looks++; return shown }})
		in := d.logIn(t)
		first := d.ask("GET", "/api/screen", "", in)
		for range 50 {
			if w := d.ask("GET", "/api/screen", "", in); w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" {
				t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
			}
		}
		if looks != 1 {
			t.Errorf("%d looks in one second", looks)
		}
		time.Sleep(time.Second)
		if w := d.ask("GET", "/api/screen", "", in, header("If-None-Match", first.Header().Get("ETag"))); w.Code != 304 || looks != 2 {
			t.Errorf("the same picture: %d after %d looks", w.Code, looks)
		}
		img, kind, err := image.Decode(first.Body)
		if err != nil || kind != "jpeg" || img.Bounds() != image.Rect(0, 0, 360, 640) {
			t.Errorf("%v %s %v", err, kind, img.Bounds())
		}
		shown = nil
		time.Sleep(time.Second)
		if w := d.ask("GET", "/api/screen", "", in); w.Code != 204 {
			t.Errorf("no picture: %d", w.Code)
		}
	})
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ machine, browser, want string }{
		{"zh", "", "zh"}, {"en", "", "en"}, {"", "de-DE,de;q=0.9", "zh"}, {"zh", "en-US,en;q=0.9,zh;q=0.8", "en"}, {"en", "zh-CN", "zh"}, {"en", "fr, ZH-tw;q=0.5", "zh"},
	} {
		d := newDesk(t)
		d.renew(t, panel.Options{Language: c.machine})
		if w := d.ask("GET", "/", "", header("Accept-Language", c.browser)); !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("%+v: %.60s", c, w.Body)
		}
	}
}

// TestFirstView: what a phone loads until the technician sees the state.
func TestFirstView(t *testing.T) {
	d := newDesk(t)
	in, all := d.logIn(t), 0
	for _, path := range []string{"/", "/panel.css", "/panel.js", "/icon.svg", "/api/session", "/api/v1/status", "/api/v1/orders?state=attention&limit=50", "/api/screen"} {
		plain := d.ask("GET", path, "", in)
		packed := d.ask("GET", path, "", in, header("Accept-Encoding", "gzip, deflate"))
		n := plain.Body.Len()
		all += n
		t.Logf("%-45s %6d bytes, %6d as sent", path, n, packed.Body.Len())
		if packed.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(z); err != nil || string(b) != plain.Body.String() {
				t.Errorf("%s differs when it is packed: %v", path, err)
			}
		}
		if tag := plain.Header().Get("ETag"); tag != "" {
			if w := d.ask("GET", path, "", in, header("If-None-Match", tag)); w.Code != 304 || w.Body.Len() != 0 {
				t.Errorf("%s again: %d with %d bytes", path, w.Code, w.Body.Len())
			}
		}
	}
	if all > 100<<10 {
		t.Errorf("%d bytes, want at most 100 KiB", all)
	}
}
