package simweb_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kioskd/internal/simweb"
)

// api answers with what it was asked.
func api(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s %v", name, r.Method, r.URL.Path, body, err)
	})
}

func serve(t *testing.T, s simweb.Sides) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(simweb.Handler(s))
	t.Cleanup(server.Close)
	return server
}

// ask sends a request with header lines "Key: value" and returns status and body.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			r.Host = v
		} else {
			r.Header.Set(k, v)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(b)
}

func TestPageIsOneDocument(t *testing.T) {
	s := serve(t, simweb.Sides{
		Title: "<b>a & b</b>", Phone: api("phone"), Cabinet: api("cabinet"),
		Products: []simweb.Product{{Slot: 11, Name: "</script><script>alert(1)", Price: "2.00"}},
	})
	answer, page := ask(t, "GET", s.URL+"/", "")
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s %s", answer.Status, answer.Header)
	}
	if n := len(page); n > 64<<10 {
		t.Errorf("the page has %d bytes: it should stay small", n)
	}
	if found := regexp.MustCompile(`(src|href)="?(https?:|//|/)[^>]*|@import|\burl\(`).FindString(page); found != "" {
		t.Errorf("the page loads %s", found)
	}
	if n := strings.Count(page, "</script>"); n != 2 {
		t.Errorf("the page has %d ends of scripts, not 2: a product's name has broken out", n)
	}
	if !strings.Contains(page, "<h1>&lt;b&gt;a &amp; b&lt;/b&gt;</h1>") {
		t.Error("the title is not text")
	}
	for _, want := range []string{`id="machine"`, `id="phones"`, `id="cabinet"`, `lang="zh-CN"`, `name="viewport"`, "prefers-color-scheme: dark"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
}

func TestAbsentSides(t *testing.T) {
	s := serve(t, simweb.Sides{Phone: api("phone")})
	_, page := ask(t, "GET", s.URL+"/", "")
	for _, gone := range []string{`id="machine"`, `id="cabinet"`, `id="screen"`} {
		if strings.Contains(page, gone) {
			t.Errorf("the page has %s", gone)
		}
	}
	for path, want := range map[string]string{
		"/api/cabinet/state": `{"error":"this page has no cabinet side"}`,
		"/screen.png":        `{"error":"there is no /screen.png here"}`,
		"/elsewhere":         `{"error":"there is no /elsewhere here"}`,
	} {
		answer, body := ask(t, "GET", s.URL+path, "")
		if answer.StatusCode != 404 || body != want+"\n" {
			t.Errorf("%s: %s %s", path, answer.Status, body)
		}
	}
}

func TestGuard(t *testing.T) {
	s := serve(t, simweb.Sides{Phone: api("phone"), Cabinet: api("cabinet")})
	host := strings.TrimPrefix(s.URL, "http://")
	port := host[strings.LastIndex(host, ":"):]
	const json = "Content-Type: application/json"
	type headers = []string
	for _, c := range []struct {
		name, method, path, body string
		headers                  headers
		status                   int
		want                     string
	}{
		{"read", "GET", "/api/phone/state", "", nil, 200, "phone GET /state  <nil>"},
		{"change", "POST", "/api/cabinet/press", `{"slot":11}`, headers{json}, 200, `cabinet POST /press {"slot":11} <nil>`},
		{"change with charset", "POST", "/api/cabinet/press", "{}", headers{json + "; charset=utf-8"}, 200, `cabinet POST /press {} <nil>`},
		{"take back", "DELETE", "/api/phone/faults", "", headers{json}, 200, "phone DELETE /faults  <nil>"},
		{"name", "GET", "/api/phone/state", "", headers{"Host: localhost" + port}, 200, "phone GET /state  <nil>"},
		{"other loopback", "GET", "/api/phone/state", "", headers{"Host: 127.9.9.9"}, 200, "phone GET /state  <nil>"},
		{"v6 loopback", "GET", "/api/phone/state", "", headers{"Host: [::1]:80"}, 200, "phone GET /state  <nil>"},
		{"own origin", "POST", "/api/phone/pay", "{}", headers{json, "Origin: " + s.URL}, 200, "phone POST /pay {} <nil>"},

		{"rebinding", "GET", "/api/phone/state", "", headers{"Host: evil.example" + port}, 403,
			`{"error":"\"evil.example` + port + `\" is not the name of this page: open it by its address, such as http://127.0.0.1"}`},
		{"rebinding, page", "GET", "/", "", headers{"Host: evil.example"}, 403,
			`{"error":"\"evil.example\" is not the name of this page: open it by its address, such as http://127.0.0.1"}`},
		{"looks like loopback", "GET", "/", "", headers{"Host: 127.0.0.1.evil.example"}, 403,
			`{"error":"\"127.0.0.1.evil.example\" is not the name of this page: open it by its address, such as http://127.0.0.1"}`},
		{"another address", "GET", "/", "", headers{"Host: 192.0.2.7"}, 403,
			`{"error":"\"192.0.2.7\" is not the name of this page: open it by its address, such as http://127.0.0.1"}`},
		{"foreign origin", "POST", "/api/phone/pay", "{}", headers{json, "Origin: https://evil.example"}, 403,
			`{"error":"the request comes from another page: changes are made by this page or by a script"}`},
		{"foreign site", "POST", "/api/phone/pay", "{}", headers{json, "Sec-Fetch-Site: cross-site"}, 403,
			`{"error":"the request comes from another page: changes are made by this page or by a script"}`},
		{"form", "POST", "/api/phone/pay", "{}", headers{"Content-Type: text/plain"}, 415, `{"error":"the Content-Type of a change is application/json"}`},
		{"no type", "POST", "/api/phone/pay", "{}", nil, 415, `{"error":"the Content-Type of a change is application/json"}`},
		{"take back, no type", "DELETE", "/api/phone/faults", "", nil, 415, `{"error":"the Content-Type of a change is application/json"}`},
		{"put", "PUT", "/api/phone/pay", "{}", headers{json}, 405, `{"error":"nothing here takes PUT: changes are made with POST or DELETE"}`},
		{"long", "POST", "/api/phone/pay", strings.Repeat(" ", 20<<10), headers{json}, 200,
			"phone POST /pay " + strings.Repeat(" ", 16<<10) + " http: request body too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, body := ask(t, c.method, s.URL+c.path, c.body, c.headers...)
			if answer.StatusCode != c.status || strings.TrimSuffix(body, "\n") != c.want {
				t.Errorf("got  %d %.300q\nwant %d %.300q", answer.StatusCode, body, c.status, c.want)
			}
		})
	}
}

func TestScreen(t *testing.T) {
	var shown image.Image
	s := serve(t, simweb.Sides{Screen: func() (image.Image, bool) { return shown, shown != nil }})
	if answer, body := ask(t, "GET", s.URL+"/screen.png", ""); answer.StatusCode != 204 || body != "" {
		t.Errorf("dark screen: %s %q", answer.Status, body)
	}
	paint := func(c color.Color) image.Image {
		m := image.NewRGBA(image.Rect(0, 0, 3, 2))
		m.Set(1, 1, c)
		return m
	}
	paletted := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})
	tags := map[string]bool{}
	for _, m := range []image.Image{paint(color.White), paint(color.Black), paletted} {
		shown = m
		answer, body := ask(t, "GET", s.URL+"/screen.png", "")
		got, err := png.Decode(strings.NewReader(body))
		if err != nil || got.Bounds() != m.Bounds() || color.RGBAModel.Convert(got.At(1, 1)) != color.RGBAModel.Convert(m.At(1, 1)) {
			t.Fatalf("%s %v %v", answer.Status, got, err)
		}
		tag := answer.Header.Get("ETag")
		if tags[tag] {
			t.Errorf("two pictures have the tag %s", tag)
		}
		tags[tag] = true
		if answer, body := ask(t, "GET", s.URL+"/screen.png", "", "If-None-Match: "+tag); answer.StatusCode != 304 || body != "" {
			t.Errorf("unchanged: %s %d bytes", answer.Status, len(body))
		}
	}
}
